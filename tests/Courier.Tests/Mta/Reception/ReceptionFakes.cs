using System.Net;
using System.Text;
using Courier.Accounts;
using Courier.Mail.Addresses;
using Courier.Mta.Reception;
using Courier.Net;
using Courier.Queue;
using Courier.Smtp.Server;

namespace Courier.Tests.Mta.Reception;

/// <summary>Keeps what is handed in; fails when told to.</summary>
internal sealed class RecordingSubmission : ISubmission
{
    private long _ids = 0xABC;

    internal List<(Envelope Envelope, string Text, string Origin)> Messages { get; } = [];

    internal Exception? Failure { get; set; }

    public ValueTask<QueueId> SubmitAsync(Submission submission, CancellationToken ct)
    {
        if (Failure is not null)
            throw Failure;
        using var body = new StreamReader(submission.Body.OpenRead(), Encoding.Latin1);
        Messages.Add((submission.Envelope, Encoding.Latin1.GetString(submission.Trace.Span) + body.ReadToEnd(), submission.Origin));
        return new(new QueueId(_ids++));
    }
}

/// <summary>ada@ and postmaster-less example.test; bob@example.org; nothing else.</summary>
internal sealed class FixedDirectory(string maildirs) : IAccountDirectory
{
    private readonly Dictionary<string, Account> _accounts = new[] { "ada@example.test", "Bob@example.org" }
        .Select(address => new Account(MailAddress.Parse(address), $"{maildirs}/{address}")).ToDictionary(account => account.Address.Key, StringComparer.Ordinal);

    internal Exception? Failure { get; set; }

    internal void Add(string address) => _accounts[MailAddress.Parse(address).Key] = new Account(MailAddress.Parse(address), $"{maildirs}/{address}");

    internal void Remove(string address) => _accounts.Remove(MailAddress.Parse(address).Key);

    /// <summary>Writes an account's <c>maildirsize</c>.</summary>
    internal void Limit(string address, string maildirsize) =>
        File.WriteAllText(Directory.CreateDirectory(_accounts[MailAddress.Parse(address).Key].Maildir).FullName + "/maildirsize", maildirsize);

    public ValueTask<bool> IsLocalDomainAsync(string domain, CancellationToken ct) =>
        Failure is null ? new(domain is "example.test" or "example.org") : throw Failure;

    public ValueTask<Account?> FindAsync(MailAddress address, CancellationToken ct) =>
        Failure is null ? new(_accounts.GetValueOrDefault(address.Key)) : throw Failure;

    public ValueTask<Account?> AuthenticateAsync(string user, string password, CancellationToken ct) =>
        new(password == "secret" ? _accounts.GetValueOrDefault(user) : null);
}

/// <summary>A spool directory, the settings of a test's reception, and peers to talk to it.</summary>
internal sealed class ReceptionBench : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("courier-reception-");

    internal ReceptionBench()
    {
        Accounts = new FixedDirectory(_directory.FullName + "/mail");
        Settings = new ReceptionSettings("mx.example.test", _directory.FullName)
        {
            FreeMin = default,
            Limits = new ReceptionLimits { MessageMemoryBytes = 1000 },
        };
    }

    internal ReceptionSettings Settings { get; set; }

    internal RecordingSubmission Queue { get; } = new();

    internal FixedDirectory Accounts { get; }

    internal Accounts.ManualClock Clock { get; } = new();

    internal string[] Files => Directory.GetFiles(_directory.FullName);

    internal static Connection ConnectionFrom(string address = "192.0.2.1") =>
        Connection.FromStream(Stream.Null, IPEndPoint.Parse("127.0.0.1:25"), new IPEndPoint(IPAddress.Parse(address), 1024));

    internal static SmtpPeer PeerAt(string address = "192.0.2.1", string? user = null, string helo = "client.example.net", bool isExtended = true) =>
        new(ConnectionFrom(address), helo, isExtended, user);

    internal static SmtpTransaction Begin(SmtpPeer? peer = null, string? sender = "eve@example.net", long? size = null, bool wantsEachReply = false) =>
        new(peer ?? PeerAt(), new MailParameters(sender is null ? ReversePath.Null : new ReversePath(MailAddress.Parse(sender))) { Size = size, Is8Bit = true, WantsEachReply = wantsEachReply });

    internal static async Task<int> RecipientAsync(IReception reception, SmtpTransaction transaction, string? recipient)
    {
        var (reply, address) = await reception.AddRecipientAsync(transaction, recipient is null ? null : MailAddress.Parse(recipient), CancellationToken.None);
        Assert.Equal(reply.IsPositive, address is not null);
        if (address is not null)
            transaction.Recipients.Add(new SmtpRecipient(address));
        return reply.Code;
    }

    internal static async Task<IReadOnlyList<string>> AcceptAsync(IReception reception, SmtpTransaction transaction, string message)
    {
        using var buffer = reception.OpenBuffer();
        buffer.Write(Encoding.Latin1.GetBytes(message));
        var replies = await reception.AcceptAsync(transaction, buffer, CancellationToken.None);
        return [.. replies.Select(reply => $"{reply.Code} {reply.Status} {reply.Text}")];
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
