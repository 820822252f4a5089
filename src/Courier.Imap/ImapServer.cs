using Courier.Accounts;
using Courier.Mailboxes;
using Courier.Net;
using Microsoft.Extensions.Logging;

namespace Courier.Imap;

/// <summary>The IMAP service: one session for each connection that a listener hands over. Plain and TLS listeners share one server.</summary>
public sealed class ImapServer(ImapSettings settings, IAccountDirectory accounts, MailStore store, TimeProvider clock, ILogger<ImapServer> logger)
{
    private readonly LoginThrottle _throttle = new(settings.Limits, clock);

    /// <summary>What a connection reads that there is no room for (RFC 3501 §7.1.5).</summary>
    public static ReadOnlyMemory<byte> Refusal { get; } = "* BYE [UNAVAILABLE] Too many connections, try again later\r\n"u8.ToArray();

    internal ImapSettings Settings => settings;

    internal IAccountDirectory Accounts => accounts;

    internal MailStore Store => store;

    internal TimeProvider Clock => clock;

    internal ILogger Logger => logger;

    internal LoginThrottle Throttle => _throttle;

    /// <summary>Serves one connection to its end: the function to give to <see cref="Listener"/>.</summary>
    public async Task ServeAsync(Connection connection, CancellationToken stopping)
    {
        ImapMeter.Sessions.Add(1);
        try
        {
            await using var session = new ImapSession(this, connection, stopping);
            await session.RunAsync();
        }
        finally
        {
            ImapMeter.Sessions.Add(-1);
        }
    }
}
