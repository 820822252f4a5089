using System.Text;

namespace Courier.Mailboxes.Search;

/// <summary>A text that is looked for as a substring, without regard to case (RFC 3501 §6.4.4).</summary>
public sealed class TextPattern(string text)
{
    private const int ChunkBytes = 8 * 1024;

    private readonly bool _isAscii = Ascii.IsValid(text);

    public string Text => text;

    public bool IsEmpty => text.Length == 0;

    /// <summary>Whether bytes in a charset that contains ASCII can be searched as they are.</summary>
    public bool IsAscii => _isAscii;

    public bool IsIn(ReadOnlySpan<char> content) => content.Contains(text, StringComparison.OrdinalIgnoreCase);

    public bool IsInUtf8(ReadOnlySpan<byte> content) => _isAscii ? IsIn(content) : IsIn(Encoding.UTF8.GetString(content).AsSpan());

    /// <summary>For ASCII patterns: searches bytes piece by piece without decoding all of them.</summary>
    public bool IsIn(ReadOnlySpan<byte> content)
    {
        if (text.Length > content.Length)
            return false;
        Span<char> chars = stackalloc char[ChunkBytes / 4];
        var step = chars.Length - text.Length + 1;
        if (step < chars.Length / 2)
            return IsIn(Encoding.Latin1.GetString(content).AsSpan()); // a pattern as long as the piece
        for (var at = 0; at + text.Length <= content.Length; at += step)
        {
            var piece = content.Slice(at, Math.Min(chars.Length, content.Length - at));
            Encoding.Latin1.GetChars(piece, chars);
            if (chars[..piece.Length].Contains(text.AsSpan(), StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
