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
            if (_position == Position.AfterCR)
                _position = text[0] == (byte)'\n' ? Position.LineStart : Position.InLine;
            else if (_position == Position.LineStart && text[0] == (byte)'.')
                output.Write("."u8);
            else
                _position = Position.InLine;

            var next = NextLineStart(text);
            output.Write(text[..next]);
            _position = text[next - 1] switch
            {
                (byte)'\n' when next == 1 => _position,
                (byte)'\n' when text[next - 2] == (byte)'\r' => Position.LineStart,
                (byte)'\r' => Position.AfterCR,
                _ => Position.InLine,
            };
            text = text[next..];
        }
    }

    /// <summary>Ends the last line if it is open, and writes the line of one dot.</summary>
    public readonly void Finish(IBufferWriter<byte> output) =>
        output.Write(_position == Position.LineStart ? ".\r\n"u8 : "\r\n.\r\n"u8);

    private static int NextLineStart(ReadOnlySpan<byte> text)
    {
        var offset = 0;
        while (true)
        {
            var at = text[offset..].IndexOf((byte)'\n');
            if (at < 0)
                return text.Length;
            offset += at + 1;
            if (offset == 1 || text[offset - 2] == (byte)'\r')
                return offset;
        }
    }
}
