using System.Buffers.Text;

namespace Courier.Mailboxes.Maildir;

/// <summary>What a message's file name says (courier.md §9.2): <c>unique,S=…,W=…:2,FLAGS</c>. Its identity is the base, the part
/// before <c>:2,</c>: other programs rename a message for its flags, and it stays the same message.</summary>
internal static class FileName
{
    /// <summary>The suffixes of all 32 sets: a STORE of many messages makes no strings for them.</summary>
    private static readonly string[] Plain = [.. Enumerable.Range(0, 32).Select(set => ":2," + Letters((MessageFlags)set))];

    /// <summary>Starts the flags.</summary>
    internal static ReadOnlySpan<byte> Separator => ":2,"u8;

    internal static ReadOnlySpan<byte> SizeKey => ",S="u8;

    internal static ReadOnlySpan<byte> WireSizeKey => ",W="u8;

    private static ReadOnlySpan<byte> OurLetters => "DFRST"u8;

    internal static ReadOnlySpan<byte> BaseOf(ReadOnlySpan<byte> name)
    {
        // A name in new/ has no colon at all, and other experiments (":1,") are part of nobody's identity.
        var at = name.IndexOf((byte)':');
        return at < 0 ? name : name[..at];
    }

    /// <summary>The letters after <c>:2,</c>; empty when there are none.</summary>
    internal static ReadOnlySpan<byte> LettersOf(ReadOnlySpan<byte> name)
    {
        var at = name.IndexOf((byte)':');
        return at >= 0 && name[at..].StartsWith(Separator) ? name[(at + Separator.Length)..] : default;
    }

    internal static MessageFlags FlagsOf(ReadOnlySpan<byte> letters)
    {
        var flags = MessageFlags.None;
        foreach (var letter in letters)
        {
            flags |= letter switch
            {
                (byte)'D' => MessageFlags.Draft,
                (byte)'F' => MessageFlags.Flagged,
                (byte)'R' => MessageFlags.Answered,
                (byte)'S' => MessageFlags.Seen,
                (byte)'T' => MessageFlags.Deleted,
                _ => MessageFlags.None,
            };
        }

        return flags;
    }

    /// <summary>Our flags and whatever other letters there were (P, or Dovecot's a–z keywords), sorted as ASCII.</summary>
    internal static string Suffix(MessageFlags flags, ReadOnlySpan<byte> oldLetters)
    {
        if (oldLetters.IndexOfAnyExcept(OurLetters) < 0)
            return Plain[(int)flags];
        var letters = new SortedSet<char>(Plain[(int)flags].AsSpan(Separator.Length).ToArray());
        foreach (var letter in oldLetters)
        {
            if (!OurLetters.Contains(letter))
                letters.Add((char)letter);
        }

        return ":2," + string.Concat(letters);
    }

    /// <summary>The figure after <c>,S=</c> or <c>,W=</c>; -1 when it is not there.</summary>
    internal static long Figure(ReadOnlySpan<byte> baseName, ReadOnlySpan<byte> key)
    {
        var at = baseName.IndexOf(key);
        if (at < 0)
            return -1;
        var digits = baseName[(at + key.Length)..];
        return Utf8Parser.TryParse(digits, out long value, out var used) && value >= 0 && (used == digits.Length || digits[used] is (byte)',' or (byte)':')
            ? value
            : -1;
    }

    /// <summary>Seconds since 1970 at the head of the name: when it was delivered; 0 when it does not begin with a number.</summary>
    internal static long TimeOf(ReadOnlySpan<byte> name) =>
        Utf8Parser.TryParse(name, out long seconds, out var used) && used > 0 && used < name.Length && name[used] == (byte)'.' && seconds is > 0 and <= uint.MaxValue
            ? seconds
            : 0;

    /// <summary>Sorted as ASCII: the bits of <see cref="MessageFlags"/> are in that order.</summary>
    private static string Letters(MessageFlags flags) =>
        string.Concat("DFRST".Where((_, bit) => ((int)flags & (1 << bit)) != 0));
}
