using Courier.IO.Files;

namespace Courier.Queue.Handover;

/// <summary>Writes text of a local program with CRLF: LF and CR alone become CRLF, so that nothing of it can later be taken for another line
/// end than it is here. A last line without an end gets one.</summary>
internal sealed class CrlfWriter(MessageBuffer target, long bytesMax)
{
    private bool _afterCarriageReturn;
    private bool _isLineOpen;

    internal void Write(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            if (_afterCarriageReturn && text[0] == '\n')
            {
                // The end of this line has been written with its CR.
                _afterCarriageReturn = false;
                text = text[1..];
                continue;
            }

            _afterCarriageReturn = false;
            var end = text.IndexOfAny((byte)'\r', (byte)'\n');
            Put(end < 0 ? text : text[..end]);
            if (end < 0)
            {
                _isLineOpen = true;
                return;
            }

            _isLineOpen |= end > 0;
            _afterCarriageReturn = text[end] == '\r';
            Put("\r\n"u8);
            _isLineOpen = false;
            text = text[(end + 1)..];
        }
    }

    internal void End()
    {
        if (_isLineOpen)
            Put("\r\n"u8);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        if (target.Length + bytes.Length > bytesMax)
            throw new InvalidDataException($"the message is larger than {bytesMax} bytes");
        target.Write(bytes);
    }
}
