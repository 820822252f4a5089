using System.Buffers;

namespace Courier.IO.Wire;

/// <summary>Writes a message the way it follows DATA: the reverse of <see cref="EndOfDataDecoder"/>. Give the text in any pieces, then
/// <see cref="Finish"/>.</summary>
/// <remarks>Whatever the text holds, nothing but CRLF line ends leave here (RFC 5321 §2.3.8): a lone CR or LF becomes CRLF, and every
/// dot that then begins a line is doubled, so that no receiver, however lax, can find an end in the middle. A struct with state:
/// pass it by reference.</remarks>
/// <param name="keepsDots">For a message whose length is said ahead (BDAT, RFC 3030 §2): only line ends are made right.</param>
public struct EndOfDataEncoder(bool keepsDots)
{
    private enum Position : byte
    {
        LineStart,
        InLine,
        AfterCR,
    }

    private Position _position = Position.LineStart;

    public void Write(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        while (!text.IsEmpty)
        {
            if (_position == Position.AfterCR)
            {
                // Its line end was written already.
                _position = Position.LineStart;
                if (text[0] == (byte)'\n')
                {
                    text = text[1..];
                    continue;
                }
            }

            if (!keepsDots && _position == Position.LineStart && text[0] == (byte)'.')
                output.Write("."u8);
            var plain = LineEndScan.PlainLength(text);
            if (plain > 0)
            {
                output.Write(text[..plain]);
                _position = text[plain - 1] == (byte)'\n' ? Position.LineStart : Position.InLine;
                text = text[plain..];
                continue;
            }

            output.Write("\r\n"u8);
            _position = text[0] == (byte)'\r' ? Position.AfterCR : Position.LineStart;
            text = text[1..];
        }
    }

    /// <summary>Ends the last line if it is open, and writes the line of one dot.</summary>
    public readonly void Finish(IBufferWriter<byte> output)
    {
        if (_position == Position.InLine)
            output.Write("\r\n"u8);
        if (!keepsDots)
            output.Write(".\r\n"u8);
    }
}
