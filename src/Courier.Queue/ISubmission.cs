using Courier.IO.Files;

namespace Courier.Queue;

/// <summary>A message that somebody hands in.</summary>
/// <param name="Envelope">Who it is from and for.</param>
/// <param name="Trace">Header fields with CRLF that go above the message: Received and the like; may be empty.</param>
/// <param name="Body">The message as received. The spool takes what it needs; the caller disposes of the buffer.</param>
/// <param name="Origin">Peer or account, as <c>192.0.2.1</c> or <c>ada@example.org</c>, and the virtual host: a <see cref="MessageOrigin"/> as text.</param>
public sealed record Submission(Envelope Envelope, ReadOnlyMemory<byte> Trace, MessageBuffer Body, string Origin)
{
    /// <summary>Wait before the first attempt.</summary>
    public TimeSpan Delay { get; init; }
}

/// <summary>How anyone hands in a message.</summary>
public interface ISubmission
{
    /// <summary>Returns once the message is durable: now, and only now, it may be acknowledged. Throws
    /// <see cref="IOException"/> when it could not be made so; nothing is kept then.</summary>
    ValueTask<QueueId> SubmitAsync(Submission submission, CancellationToken ct);
}
