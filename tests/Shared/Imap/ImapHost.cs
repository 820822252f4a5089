using System.Net;
using Courier.Accounts;
using Courier.Imap;
using Courier.Mail.Addresses;
using Courier.Mailboxes;
using Courier.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Shared.Imap;

/// <summary>An IMAP server over real Maildirs in a directory of its own, with accounts that all have one password.</summary>
internal sealed class ImapHost : IAsyncDisposable, IAccountDirectory
{
    public const string Password = "correct horse";

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _sessions = [];
    private readonly ImapServer _server;

    public ImapHost(Func<ImapSettings, ImapSettings>? change = null, TimeProvider? clock = null, ILogger<ImapServer>? logger = null)
    {
        Root = Directory.CreateTempSubdirectory("courier-imap-").FullName;
        Store = new(new MailStoreSettings(), clock ?? TimeProvider.System, NullLogger<MailStore>.Instance);
        var settings = new ImapSettings
        {
            SpillDirectory = Path.Combine(Root, "spill"),
            CleartextLogins = CleartextLogins.Loopback,
            Limits = new() { LoginDelay = TimeSpan.FromMilliseconds(1) },
        };
        _server = new(change?.Invoke(settings) ?? settings, this, Store, clock ?? TimeProvider.System, logger ?? NullLogger<ImapServer>.Instance);
    }

    public string Root { get; }

    public MailStore Store { get; }

    public ImapServer Server => _server;

    /// <summary>Set to make the accounts unreachable.</summary>
    public bool AreAccountsDown { get; set; }

    /// <summary>Set to make the accounts fail as only a mistake of ours can.</summary>
    public Exception? Fault { get; set; }

    public string MaildirOf(string user) => Path.Combine(Root, user, "Maildir");

    /// <summary>A connection; the greeting is not read yet.</summary>
    public (ImapClient Client, Task Session) Connect(IPAddress? peer = null)
    {
        var (server, client) = MemoryWire.Create(peer);
        var session = Task.Run(async () =>
        {
            await using (server)
                await _server.ServeAsync(server, _stopping.Token);
        });
        lock (_sessions)
            _sessions.Add(session);
        return (new(client), session);
    }

    /// <summary>A connection that is logged in.</summary>
    public async Task<ImapClient> LogInAsync(string user = "demo")
    {
        var (client, _) = Connect();
        await client.ReadLineAsync();
        var reply = await client.AskAsync($"LOGIN {user} \"{Password}\"");
        Assert.True(reply.IsOk, reply.ToString());
        return client;
    }

    /// <summary>A connection with a mailbox selected.</summary>
    public async Task<ImapClient> SelectAsync(string mailbox = "INBOX", string user = "demo")
    {
        var client = await LogInAsync(user);
        var reply = await client.AskAsync("SELECT " + mailbox);
        Assert.True(reply.IsOk, reply.ToString());
        return client;
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_sessions.ToArray());
    }

    public ValueTask<bool> IsLocalDomainAsync(string domain, CancellationToken ct) => new(domain == "example.test");

    public ValueTask<Account?> FindAsync(MailAddress address, CancellationToken ct) => new(new Account(address, MaildirOf(address.LocalPart)));

    public ValueTask<Account?> AuthenticateAsync(string user, string password, CancellationToken ct)
    {
        if (Fault is { } fault)
            throw fault;
        if (AreAccountsDown)
            throw new IOException("The accounts are down.");
        var name = user.Split('@')[0];
        return new(password == Password && name != "nobody" ? new Account(MailAddress.Parse($"{name}@example.test"), MaildirOf(name)) : null);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync();
        }
        finally
        {
            await Store.DisposeAsync();
            _stopping.Dispose();
            Directory.Delete(Root, recursive: true);
        }
    }
}
