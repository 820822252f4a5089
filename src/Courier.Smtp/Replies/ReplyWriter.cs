using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Text;

namespace Courier.Smtp.Replies;

/// <summary>Writes replies as RFC 5321 §4.2 has them. Text that another part of the program or another server supplied can neither
/// end a line nor lengthen it past the limit.</summary>
internal static class ReplyWriter
{
    // RFC 5321 §4.5.3.1.5: 512 octets with code and CRLF; the rest is room for both and for the enhanced code.
    private const int TextBytes = 480;
    private const int LineBytes = 512;

    public static void Write(SmtpReply reply, IBufferWriter<byte> output)
    {
        Debug.Assert(reply.Status is not { } status || status.Class == reply.Code / 100, "The codes contradict each other.");
        var rest = reply.Text.AsSpan();
        while (true)
        {
            var end = rest.IndexOf('\n');
            WriteLine(reply, end < 0 ? rest : rest[..end], isLast: end < 0, output);
            if (end < 0)
                return;
            rest = rest[(end + 1)..];
        }
    }

    private static void WriteLine(SmtpReply reply, ReadOnlySpan<char> text, bool isLast, IBufferWriter<byte> output)
    {
        var line = output.GetSpan(LineBytes);
        Utf8Formatter.TryFormat(reply.Code, line, out var length);
        line[length++] = isLast ? (byte)' ' : (byte)'-';
        if (reply.Status is { } status)
        {
            // RFC 2034 §4: on every line of the reply.
            length += Number(status.Class, line[length..], '.');
            length += Number(status.Subject, line[length..], '.');
            length += Number(status.Detail, line[length..], ' ');
        }

        if (text.Length > TextBytes)
            text = text[..TextBytes];
        if (Ascii.FromUtf16(text, line[length..], out var written) != OperationStatus.Done || text.ContainsAnyInRange('\0', '\x1f'))
            written = Replace(text, line[length..]);
        length += written;
        "\r\n"u8.CopyTo(line[length..]);
        output.Advance(length + 2);
    }

    private static int Number(int value, Span<byte> output, char end)
    {
        Utf8Formatter.TryFormat(value, output, out var length);
        output[length] = (byte)end;
        return length + 1;
    }

    private static int Replace(ReadOnlySpan<char> text, Span<byte> output)
    {
        for (var i = 0; i < text.Length; i++)
            output[i] = text[i] is >= ' ' and <= '~' ? (byte)text[i] : (byte)'?';
        return text.Length;
    }
}
