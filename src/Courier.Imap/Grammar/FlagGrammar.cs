using System.Collections.Immutable;
using System.Text;
using Courier.Imap.Responses;
using Courier.Mailboxes;

namespace Courier.Imap.Grammar;

/// <summary>Flags as a client writes them (RFC 3501 §9): flag = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword.</summary>
internal static class FlagGrammar
{
    /// <summary>flag-list = "(" [flag *(SP flag)] ")"</summary>
    public static (MessageFlags Flags, ImmutableArray<string> Keywords) List(ref ImapParser p)
    {
        p.Expect((byte)'(', "Expected a list of flags");
        if (p.TryByte((byte)')'))
            return (MessageFlags.None, []);
        var flags = Bare(ref p);
        p.Expect((byte)')', "The list of flags is not closed");
        return flags;
    }

    /// <summary>flag *(SP flag), which STORE allows without brackets.</summary>
    public static (MessageFlags Flags, ImmutableArray<string> Keywords) Bare(ref ImapParser p)
    {
        var flags = MessageFlags.None;
        var keywords = ImmutableArray.CreateBuilder<string>();
        var count = 0;
        do
        {
            if (++count > p.Limits.FlagsPerCommand)
                throw new ImapSyntaxException("Too many flags");
            if (p.TryByte((byte)'\\'))
                flags |= System(p.Atom());
            else if (Keyword(ref p) is var keyword && !keywords.Contains(keyword, StringComparer.OrdinalIgnoreCase))
                keywords.Add(keyword);
        }
        while (p.TrySpace());
        return (flags, keywords.ToImmutable());
    }

    public static string Keyword(ref ImapParser p)
    {
        var keyword = p.Atom();
        return keyword.Length <= p.Limits.KeywordLength ? Encoding.ASCII.GetString(keyword) : throw new ImapSyntaxException("Keyword is too long");
    }

    // \Recent is the server's to set (§2.3.2): clients that hand back what they fetched mean no harm by it, so it is passed over.
    private static MessageFlags System(ReadOnlySpan<byte> name)
    {
        if (Ascii.EqualsIgnoreCase(name, "Recent"u8))
            return MessageFlags.None;
        Span<byte> full = stackalloc byte[16];
        if (name.Length >= full.Length)
            throw new ImapSyntaxException("Unknown flag");
        full[0] = (byte)'\\';
        name.CopyTo(full[1..]);
        return FlagText.Parse(full[..(name.Length + 1)]) ?? throw new ImapSyntaxException("Unknown flag");
    }
}
