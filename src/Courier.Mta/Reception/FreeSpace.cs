using Microsoft.Extensions.Logging;

namespace Courier.Mta.Reception;

/// <summary>Whether the spool's file system has room. Asked for each message; looked at once a second.</summary>
internal sealed class FreeSpace
{
    private static readonly TimeSpan _lookApart = TimeSpan.FromSeconds(1);

    private readonly string _directory;
    private readonly long _least;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Func<string, long> _look;
    private readonly Lock _gate = new();
    private long _lookedAt;
    private long _free;
    private bool _isLow;

    /// <param name="directory">Anywhere on the file system.</param>
    /// <param name="least">Bytes that must stay free.</param>
    /// <param name="clock">When to look again.</param>
    /// <param name="logger">Told when room runs out and when it is back.</param>
    /// <param name="look">Gives the bytes that are free.</param>
    internal FreeSpace(string directory, long least, TimeProvider clock, ILogger logger, Func<string, long>? look = null)
    {
        (_directory, _least, _clock, _logger) = (directory, least, clock, logger);
        _look = look ?? (static path => new DriveInfo(path).AvailableFreeSpace);
        Directory.CreateDirectory(directory);
        Look();
    }

    internal bool HasRoomFor(long bytes)
    {
        lock (_gate)
        {
            if (_clock.GetElapsedTime(_lookedAt) >= _lookApart)
                Look();
            return _free - bytes >= _least;
        }
    }

    private void Look()
    {
        _free = _look(_directory);
        _lookedAt = _clock.GetTimestamp();
        var isLow = _free < _least;
        if (isLow && !_isLow)
            Log.NoSpace(_logger, _directory, _free);
        else if (_isLow && !isLow)
            Log.SpaceAgain(_logger, _directory, _free);
        _isLow = isLow;
    }
}
