using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Courier.Queue.History;

/// <summary>What became of messages, for <c>courier trace</c>: lines in two files of bounded size, of which the older is dropped.</summary>
/// <remarks>Beside the queue, not in it: a fact costs a few bytes in memory and, once a second at most, one write without a sync. So a
/// crash may cost the last second of it, and never a message. Nothing is decided by what stands here.</remarks>
public sealed class MessageHistory : IDisposable
{
    /// <summary>Replies may be long; what is said stands in the first part.</summary>
    private const int TextCharsMax = 500;

    /// <summary>Written at once when so much waits.</summary>
    private const int BufferBytes = 64 * 1024;

    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private readonly string _directory;
    private readonly long _fileBytesMax;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Lock _file = new();
    private StringBuilder _pending = new();
    private StringBuilder _spare = new();
    private bool _isTimed;
    private bool _hasFailed;

    /// <param name="directory">Where the files lie.</param>
    /// <param name="bytesMax">Of both together; 0 keeps nothing.</param>
    /// <param name="clock">The time of facts.</param>
    /// <param name="logger">For trouble with the disk.</param>
    public MessageHistory(string directory, long bytesMax, TimeProvider clock, ILogger logger)
    {
        (_directory, _fileBytesMax, _clock, _logger) = (directory, bytesMax / 2, clock, logger);
        _timer = clock.CreateTimer(static history => ((MessageHistory)history!).Flush(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Add(QueueId id, HistoryEvent what, string address, string text)
    {
        if (_fileBytesMax == 0)
            return;
        var now = _clock.GetUtcNow();
        bool isFull;
        lock (_gate)
        {
            Append(_pending, now, id, what, address, text);
            isFull = _pending.Length >= BufferBytes;
            if (!_isTimed)
            {
                _isTimed = true;
                _timer.Change(Delay, Timeout.InfiniteTimeSpan);
            }
        }

        if (isFull)
            Flush();
    }

    /// <summary>Writes what waits.</summary>
    public void Flush()
    {
        lock (_file)
        {
            StringBuilder full;
            lock (_gate)
            {
                full = _pending;
                (_pending, _spare) = (_spare, _pending);
                _isTimed = false;
            }

            if (full.Length == 0)
                return;
            Write(full);
            full.Clear();
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        Flush();
    }

    /// <summary>Everything that is kept of a message, oldest first.</summary>
    public static IEnumerable<HistoryLine> Read(string directory, QueueId id)
    {
        var wanted = $"\t{id}\t";
        return from path in new[] { PreviousOf(directory), CurrentOf(directory) }
               where File.Exists(path)
               from line in File.ReadLines(path)
               where line.Contains(wanted, StringComparison.Ordinal)
               let parsed = Parse(line)
               where parsed is not null && parsed.Id == id
               select parsed;
    }

    private static string CurrentOf(string directory) => Path.Combine(directory, "current");

    private static string PreviousOf(string directory) => Path.Combine(directory, "previous");

    private static void Append(StringBuilder text, DateTimeOffset now, QueueId id, HistoryEvent what, string address, string words)
    {
        text.Append(CultureInfo.InvariantCulture, $"{now.ToUnixTimeMilliseconds()}\t{id}\t{what}\t");
        AppendClean(text, address);
        text.Append('\t');
        AppendClean(text, words);
        text.Append('\n');
    }

    /// <summary>A peer's words stay one field of one line.</summary>
    private static void AppendClean(StringBuilder text, string words)
    {
        foreach (var c in words.AsSpan(0, Math.Min(words.Length, TextCharsMax)))
            text.Append(char.IsControl(c) ? ' ' : c);
    }

    private static HistoryLine? Parse(string line)
    {
        const int fields = 5;
        var parts = line.Split('\t', fields);
        return parts.Length == fields && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var time)
            && QueueId.TryParse(parts[1], out var id) && Enum.TryParse<HistoryEvent>(parts[2], out var what)
            ? new HistoryLine(DateTimeOffset.FromUnixTimeMilliseconds(time), id, what, parts[3], parts[4])
            : null;
    }

    private void Write(StringBuilder lines)
    {
        try
        {
            Directory.CreateDirectory(_directory);
            var path = CurrentOf(_directory);
            using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Append,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite | FileShare.Delete,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                BufferSize = 0,
            });
            // One write to a file that is appended to: lines of several processes do not mix.
            file.Write(Encoding.UTF8.GetBytes(lines.ToString()));
            if (file.Length > _fileBytesMax)
                File.Move(path, PreviousOf(_directory), overwrite: true);
            _hasFailed = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_hasFailed)
                Log.HistoryFailed(_logger, _directory, e.Message);
            _hasFailed = true;
        }
    }
}
