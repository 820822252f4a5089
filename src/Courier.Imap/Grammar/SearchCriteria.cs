using System.Text;
using Courier.Mailboxes;
using Courier.Mailboxes.Search;

namespace Courier.Imap.Grammar;

/// <summary>Reads search keys (RFC 3501 §6.4.4, §9):
/// search-key = "ALL" / "ANSWERED" / … / "HEADER" SP header-fld-name SP astring / "NOT" SP search-key / "FUZZY" SP search-key (RFC 6203 §7) /
/// "OR" SP search-key SP search-key / "UID" SP sequence-set / sequence-set / "(" search-key *(SP search-key) ")"</summary>
/// <remarks>It keeps its own stack, so no input can exhaust the thread's; how deep and how many keys is limited.</remarks>
internal static class SearchCriteria
{
    private enum Frame
    {
        Top,
        Bracket,
        Not,
        Fuzzy,
        Or,
    }

    /// <summary>1*(SP search-key) to the end of the command, the first space taken already.</summary>
    public static SearchKey Parse(ref ImapParser p)
    {
        var frames = new Stack<(Frame Kind, List<SearchKey> Keys)>();
        frames.Push((Frame.Top, []));
        var count = 0;
        while (true)
        {
            if (frames.Count > p.Limits.SearchDepth)
                throw new ImapSyntaxException("The search is nested too deeply");
            if (++count > p.Limits.SearchKeys)
                throw new ImapSyntaxException("Too many search keys");
            if (Opens(ref p) is { } frame)
            {
                frames.Push((frame, []));
                continue;
            }

            if (Close(ref p, frames, Leaf(ref p)) is { } whole)
                return whole;
        }
    }

    // A key that holds others: its own come next.
    private static Frame? Opens(ref ImapParser p)
    {
        if (p.TryByte((byte)'('))
            return Frame.Bracket;
        if (p.TryWord("NOT "u8))
            return Frame.Not;
        if (p.TryWord("FUZZY "u8))
            return Frame.Fuzzy;
        return p.TryWord("OR "u8) ? Frame.Or : null;
    }

    // Hands a finished key to what it stands in, and finishes what that completes; the whole when nothing is left to read.
    private static SearchKey? Close(ref ImapParser p, Stack<(Frame Kind, List<SearchKey> Keys)> frames, SearchKey key)
    {
        while (true)
        {
            var (kind, keys) = frames.Peek();
            keys.Add(key);
            switch (kind)
            {
                case Frame.Not:
                    key = new NotKey(key);
                    break;
                case Frame.Fuzzy:
                    key = new FuzzyKey(key);
                    break;
                case Frame.Or when keys.Count == 2:
                    key = new OrKey(keys[0], keys[1]);
                    break;
                case Frame.Bracket when p.TryByte((byte)')'):
                    key = keys.Count == 1 ? keys[0] : new AndKey(keys);
                    break;
                case Frame.Top when p.AtEnd:
                    return keys.Count == 1 ? keys[0] : new AndKey(keys);
                default:
                    p.Space();
                    return null;
            }

            frames.Pop();
        }
    }

    private static SearchKey Leaf(ref ImapParser p)
    {
        if (!p.AtEnd && (char.IsAsciiDigit((char)p.Rest[0]) || p.Next((byte)'*') || p.Next((byte)'$')))
            return Numbers(p.SequenceSet(), Numbering.Sequence);
        var name = Encoding.ASCII.GetString(p.Atom()).ToUpperInvariant();
        return ByFlag(name) ?? ByArgument(ref p, name);
    }

    private static SearchKey? ByFlag(string name) => name switch
    {
        "ALL" => new AllKey(),
        "ANSWERED" => new FlagKey(MessageFlags.Answered, IsSet: true),
        "DELETED" => new FlagKey(MessageFlags.Deleted, IsSet: true),
        "DRAFT" => new FlagKey(MessageFlags.Draft, IsSet: true),
        "FLAGGED" => new FlagKey(MessageFlags.Flagged, IsSet: true),
        "SEEN" => new FlagKey(MessageFlags.Seen, IsSet: true),
        "UNANSWERED" => new FlagKey(MessageFlags.Answered, IsSet: false),
        "UNDELETED" => new FlagKey(MessageFlags.Deleted, IsSet: false),
        "UNDRAFT" => new FlagKey(MessageFlags.Draft, IsSet: false),
        "UNFLAGGED" => new FlagKey(MessageFlags.Flagged, IsSet: false),
        "UNSEEN" => new FlagKey(MessageFlags.Seen, IsSet: false),
        "NEW" => new AndKey([new RecentKey(), new FlagKey(MessageFlags.Seen, IsSet: false)]),
        "OLD" => new NotKey(new RecentKey()),
        "RECENT" => new RecentKey(),
        "SAVEDATESUPPORTED" => new AllKey(), // RFC 8514 §4.3
        _ => null,
    };

    private static SearchKey ByArgument(ref ImapParser p, string name)
    {
        p.Space();
        switch (name)
        {
            case "KEYWORD": return new KeywordKey(FlagGrammar.Keyword(ref p));
            case "UNKEYWORD": return new NotKey(new KeywordKey(FlagGrammar.Keyword(ref p)));
            case "LARGER": return new LargerKey(p.Number64());
            case "SMALLER": return new SmallerKey(p.Number64());
            case "BEFORE": return new ReceivedKey(DateRelation.Before, p.Date());
            case "ON": return new ReceivedKey(DateRelation.On, p.Date());
            case "SINCE": return new ReceivedKey(DateRelation.Since, p.Date());
            case "SENTBEFORE": return new SentKey(DateRelation.Before, p.Date());
            case "SENTON": return new SentKey(DateRelation.On, p.Date());
            case "SENTSINCE": return new SentKey(DateRelation.Since, p.Date());
            case "BCC" or "CC" or "FROM" or "SUBJECT" or "TO": return new HeaderKey(name, Pattern(ref p));
            case "BODY": return new BodyKey(Pattern(ref p));
            case "TEXT": return new TextKey(Pattern(ref p));
            case "UID": return Numbers(p.SequenceSet(), Numbering.Uid);
            case "UIDAFTER": return new UidSideKey(p.NonZero(), IsAfter: true);
            case "UIDBEFORE": return new UidSideKey(p.NonZero(), IsAfter: false);
            case "YOUNGER": return new WithinKey(p.NonZero(), IsYounger: true);
            case "OLDER": return new WithinKey(p.NonZero(), IsYounger: false);
            case "SAVEDBEFORE": return new SavedDateKey(DateRelation.Before, p.Date());
            case "SAVEDON": return new SavedDateKey(DateRelation.On, p.Date());
            case "SAVEDSINCE": return new SavedDateKey(DateRelation.Since, p.Date());
            case "FILTER": return new FilterKey(Encoding.ASCII.GetString(p.Atom()));
            case "EMAILID": return new ObjectIdKey(Encoding.ASCII.GetString(p.Astring()), IsThread: false);
            case "THREADID": return new ObjectIdKey(Encoding.ASCII.GetString(p.Astring()), IsThread: true);
            case "MODSEQ": return ModSeq(ref p);
            case "HEADER":
                var field = p.AstringText();
                p.Space();
                return new HeaderKey(field, Pattern(ref p));
            default: throw new ImapSyntaxException("Unknown search key");
        }
    }

    // US-ASCII is part of UTF-8, so one reading serves both charsets.
    private static TextPattern Pattern(ref ImapParser p) => new(p.AstringText());

    private static NumbersKey Numbers(SequenceSet set, Numbering numbering) => new(set, numbering);

    // search-modsequence = "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer (RFC 7162 §7)
    private static ModSeqKey ModSeq(ref ImapParser p)
    {
        if (p.Next((byte)'"'))
        {
            p.String();
            p.Space();
            if (!p.TryWord("PRIV"u8) && !p.TryWord("SHARED"u8) && !p.TryWord("ALL"u8))
                throw new ImapSyntaxException("Expected priv, shared or all");
            p.Space();
        }

        return new(p.ModSeq());
    }
}
