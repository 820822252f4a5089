using Courier.Accounts;
using Courier.Mailboxes;
using Courier.Net;
using Microsoft.Extensions.Logging;

namespace Courier.Pop3;

/// <summary>The POP3 service of one listener: hand <see cref="ServeAsync"/> to <see cref="Listener"/>.</summary>
public sealed class Pop3Server(Pop3Settings settings, IAccountDirectory accounts, MailStore store, TimeProvider clock, ILogger<Pop3Server> logger)
{
    internal Pop3Settings Settings { get; } = settings;

    internal IAccountDirectory Accounts { get; } = accounts;

    internal MailStore Store { get; } = store;

    internal TimeProvider Clock { get; } = clock;

    internal ILogger Logger { get; } = logger;

    /// <summary>Runs one session to its end. The connection is closed by the caller.</summary>
    public async Task ServeAsync(Connection connection, CancellationToken stopping)
    {
        Counters.Sessions.Add(1);
        Counters.OpenSessions.Add(1);
        try
        {
            await using var session = new Pop3Session(this, connection, stopping);
            await session.RunAsync();
        }
        finally
        {
            Counters.OpenSessions.Add(-1);
        }
    }
}
