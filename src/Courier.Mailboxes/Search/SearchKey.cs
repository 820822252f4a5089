namespace Courier.Mailboxes.Search;

/// <summary>What a key must look at: the cheap ones are asked first (RFC 3501 §6.4.4 leaves the order to us).</summary>
public enum SearchCost
{
    /// <summary>The record in the index.</summary>
    Record,

    /// <summary>The header of the message: its file is opened.</summary>
    Header,

    /// <summary>All of its text.</summary>
    Body,
}

/// <summary>One condition of a search, or several joined. Trees are as deep as their maker allows: keep that bounded.</summary>
public abstract record SearchKey(SearchCost Cost);

/// <summary>Every message.</summary>
public sealed record AllKey() : SearchKey(SearchCost.Record);

/// <summary>A system flag is set, or is not.</summary>
public sealed record FlagKey(MessageFlags Flag, bool IsSet) : SearchKey(SearchCost.Record);

/// <summary>A keyword is set; compared without case.</summary>
public sealed record KeywordKey(string Keyword) : SearchKey(SearchCost.Record);

/// <summary>\Recent for the session that asks.</summary>
public sealed record RecentKey() : SearchKey(SearchCost.Record);

/// <summary>Larger than a size, which itself does not count.</summary>
public sealed record LargerKey(long Size) : SearchKey(SearchCost.Record);

/// <summary>Smaller than a size, which itself does not count.</summary>
public sealed record SmallerKey(long Size) : SearchKey(SearchCost.Record);

/// <summary>How a date is compared with the one asked for.</summary>
public enum DateRelation
{
    Before,
    On,
    Since,
}

/// <summary>The internal date, without time and zone.</summary>
public sealed record ReceivedKey(DateRelation Relation, DateOnly Date) : SearchKey(SearchCost.Record);

/// <summary>The Date field, without time and zone; a message without a readable one does not match.</summary>
public sealed record SentKey(DateRelation Relation, DateOnly Date) : SearchKey(SearchCost.Header);

/// <summary>A header field holds a text; an empty text asks only for the field.</summary>
public sealed record HeaderKey(string Field, TextPattern Text) : SearchKey(SearchCost.Header);

/// <summary>The body holds a text.</summary>
public sealed record BodyKey(TextPattern Text) : SearchKey(SearchCost.Body);

/// <summary>The header or the body holds a text.</summary>
public sealed record TextKey(TextPattern Text) : SearchKey(SearchCost.Body);

/// <summary>Positions from 0 in the snapshot that is searched, found once it is known; ranges with both ends, ascending.</summary>
public sealed record PositionsKey(Func<MailboxSnapshot, IReadOnlyList<(int First, int Last)>> Resolve) : SearchKey(SearchCost.Record);

/// <summary>What is like that, too (RFC 6203 §3).</summary>
public sealed record FuzzyKey(SearchKey Key) : SearchKey(Key.Cost);

public sealed record NotKey(SearchKey Key) : SearchKey(Key.Cost);

public sealed record OrKey(SearchKey Left, SearchKey Right) : SearchKey((SearchCost)Math.Max((int)Left.Cost, (int)Right.Cost));

/// <summary>All of the keys, put in order of cost.</summary>
public sealed record AndKey : SearchKey
{
    public AndKey(IEnumerable<SearchKey> keys)
        : this([.. keys.OrderBy(key => key.Cost)])
    {
    }

    private AndKey(SearchKey[] keys)
        : base(keys.Length == 0 ? SearchCost.Record : keys[^1].Cost) => Keys = keys;

    public IReadOnlyList<SearchKey> Keys { get; }
}
