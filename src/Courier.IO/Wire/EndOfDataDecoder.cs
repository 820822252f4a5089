namespace Courier.IO.Wire;

/// <summary>Takes a message out of the bytes that follow DATA, up to the line of one dot (RFC 5321 §4.1.1.4, §4.5.2).</summary>
/// <remarks>Only CRLF.CRLF ends the message, the CRLF of the command line counting as the first. A CR or LF that stands alone becomes
/// CRLF, and a dot behind such a line end is text, never taken for an end: so no second message can hide in the first, neither
/// for us nor, since every line end is CRLF now, for the next hop. A dot at the start of a line that a true CRLF began is taken off.
/// All other octets, NUL among them, pass unchanged. A struct with state: pass it by reference.</remarks>
public struct EndOfDataDecoder
{
    private enum Position : byte
    {
        LineStart,
        InLine,
        AfterCR,
        AfterDot,
        AfterDotCR,
        Ended,
    }

    private Position _position;

    /// <summary>The line of one dot has been read. What is left of the input belongs to the next command.</summary>
    public readonly bool IsEnded => _position == Position.Ended;

    /// <summary>Takes the next piece of the message off the input.</summary>
    /// <param name="input">Is shortened by what was taken.</param>
    /// <param name="text">Belongs to the message; is a part of the input, or a line end made whole.</param>
    /// <returns>False when the input is used up or the message has ended.</returns>
    public bool TryRead(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> text)
    {
        while (!input.IsEmpty && _position != Position.Ended)
        {
            text = Step(ref input);
            if (!text.IsEmpty)
                return true;
        }

        text = default;
        return false;
    }

    private ReadOnlySpan<byte> Step(ref ReadOnlySpan<byte> input)
    {
        var octet = input[0];
        switch (_position)
        {
            case Position.LineStart when octet == (byte)'.':
                input = input[1..];
                _position = Position.AfterDot;
                return default;

            case Position.AfterCR:
                // The line end was written with the CR. Only with its LF does it start a line in which a dot means something.
                _position = octet == (byte)'\n' ? Position.LineStart : Position.InLine;
                if (octet == (byte)'\n')
                    input = input[1..];
                return default;

            case Position.AfterDot when octet == (byte)'\r':
                input = input[1..];
                _position = Position.AfterDotCR;
                return default;

            case Position.AfterDotCR:
                if (octet == (byte)'\n')
                {
                    input = input[1..];
                    _position = Position.Ended;
                    return default;
                }

                _position = Position.InLine;
                return "\r\n"u8;

            default:
                return Text(ref input);
        }
    }

    private ReadOnlySpan<byte> Text(ref ReadOnlySpan<byte> input)
    {
        var plain = LineEndScan.PlainLength(input);
        if (plain > 0)
        {
            var text = input[..plain];
            input = input[plain..];
            // A line end that is plain was whole.
            _position = text[^1] == (byte)'\n' ? Position.LineStart : Position.InLine;
            return text;
        }

        _position = input[0] == (byte)'\r' ? Position.AfterCR : Position.InLine;
        input = input[1..];
        return "\r\n"u8;
    }
}
