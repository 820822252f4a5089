using Courier.IO.Files;
using Courier.IO.Platform;
using Courier.IO.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Courier.Queue.Sqlite;

/// <summary>Zeros written and synced ahead of the end of SQLite's write-ahead log, so that a commit overwrites blocks that the file
/// already has: its fdatasync then needs nothing from the file system's own journal.</summary>
/// <remarks>
/// <para>A commit that makes the log longer waits for ext4's journal. Where that is aborted meanwhile (a device that fails, the usual
/// errors=remount-ro), fdatasync may return 0 and the new length be lost: 16 of 46 runs on Linux 6.18, none of 26 with room. It is also
/// twice as quick (docs/reliability.md, "A disk that fails").</para>
/// <para>SQLite ends its reading of the log at the first frame whose salt is not the header's, and a header has no zero salt: zeros are no frames.</para>
/// </remarks>
internal sealed class LogRoom
{
    private const int HeaderBytes = 32;         // of the log, and of each frame: sqlite.org/fileformat2.html §4.1
    private const int FrameHeaderBytes = 24;
    private const int FreeDiskFactor = 4;       // room is a luxury: a disk that is nearly full goes without

    private const int PieceBytes = 64 * 1024;

    private readonly SqliteDatabase _database;
    private readonly string _path;
    private readonly string _directory;
    private readonly ILogger _logger;
    private readonly int _frameBytes;
    private readonly int _stepBytes;
    private readonly long _mostBytes;
    private long _bytes;

    internal LogRoom(SqliteDatabase database, SpoolSettings settings, ILogger logger)
    {
        (_database, _path, _directory, _logger) = (database, settings.DatabasePath + "-wal", settings.Directory, logger);
        _frameBytes = FrameHeaderBytes + (int)SpoolSchema.Pragma(database, "PRAGMA page_size");
        _stepBytes = settings.LogStepBytes;
        // Past this SQLite begins at the front again, unless a reader holds it up.
        _mostBytes = (long)_frameBytes * settings.CheckpointPages + settings.BytesPerCommit;
    }

    /// <summary>Makes room for the commits to come where little is left. Called between BEGIN IMMEDIATE and COMMIT: whoever holds the write
    /// lock is the only one to append.</summary>
    /// <remarks>Pages written on this connection so far say how far the log can have come; that it begins again at times only leaves more room.
    /// Failing is no failure: the log then grows as SQLite makes it.</remarks>
    internal void Keep()
    {
        if (_bytes >= _mostBytes || Used + _stepBytes / 2 <= _bytes)
            return;
        try
        {
            Extend();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NoLogRoom(_logger, _path, e);
            // As if there were some: the next try comes when that would be used up.
            _bytes = Used + _stepBytes;
        }
    }

    /// <summary>The log begins anew, on another connection.</summary>
    internal void Forget() => _bytes = 0;

    private long Used => HeaderBytes + (long)_database.PagesWritten * _frameBytes;

    private void Extend()
    {
        using var file = File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var length = RandomAccess.GetLength(file);
        var target = Math.Min(Math.Max(length, Used) + _stepBytes, _mostBytes);
        if (FileSystemRoom.At(_directory).Bytes < FreeDiskFactor * _mostBytes)
            target = length;
        if (target > length)
        {
            try
            {
                Fill(file, _path, length, target);
            }
            catch (IOException)
            {
                RandomAccess.SetLength(file, length);
                throw;
            }
        }

        _bytes = target > length ? target : _mostBytes;
    }

    private static void Fill(SafeFileHandle file, string path, long from, long to)
    {
        var zeros = new byte[PieceBytes];
        for (var at = from; at < to; at += zeros.Length)
            RandomAccess.Write(file, zeros.AsSpan(0, (int)Math.Min(zeros.Length, to - at)), at);
        DurableFile.Flush(file, path);
    }
}
