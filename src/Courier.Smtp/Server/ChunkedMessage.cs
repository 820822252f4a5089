using Courier.IO.Files;

namespace Courier.Smtp.Server;

/// <summary>A message that arrives by BDAT (RFC 3030 §2), as far as it has come.</summary>
internal sealed class ChunkedMessage(MessageBuffer buffer, SmtpLimits limits, TimeProvider clock) : IDisposable
{
    public MessageBuffer Buffer { get; } = buffer;

    public MessageReceiver Receiver { get; } = new(buffer, limits, clock);

    public void Dispose() => Buffer.Dispose();
}
