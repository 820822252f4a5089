using Courier.Logging;
using Microsoft.Extensions.Logging;

namespace Courier.Tests.Program;

/// <summary>Lines of the log reach their sink whole, in order and soon, many at a time.</summary>
public sealed class LineLoggerTests
{
    [Fact]
    public void What_was_logged_before_the_end_is_written_in_order()
    {
        var sink = new Sink();
        using (var provider = new LineLoggerProvider(LogFormat.Systemd, sink, TimeProvider.System))
        {
            var logger = provider.CreateLogger("Courier.Some.Part");
            for (var i = 0; i < 20_000; i++)
                logger.LogInformation(new EventId(7), "line {Number}", i);
        }

        Assert.Equal([.. Enumerable.Range(0, 20_000).Select(i => $"<6>Part[7] line {i}")], sink.Lines);
    }

    [Fact]
    public async Task Lines_are_written_while_the_logger_lives_and_many_share_a_flush()
    {
        var sink = new Sink();
        using var provider = new LineLoggerProvider(LogFormat.Systemd, sink, TimeProvider.System);
        var logger = provider.CreateLogger("Part");
        for (var i = 0; i < 1000; i++)
            logger.LogInformation("line");
        await sink.HasLines(1000);
        Assert.InRange(sink.Flushes, 1, 500);
    }

    [Fact]
    public async Task What_strangers_send_cannot_begin_a_line_of_its_own()
    {
        var sink = new Sink();
        using var provider = new LineLoggerProvider(LogFormat.Systemd, sink, TimeProvider.System);
        provider.CreateLogger("Part").LogError("from {Peer}", "a\r\n<0>b\u001b[2J");
        await sink.HasLines(1);
        Assert.Equal("<3>Part[0] from a  <0>b [2J", sink.Lines[0]);
    }

    private sealed class Sink : ILogSink
    {
        private readonly object _lock = new();
        private readonly List<string> _lines = [];

        public int Flushes { get; private set; }

        public string[] Lines
        {
            get
            {
                lock (_lock)
                    return [.. _lines];
            }
        }

        public void Write(string line)
        {
            lock (_lock)
                _lines.Add(line);
        }

        public void Flush()
        {
            lock (_lock)
            {
                Flushes++;
                Monitor.PulseAll(_lock);
            }
        }

        internal Task HasLines(int count) => Task.Run(() =>
        {
            lock (_lock)
            {
                while (_lines.Count < count)
                    Assert.True(Monitor.Wait(_lock, TimeSpan.FromSeconds(30)), $"{_lines.Count} lines");
            }
        });
    }
}
