using System.Buffers;

namespace Courier.IO.Wire;

/// <summary>Writes text with CRLF lines so that a line of one dot can end it: RFC 5321 §4.5.2, RFC 1939 §3. Give the text in
/// any pieces, then <see cref="Finish"/>. A struct with state: pass it by reference.</summary>
public struct DotStuffer
{
    private enum Position : byte
    {
        LineStart,
        InLine,
        AfterCR,
    }

    private Position _position;

    /// <param name="text">A piece of text; its line ends are CRLF.</param>
    /// <param name="output">Receives it, every dot at a line's start doubled.</param>
    public void Write(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        while (!text.IsEmpty)
        {
            if (_position == Position.AfterCR && text[0] == (byte)'\n')
            {
                output.Write("\n"u8);
                _position = Position.LineStart;
                text = text[1..];
                continue;
            }

            if (_position == Position.LineStart && text[0] == (byte)'.')
                output.Write("."u8);
            var end = NextDottedLine(text);
            output.Write(text[..end]);
            _position = text[..end] switch
            {
                [.., (byte)'\r', (byte)'\n'] => Position.LineStart,
                [.., (byte)'\r'] => Position.AfterCR,
                _ => Position.InLine,
            };
            text = text[end..];
        }
    }

    /// <summary>Ends the last line if it is open, and writes the line of one dot.</summary>
    public readonly void Finish(IBufferWriter<byte> output) =>
        output.Write(_position == Position.LineStart ? ".\r\n"u8 : "\r\n.\r\n"u8);

    /// <summary>Where the next line that begins with a dot begins; the end of the text without one.</summary>
    private static int NextDottedLine(ReadOnlySpan<byte> text)
    {
        var at = text.IndexOf("\r\n."u8);
        return at < 0 ? text.Length : at + "\r\n".Length;
    }
}
