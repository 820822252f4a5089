using System.Security.Cryptography;
using Courier.Accounts;
using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.Mailboxes;
using Courier.Net;
using Microsoft.Extensions.Logging;

namespace Courier.Hosting;

/// <summary>IMAP or POP3 alone, on Maildirs that another mail server fills: no queue, no other port, no right that a user has not.</summary>
internal sealed class ReaderServer : IAsyncDisposable
{
    /// <summary>How long sessions may take to say goodbye before their connections are broken.</summary>
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(1);

    private readonly SqliteAccountDirectory _accounts;
    private readonly MailStore _store;
    private readonly ListenerSet _listeners;
    private readonly IdleMemory _idleMemory;

    private ReaderServer(Settings settings, ILoggerFactory logging, TimeProvider clock)
    {
        var values = settings.Defaults;
        Directory.CreateDirectory(Stores.SpillDirectory(settings));
        var tls = CertificateSource.Of(settings, clock);
        _accounts = new SqliteAccountDirectory(
            Stores.AccountsFile(settings), new AccountSettings { DefaultDomain = values.Get(AccountKeys.DefaultDomain) }, clock, logging.CreateLogger<SqliteAccountDirectory>());
        _store = new MailStore(Stores.Mailboxes(values), clock, logging.CreateLogger<MailStore>());
        _listeners = new ListenerSet(settings, logging, tls, new SessionBoard(clock));
        _idleMemory = new IdleMemory(clock);
        Services = new ReaderServices(settings, _accounts, _store, tls, clock, logging);
    }

    private ReaderServices Services { get; }

    /// <summary>Returns once every listener is bound. Throws <see cref="StartException"/> for what the operator can mend.</summary>
    internal static async Task<ReaderServer> StartAsync(Settings settings, ILoggerFactory logging, TimeProvider clock, Action<ReaderServices, ListenerSet> start)
    {
        ReaderServer server;
        try
        {
            server = new ReaderServer(settings, logging, clock);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or CryptographicException)
        {
            throw new StartException(e.Message);
        }

        try
        {
            start(server.Services, server._listeners);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _idleMemory.Dispose();
        await _listeners.StopAsync(_grace);
        await _store.DisposeAsync();
        _accounts.Dispose();
    }
}
