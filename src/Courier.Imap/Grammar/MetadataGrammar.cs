using System.Text;

namespace Courier.Imap.Grammar;

/// <summary>Entries and values of METADATA (RFC 5464 §5): entry = astring ; entries = entry / "(" entry *(SP entry) ")" ;
/// value = nstring / literal8</summary>
internal static class MetadataGrammar
{
    /// <summary>One entry, or several in brackets; in lower case, since they have no case (§3.1).</summary>
    public static List<string> Entries(ref ImapParser p)
    {
        if (!p.TryByte((byte)'('))
            return [Entry(ref p)];
        var entries = new List<string>();
        do
        {
            if (entries.Count == p.Limits.MetadataEntries)
                throw new ImapSyntaxException("Too many entries");
            entries.Add(Entry(ref p));
        }
        while (p.TrySpace());
        p.Expect((byte)')', "The list of entries is not closed");
        return entries;
    }

    /// <summary>"/private/…" or "/shared/…": ASCII without wildcards, empty components and a slash at the end (§3.1).</summary>
    public static string Entry(ref ImapParser p)
    {
        var name = Encoding.Latin1.GetString(p.Astring()).ToLowerInvariant();
        var isSound = name.Length is > 1 and <= 250 && name[^1] != '/' && !name.Contains("//", StringComparison.Ordinal)
            && name.All(c => c is > ' ' and < '\x7f' and not ('*' or '%'))
            && (name.StartsWith("/private/", StringComparison.Ordinal) || name.StartsWith("/shared/", StringComparison.Ordinal) || name is "/private" or "/shared");
        return isSound ? name : throw new ImapSyntaxException("Not the name of an entry");
    }

    /// <summary>Null takes the entry away.</summary>
    public static byte[]? Value(ref ImapParser p)
    {
        if (p.TryWord("NIL"u8))
            return null;
        return p.StringOrLiteral8().ToArray();
    }
}
