using Courier.Mta.Delivery.Remote;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Routing;

/// <summary>The files <c>esmtproutes</c> and <c>esmtpauthclient</c>, read again when they changed: as with Courier, an edit counts at once.</summary>
/// <remarks>A line that is wrong is reported and left out; a file that cannot be read leaves what held before.</remarks>
public sealed class EsmtpRouteFiles(string? routes, string? logins, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan _lookInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private EsmtpRoutes _table = EsmtpRoutes.Parse([], EsmtpRoutes.ParseLogins([])).Routes;
    private (DateTime Routes, DateTime Logins) _written;
    private long? _looked;

    public NextHop? Find(string domain)
    {
        lock (_gate)
        {
            if (_looked is not { } looked || clock.GetElapsedTime(looked) >= _lookInterval)
                Look();
            return _table.Find(domain);
        }
    }

    private void Look()
    {
        _looked = clock.GetTimestamp();
        try
        {
            var written = (Written(routes), Written(logins));
            if (written == _written)
                return;
            var (table, problems) = EsmtpRoutes.Parse(Lines(routes), EsmtpRoutes.ParseLogins(Lines(logins)));
            foreach (var problem in problems)
                Log.BadRoute(logger, routes!, problem.Line, problem.Text);
            (_table, _written) = (table, written);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.RoutesUnreadable(logger, e.Message);
        }
    }

    private static DateTime Written(string? path) => path is null ? default : File.GetLastWriteTimeUtc(path);

    private static IEnumerable<string> Lines(string? path) => path is not null && File.Exists(path) ? File.ReadLines(path) : [];
}
