using System.Collections.Immutable;
using System.Text;
using Courier.Mailboxes;

namespace Courier.Imap.Responses;

/// <summary>Flags as they are written (RFC 3501 §2.3.2). The 64 sets of system flags are made once.</summary>
internal static class FlagText
{
    private const int RecentBit = 32;

    private static readonly (MessageFlags Flag, string Name)[] _names =
    [
        (MessageFlags.Answered, "\\Answered"), (MessageFlags.Flagged, "\\Flagged"), (MessageFlags.Deleted, "\\Deleted"),
        (MessageFlags.Seen, "\\Seen"), (MessageFlags.Draft, "\\Draft"),
    ];

    private static readonly byte[][] _sets = [.. Enumerable.Range(0, RecentBit * 2).Select(Render)];

    /// <summary>The system flags that STORE takes, in the order of SELECT.</summary>
    public static ReadOnlySpan<byte> System => "\\Answered \\Flagged \\Deleted \\Seen \\Draft"u8;

    public static MessageFlags? Parse(ReadOnlySpan<byte> name)
    {
        foreach (var (flag, text) in _names)
        {
            if (Ascii.EqualsIgnoreCase(name, text))
                return flag;
        }

        return null;
    }

    /// <summary>Octets that <see cref="Write"/> may need.</summary>
    public static int Bound(ImmutableArray<string> keywords)
    {
        const int systemFlags = 64;
        var bound = systemFlags;
        foreach (var keyword in keywords)
            bound += keyword.Length + 1;
        return bound;
    }

    /// <summary>Writes <c>\Seen $Label</c> without brackets; returns the octets written.</summary>
    public static int Write(Span<byte> output, MessageFlags flags, ImmutableArray<string> keywords, bool isRecent)
    {
        var set = _sets[(int)flags | (isRecent ? RecentBit : 0)];
        set.CopyTo(output);
        var at = set.Length;
        foreach (var keyword in keywords)
        {
            if (at > 0)
                output[at++] = (byte)' ';
            at += Encoding.ASCII.GetBytes(keyword, output[at..]);
        }

        return at;
    }

    /// <summary>FLAGS and PERMANENTFLAGS, which name the keywords that the mailbox has (RFC 3501 §7.2.6, §7.1).</summary>
    public static void WriteDefined(ImapWriter writer, ImmutableArray<string> keywords, bool isReadOnly)
    {
        writer.Raw("* FLAGS ("u8);
        WriteNames(writer, keywords);
        writer.Raw(")\r\n* OK [PERMANENTFLAGS ("u8);
        if (!isReadOnly)
        {
            WriteNames(writer, keywords);
            writer.Raw(" \\*"u8); // further keywords may be made
        }

        writer.Raw(isReadOnly ? ")] Nothing can be changed here\r\n"u8 : ")] These are kept\r\n"u8);
    }

    private static void WriteNames(ImapWriter writer, ImmutableArray<string> keywords)
    {
        writer.Raw(System);
        foreach (var keyword in keywords)
        {
            writer.Raw(" "u8);
            writer.Raw(keyword);
        }
    }

    private static byte[] Render(int bits)
    {
        var names = _names.Where(entry => ((int)entry.Flag & bits) != 0).Select(entry => entry.Name);
        return Encoding.ASCII.GetBytes(string.Join(' ', bits >= RecentBit ? names.Append("\\Recent") : names));
    }
}
