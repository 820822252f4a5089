using Courier.IO.Platform;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Reception;

/// <summary>Whether the spool's file system has room, for bytes and for files. Asked for each message; looked at once a second.</summary>
internal sealed class FreeSpace
{
    private static readonly TimeSpan _lookApart = TimeSpan.FromSeconds(1);

    private readonly string _directory;
    private readonly FileSystemRoom _least;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Func<string, FileSystemRoom> _look;
    private readonly Lock _gate = new();
    private long _lookedAt;
    private FileSystemRoom _free;
    private bool _isLow;

    /// <param name="directory">Anywhere on the file system.</param>
    /// <param name="least">What must stay free.</param>
    /// <param name="clock">When to look again.</param>
    /// <param name="logger">Told when room runs out and when it is back.</param>
    /// <param name="look">Gives what is free.</param>
    internal FreeSpace(string directory, FileSystemRoom least, TimeProvider clock, ILogger logger, Func<string, FileSystemRoom>? look = null)
    {
        (_directory, _least, _clock, _logger) = (directory, least, clock, logger);
        _look = look ?? FileSystemRoom.At;
        Directory.CreateDirectory(directory);
        Look();
    }

    internal bool HasRoomFor(long bytes)
    {
        lock (_gate)
        {
            if (_clock.GetElapsedTime(_lookedAt) >= _lookApart)
                Look();
            return _free.Bytes - bytes >= _least.Bytes && _free.Files >= _least.Files;
        }
    }

    private void Look()
    {
        _free = _look(_directory);
        _lookedAt = _clock.GetTimestamp();
        var isLow = _free.Bytes < _least.Bytes || _free.Files < _least.Files;
        if (isLow && !_isLow)
            Log.NoSpace(_logger, _directory, _free.Bytes, _free.Files);
        else if (_isLow && !isLow)
            Log.SpaceAgain(_logger, _directory, _free.Bytes, _free.Files);
        _isLow = isLow;
    }
}
