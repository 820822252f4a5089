using System.Buffers;
using Courier.IO.Files;
using Courier.IO.Wire;

namespace Courier.Smtp.Server;

/// <summary>Reads one message up to its end and puts it into a buffer. What is too large, or finds no room on our disk, is read all the
/// same, and thrown away: the peer hears of it only after the end (RFC 5321 §4.1.1.4), and what follows is a command again.</summary>
internal sealed class MessageReceiver(MessageBuffer buffer, SmtpLimits limits, TimeProvider clock)
{
    private EndOfDataDecoder _decoder;
    private long _length;

    public bool IsTooLarge => _length > limits.MessageBytes;

    /// <summary>Set when the message could not be stored.</summary>
    public IOException? Trouble { get; private set; }

    public async ValueTask ReceiveAsync(SmtpWire wire)
    {
        var started = clock.GetTimestamp();
        do
        {
            var left = limits.MessageTimeout - clock.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
                throw new SessionEndedException(Replies.Reply.TimedOut);
            wire.Advance(Take(await wire.ReadDataAsync(left < limits.DataTimeout ? left : limits.DataTimeout)));
        }
        while (!_decoder.IsEnded);
    }

    private SequencePosition Take(in ReadOnlySequence<byte> input)
    {
        long taken = 0;
        foreach (var segment in input)
        {
            var rest = segment.Span;
            while (_decoder.TryRead(ref rest, out var text))
                Keep(text);
            taken += segment.Length - rest.Length;
            if (_decoder.IsEnded)
                break;
        }

        return input.GetPosition(taken);
    }

    private void Keep(ReadOnlySpan<byte> text)
    {
        _length += text.Length;
        if (IsTooLarge || Trouble is not null)
        {
            buffer.Dispose();
            return;
        }

        try
        {
            buffer.Write(text);
        }
        catch (IOException e)
        {
            Trouble = e;
        }
    }
}
