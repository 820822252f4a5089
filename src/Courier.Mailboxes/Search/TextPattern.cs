using System.Text;
using Courier.Mail.Headers;

namespace Courier.Mailboxes.Search;

/// <summary>A text that is looked for as a substring under i;unicode-casemap: without regard to case, composed and decomposed letters
/// alike (RFC 3501 §6.4.4, RFC 5255 §4.6, RFC 5051).</summary>
public class TextPattern(string text)
{
    private const int ChunkBytes = 8 * 1024;
    private const int MaxKeptChars = 128 * 1024;

    // What is ASCII once it is mapped is looked for as such: Ａ is A.
    private readonly string _text = Ascii.IsValid(text) || CaseMap.Key(text) is var key && !Ascii.IsValid(key) ? text : Encoding.ASCII.GetString(key);
    private byte[]? _key;
    private string? _keyText;

    /// <summary>One a thread: nothing is awaited while it is in use.</summary>
    [ThreadStatic]
    private static char[]? Buffer;

    public string Text => text;

    public bool IsEmpty => text.Length == 0;

    /// <summary>Where none of these is, the pattern is not found.</summary>
    internal virtual IReadOnlyList<string> Pieces => [text];

    /// <summary>Whether bytes in a charset that contains ASCII can be searched as they are.</summary>
    public virtual bool IsAscii { get; } = Ascii.IsValid(text) || Ascii.IsValid(CaseMap.Key(text));

    /// <summary>Most texts are told apart by what they are; only what is beyond ASCII is mapped.</summary>
    public virtual bool IsIn(ReadOnlySpan<char> content) =>
        content.Contains(_text, StringComparison.OrdinalIgnoreCase) || (!Ascii.IsValid(content) && IsInMapped(content));

    /// <summary>Searches UTF-8: as it is where nothing is to be mapped, else decoded.</summary>
    public bool IsInUtf8(ReadOnlySpan<byte> content) =>
        (IsAscii && IsIn(content)) || (!Ascii.IsValid(content) && IsIn(Encoding.UTF8.GetString(content).AsSpan()));

    /// <summary>For ASCII patterns: searches bytes piece by piece without decoding all of them.</summary>
    public virtual bool IsIn(ReadOnlySpan<byte> content)
    {
        if (_text.Length > content.Length)
            return false;
        Span<char> chars = stackalloc char[ChunkBytes / 4];
        var step = chars.Length - _text.Length + 1;
        if (step < chars.Length / 2)
            return IsIn(Encoding.Latin1.GetString(content).AsSpan()); // a pattern as long as the piece
        for (var at = 0; at + _text.Length <= content.Length; at += step)
        {
            var piece = content.Slice(at, Math.Min(chars.Length, content.Length - at));
            Encoding.Latin1.GetChars(piece, chars);
            if (chars[..piece.Length].Contains(_text.AsSpan(), StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    private bool IsInMapped(ReadOnlySpan<char> content)
    {
        _key ??= CaseMap.Key(_text);
        var buffer = Buffer ?? new char[ChunkBytes];
        var isMapped = CaseMap.TryMap(content, ref buffer, out var length);
        Buffer = buffer.Length <= MaxKeptChars ? buffer : null;
        return isMapped
            ? buffer.AsSpan(0, length).IndexOf(_keyText ??= Encoding.UTF8.GetString(_key)) >= 0
            : CaseMap.Key(content.ToString()).AsSpan().IndexOf(_key) >= 0;
    }
}
