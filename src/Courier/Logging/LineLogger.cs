using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Courier.Logging;

/// <summary>How log lines look and where they go.</summary>
internal enum LogFormat
{
    /// <summary>Standard error, with the time.</summary>
    Console,

    /// <summary>Standard error, with a <c>&lt;priority&gt;</c> prefix that journald reads (sd-daemon(3)).</summary>
    Systemd,

    /// <summary>Datagrams to /dev/log.</summary>
    Syslog,
}

/// <summary>Writes log lines from one thread, many at a time, so that a session never waits for a terminal or a disk
/// unless the backlog is full.</summary>
internal sealed class LineLoggerProvider : ILoggerProvider
{
    /// <summary>Lines waiting before writers are held up; some seconds of a busy server.</summary>
    private const int BacklogMax = 8192;

    /// <summary>How long a line that is no error waits for others, so that a busy server wakes the thread fifty times a second and not for each line.</summary>
    private static readonly TimeSpan _gathering = TimeSpan.FromMilliseconds(20);

    private readonly object _lock = new();
    private readonly LogFormat _format;
    private readonly TimeProvider _clock;
    private readonly Thread _thread;
    private List<string> _lines = [];
    private bool _ended;

    internal LineLoggerProvider(LogFormat format, ILogSink sink, TimeProvider clock)
    {
        (_format, _clock) = (format, clock);
        _thread = new Thread(() => WriteLines(sink)) { IsBackground = true, Name = "log" };
        _thread.Start();
    }

    public ILogger CreateLogger(string categoryName) => new LineLogger(this, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    public void Dispose()
    {
        lock (_lock)
        {
            _ended = true;
            Monitor.PulseAll(_lock);
        }

        _thread.Join(TimeSpan.FromSeconds(1));
    }

    private void WriteLines(ILogSink sink)
    {
        while (Take() is { Count: > 0 } lines)
        {
            foreach (var line in lines)
                sink.Write(line);
            sink.Flush();
        }
    }

    /// <summary>The lines that wait; none at the end.</summary>
    private List<string> Take()
    {
        lock (_lock)
        {
            while (_lines.Count == 0 && !_ended)
                Monitor.Wait(_lock);
            if (_lines.Count < BacklogMax && !_ended)
                Monitor.Wait(_lock, _gathering);
            var taken = _lines;
            _lines = [];
            Monitor.PulseAll(_lock);
            return taken;
        }
    }

    private void Add(string line, bool urgent)
    {
        lock (_lock)
        {
            while (_lines.Count >= BacklogMax && !_ended)
                Monitor.Wait(_lock);
            if (_ended)
                return;
            _lines.Add(line);
            if (urgent || _lines.Count is 1 or BacklogMax)
                Monitor.PulseAll(_lock);
        }
    }

    private sealed class LineLogger(LineLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = new StringBuilder(160);
            AppendPrefix(line, logLevel);
            line.Append(category).Append('[').Append(eventId.Id.ToString(CultureInfo.InvariantCulture)).Append("] ");
            AppendClean(line, formatter(state, exception));
            if (exception is not null)
                AppendClean(line.Append(": "), logLevel == LogLevel.Critical ? exception.ToString() : exception.GetType().Name + ": " + exception.Message);
            provider.Add(line.ToString(), logLevel >= LogLevel.Error);
        }

        private void AppendPrefix(StringBuilder line, LogLevel level)
        {
            // RFC 5424 §6.2.1: severities; facility 2 is mail.
            var severity = level switch
            {
                LogLevel.Critical => 2,
                LogLevel.Error => 3,
                LogLevel.Warning => 4,
                LogLevel.Information => 6,
                _ => 7,
            };
            const int mailFacility = 2 << 3;
            _ = provider._format switch
            {
                LogFormat.Systemd => line.Append('<').Append(severity).Append('>'),
                LogFormat.Syslog => line.Append('<').Append(mailFacility | severity).Append(">courier[").Append(Environment.ProcessId).Append("]: "),
                _ => line.Append(provider._clock.GetLocalNow().ToString("yyyy-MM-dd HH:mm:ss.fff ", CultureInfo.InvariantCulture)).Append(Name(level)).Append(' '),
            };
        }

        private static string Name(LogLevel level) => level switch
        {
            LogLevel.Critical => "crit",
            LogLevel.Error => "fail",
            LogLevel.Warning => "warn",
            LogLevel.Information => "info",
            _ => "dbug",
        };

        /// <summary>What strangers send ends up in these lines: a line stays one line, and no terminal is steered by it.</summary>
        private static void AppendClean(StringBuilder line, string text)
        {
            foreach (var c in text)
                line.Append(char.IsControl(c) ? ' ' : c);
        }
    }
}
