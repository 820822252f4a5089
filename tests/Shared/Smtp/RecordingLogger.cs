using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Courier.Tests.Shared.Smtp;

/// <summary>Keeps what was logged: level, event id and text.</summary>
public sealed class RecordingLogger : ILogger
{
    public ConcurrentQueue<string> Events { get; } = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Events.Enqueue($"{logLevel} {eventId.Id} {formatter(state, exception)}");
}
