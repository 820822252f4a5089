using System.Buffers;
using Courier.IO.Files;
using Courier.IO.Wire;

namespace Courier.Smtp.Server;

/// <summary>Reads one message up to its end and puts it into a buffer. What is too large, or finds no room on our disk, is read all the
/// same, and thrown away: the peer hears of it only after the end (RFC 5321 §4.1.1.4), and what follows is a command again.</summary>
internal sealed class MessageReceiver(MessageBuffer buffer, SmtpLimits limits, TimeProvider clock)
{
    private readonly long _started = clock.GetTimestamp();
    private EndOfDataDecoder _decoder;
    private LineEndDecoder _lines;
    private long _length;
    private bool _endsWithLineEnd = true;

    public bool IsTooLarge => _length > limits.MessageBytes;

    /// <summary>Set when the message could not be stored.</summary>
    public IOException? Trouble { get; private set; }

    public async ValueTask ReceiveAsync(SmtpWire wire)
    {
        do
            wire.Advance(Take(await wire.ReadDataAsync(Left())));
        while (!_decoder.IsEnded);
    }

    /// <summary>Reads the octets of one BDAT.</summary>
    /// <param name="wire">The connection.</param>
    /// <param name="octets">How many.</param>
    /// <param name="isBinary">They stay as they are; else line ends become CRLF, as after DATA.</param>
    public async ValueTask ReceiveChunkAsync(SmtpWire wire, long octets, bool isBinary)
    {
        while (octets > 0)
        {
            var input = await wire.ReadDataAsync(Left());
            var taken = Math.Min(octets, input.Length);
            var end = input.GetPosition(taken);
            TakeChunk(input.Slice(0, end), isBinary);
            wire.Advance(end);
            octets -= taken;
        }
    }

    /// <summary>A message of lines ends with one, also where the last chunk did not (RFC 5321 §4.1.1.4).</summary>
    public void EndLines()
    {
        if (!_endsWithLineEnd)
            Keep("\r\n"u8);
    }

    private TimeSpan Left()
    {
        var left = limits.MessageTimeout - clock.GetElapsedTime(_started);
        if (left <= TimeSpan.Zero)
            throw new SessionEndedException(Replies.Reply.TimedOut);
        return left < limits.DataTimeout ? left : limits.DataTimeout;
    }

    private void TakeChunk(in ReadOnlySequence<byte> input, bool isBinary)
    {
        foreach (var segment in input)
        {
            var rest = segment.Span;
            if (isBinary)
            {
                Keep(rest);
                continue;
            }

            while (_lines.TryRead(ref rest, out var text))
            {
                Keep(text);
                _endsWithLineEnd = text[^1] == (byte)'\n';
            }
        }
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
