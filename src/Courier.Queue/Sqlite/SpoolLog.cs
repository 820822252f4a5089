using System.Diagnostics;
using Courier.IO.Sqlite;
using Microsoft.Extensions.Logging;

namespace Courier.Queue.Sqlite;

/// <summary>When SQLite's write-ahead log is copied into the database, and what is done when the disk fails meanwhile. Used by the writer's thread.</summary>
/// <remarks>
/// <para>Linux drops the pages of a failed write and says so once: the next sync of the file succeeds, and everybody goes on reading from memory what
/// the disk does not have (docs/reliability.md, "A disk that fails for a moment"). The frames of a failed commit are written again by the next one, and
/// <see cref="SqliteDatabase"/> drops what memory has of them. Two ways are left to lose mail, and closed here.</para>
/// <para>(1) SQLite copies the log without a word when a commit has made it long, and its failures are nobody's. A copy that a reader held up is not
/// synced, and not made again: if the sync of a later one fails, the pages of the first may be lost, the next call succeeds, and the log begins anew. So
/// an error means: all of the log, once more (<see cref="Mend"/>).</para>
/// <para>(2) A process that starts reads the log from memory, too, and appends behind frames that the disk may not have: after a power cut the log
/// would end there. So a start reads the log from the disk, copies all of it and begins a new one (<see cref="Begin"/>).</para>
/// </remarks>
internal sealed class SpoolLog(SqliteDatabase database, SpoolReader reader, SpoolSettings settings, ILogger logger)
{
    /// <summary>Pages between tries after one that did not come to its end.</summary>
    private const int RetryPages = 256;

    /// <summary>Between two tries to mend.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private long _lastTry;
    private int _copyAt = settings.CheckpointPages;
    private bool _isPartlyCopied;

    /// <summary>Nothing may be read or written before <see cref="Mend"/> has succeeded.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>It is time for the next try.</summary>
    internal bool IsDue => IsBroken && Stopwatch.GetElapsedTime(_lastTry) >= Pause;

    /// <summary>Called by the owner before it opens the database.</summary>
    /// <returns>False where a command has it open, and with it what the process before knew of the log.</returns>
    internal static bool Begin(SpoolSettings settings, ILogger logger)
    {
        if (new FileInfo(settings.DatabasePath + "-wal") is not { Exists: true, Length: > 0 })
            return true;
        try
        {
            SqliteDatabase.Fold(settings.DatabasePath);
            return true;
        }
        catch (SqliteException e) when (e.IsBusy)
        {
            Log.NotFolded(logger, e.Message);
            return false;
        }
    }

    /// <summary>After each commit.</summary>
    /// <returns>Whether there is another log now, on another connection.</returns>
    internal bool Copy()
    {
        var written = database.PagesWritten;
        if (written < _copyAt)
            return false;
        try
        {
            var (logged, copied) = database.Checkpoint();
            _isPartlyCopied = copied < logged && (_isPartlyCopied || copied > 0);
            _copyAt = written + (copied < logged ? RetryPages : settings.CheckpointPages);
            return false;
        }
        catch (SqliteException e)
        {
            _copyAt = written + RetryPages;
            Log.CheckpointFailed(logger, e);
            return !e.IsBusy && Mend();
        }
    }

    /// <summary>Copies all of the log once more. Until that has succeeded nobody can use the spool.</summary>
    /// <returns>Whether there is another log now, on another connection.</returns>
    internal bool Mend()
    {
        IsBroken = true;
        _lastTry = Stopwatch.GetTimestamp();
        reader.Suspend();
        try
        {
            database.Close();
            var isMended = Begin(settings, logger);
            database.Open();
            SpoolSchema.Configure(database, settings);
            // Where a command has it open we go on with what it knows of the log, as before; the next copy tries again.
            _isPartlyCopied &= !isMended;
            _copyAt = isMended ? settings.CheckpointPages : RetryPages;
            IsBroken = false;
            reader.Resume();
            if (isMended)
                Log.SpoolMended(logger);
            return true;
        }
        catch (SqliteException e)
        {
            Log.SpoolNotMended(logger, e);
            return false;
        }
    }

    /// <summary>Ends the connection. What may have been copied in vain stays in the log for the next start.</summary>
    internal void Close()
    {
        if (_isPartlyCopied)
            database.Close();
        else
            database.Dispose();
    }
}
