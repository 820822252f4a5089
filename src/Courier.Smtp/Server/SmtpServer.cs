using Courier.Net;
using Microsoft.Extensions.Logging;

namespace Courier.Smtp.Server;

/// <summary>The SMTP or LMTP service of one listener: hand <see cref="ServeAsync"/> to <see cref="Listener"/>.</summary>
public sealed class SmtpServer(SmtpServerSettings settings, IReception reception, ILogger logger, TimeProvider clock)
{
    /// <summary>Runs one session to its end. The connection is closed by the caller.</summary>
    public async Task ServeAsync(Connection connection, CancellationToken stopping)
    {
        Counters.Sessions.Add(1);
        Counters.OpenSessions.Add(1);
        try
        {
            using var session = new SmtpSession(connection, settings, reception, logger, clock, stopping);
            await session.RunAsync();
        }
        finally
        {
            Counters.OpenSessions.Add(-1);
        }
    }
}
