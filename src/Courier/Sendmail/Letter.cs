using System.Text;
using Courier.Mail.Headers;
using Courier.Mail.Mime;

namespace Courier.Sendmail;

/// <summary>The message on standard input: its recipients are read from its header, Bcc is taken out, From is added where it is missing.</summary>
internal sealed class Letter
{
    /// <summary>As far as the header is looked at; what a program writes by hand is never so long.</summary>
    private const int HeaderBytesMax = 1 << 20;

    private readonly byte[] _start;
    private readonly Stream _rest;
    private readonly int _headerLength;

    private Letter(byte[] start, Stream rest) => (_start, _rest, _headerLength) = (start, rest, HeaderReader.HeaderLength(start));

    private ReadOnlySpan<byte> Header => _start.AsSpan(0, _headerLength);

    internal static async Task<Letter> ReadAsync(Stream input, CancellationToken ct)
    {
        var start = new byte[HeaderBytesMax];
        var length = await input.ReadAtLeastAsync(start, HeaderBytesMax, throwOnEndOfStream: false, ct);
        return new Letter(start[..length], input);
    }

    /// <summary>The addresses of To, Cc and Bcc, or of Bcc alone.</summary>
    internal IReadOnlyList<string> Recipients(bool onlyBcc)
    {
        var found = new List<string>();
        foreach (var field in new HeaderReader(Header))
        {
            var name = Header[field.Name];
            if (Is(name, "Bcc") || (!onlyBcc && (Is(name, "To") || Is(name, "Cc"))))
                found.AddRange(AddressFields.Of(Header[field.Value]));
        }

        return found;
    }

    /// <summary>Writes the message as it is to be sent.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="from">From field for a message without one.</param>
    /// <param name="dropsBcc">Blind recipients were taken from it, and nobody else may see them.</param>
    /// <param name="ct">Ends it.</param>
    internal async Task WriteAsync(Stream output, string from, bool dropsBcc, CancellationToken ct)
    {
        await output.WriteAsync(Edited(from, dropsBcc), ct);
        await output.WriteAsync(_start.AsMemory(_headerLength), ct);
        await _rest.CopyToAsync(output, ct);
    }

    private byte[] Edited(string from, bool dropsBcc)
    {
        var edited = new MemoryStream(_headerLength + from.Length + 16);
        var hasFrom = false;
        var isHeader = false;
        var written = 0;
        foreach (var field in new HeaderReader(Header))
        {
            var name = Header[field.Name];
            // The line that begins a message in an mbox file is not part of it.
            var isDropped = (dropsBcc && Is(name, "Bcc")) || (!isHeader && Header[field.All].StartsWith("From "u8));
            hasFrom |= Is(name, "From");
            isHeader |= !name.IsEmpty && !name.ContainsAny(" \t"u8);
            if (!isDropped)
                continue;
            edited.Write(Header[written..field.Start]);
            written = field.Start + field.Length;
            written += Header[written..].StartsWith("\r\n"u8) ? 2 : Header[written..].StartsWith("\n"u8) ? 1 : 0;
        }

        edited.Write(Header[written..]);
        var kept = edited.ToArray();
        if (hasFrom)
            return kept;
        // A message of text alone has no header to add to: ours needs an end.
        return [.. Encoding.UTF8.GetBytes($"From: {from}\n{(isHeader || kept is [(byte)'\n', ..] or [(byte)'\r', (byte)'\n', ..] ? "" : "\n")}"), .. kept];
    }

    private static bool Is(ReadOnlySpan<byte> name, string wanted) => Ascii.EqualsIgnoreCase(name, wanted);
}
