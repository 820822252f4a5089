using Courier.Mailboxes;
using Courier.Mailboxes.Search;

namespace Courier.Imap.Grammar;

/// <summary>A search key that only the session can answer: it becomes the positions that fit before the mailbox is searched.</summary>
internal abstract record SessionKey() : SearchKey(SearchCost.Record)
{
    public abstract ValueTask<SearchKey> BindAsync(ImapSession session, SelectedMailbox selected, CancellationToken ct);

    /// <summary>The positions whose record fits.</summary>
    protected static PositionsKey Where(SelectedMailbox selected, Func<MessageRecord, bool> fits)
    {
        var found = new List<(int First, int Last)>();
        for (var position = 0; position < selected.Announced.Count; position++)
        {
            if (fits(selected.RecordAt(position)))
                Add(found, position);
        }

        return new PositionsKey(_ => found);
    }

    protected static void Add(List<(int First, int Last)> found, int position)
    {
        if (found.Count > 0 && found[^1].Last == position - 1)
            found[^1] = (found[^1].First, position);
        else
            found.Add((position, position));
    }
}

/// <summary>"$", or numbers: which of them are there (RFC 3501 §6.4.4, RFC 5182 §2.1).</summary>
internal sealed record NumbersKey(SequenceSet Set, Numbering Numbering) : SessionKey
{
    public override ValueTask<SearchKey> BindAsync(ImapSession session, SelectedMailbox selected, CancellationToken ct)
    {
        if (Numbering == Numbering.Sequence && session.Has(Extensions.UidOnly) && !ReferenceEquals(Set, SequenceSet.Saved))
            throw new ImapSyntaxException("Sequence numbers are not in use any more");
        var ranges = ReferenceEquals(Set, SequenceSet.Saved) ? selected.Resolve(Set, Numbering) : Set.Find(selected.Announced, Numbering);
        IReadOnlyList<(int First, int Last)> found = [.. ranges.Select(range => (range.First, range.Last))];
        return new(new PositionsKey(_ => found));
    }

    /// <summary>The same messages by their UIDs, which do not change; UIDs stay as they are, so that what comes may fit.</summary>
    public NumbersKey Pin(SelectedMailbox selected)
    {
        var isSaved = ReferenceEquals(Set, SequenceSet.Saved);
        if (Numbering == Numbering.Uid && !isSaved)
            return this;
        var positions = isSaved ? selected.Resolve(Set, Numbering) : Set.Find(selected.Announced, Numbering);
        return new(new SequenceSet([.. positions.Select(range => new SequenceRange(selected.Announced.UidAt(range.First).Value, selected.Announced.UidAt(range.Last).Value))]), Numbering.Uid);
    }
}

/// <summary>UIDAFTER and UIDBEFORE: the UID is higher than that one, or lower (RFC 9738).</summary>
internal sealed record UidSideKey(uint Uid, bool IsAfter) : SessionKey
{
    public override ValueTask<SearchKey> BindAsync(ImapSession session, SelectedMailbox selected, CancellationToken ct)
    {
        var at = selected.Announced.IndexOf(new(Uid));
        var (first, last) = IsAfter ? (at < 0 ? ~at : at + 1, selected.Announced.Count - 1) : (0, (at < 0 ? ~at : at) - 1);
        IReadOnlyList<(int First, int Last)> found = first <= last ? [(first, last)] : [];
        return new(new PositionsKey(_ => found));
    }
}

/// <summary>MODSEQ: changed since, or then (RFC 7162 §3.1.5). The names of entries make no difference here: a message has one mod-sequence.</summary>
internal sealed record ModSeqKey(ModSeq AtLeast) : SessionKey
{
    public override ValueTask<SearchKey> BindAsync(ImapSession session, SelectedMailbox selected, CancellationToken ct)
    {
        session.Enable(Extensions.Condstore); // §3.1
        return new(Where(selected, message => message.ModSeq.Value >= AtLeast.Value));
    }
}

/// <summary>YOUNGER and OLDER: the internal date within so many seconds of now, or not (RFC 5032 §2).</summary>
internal sealed record WithinKey(uint Seconds, bool IsYounger) : SessionKey
{
    public override ValueTask<SearchKey> BindAsync(ImapSession session, SelectedMailbox selected, CancellationToken ct)
    {
        var limit = session.Server.Clock.GetUtcNow().AddSeconds(-(double)Seconds);
        return new(Where(selected, message => IsYounger ? message.InternalDate >= limit : message.InternalDate <= limit));
    }
}

/// <summary>SAVEDBEFORE, SAVEDON and SAVEDSINCE; where it is not known, the internal date stands in for it (RFC 8514 §4.3).</summary>
internal sealed record SavedDateKey(DateRelation Relation, DateOnly Date) : SessionKey
{
    public override ValueTask<SearchKey> BindAsync(ImapSession session, SelectedMailbox selected, CancellationToken ct) => new(Where(selected, message =>
    {
        var saved = DateOnly.FromDateTime((message.SaveDate ?? message.InternalDate).DateTime);
        return Relation switch
        {
            DateRelation.Before => saved < Date,
            DateRelation.On => saved == Date,
            _ => saved >= Date,
        };
    }));
}

/// <summary>EMAILID and THREADID (RFC 8474 §6).</summary>
internal sealed record ObjectIdKey(string Id, bool IsThread) : SessionKey
{
    public override async ValueTask<SearchKey> BindAsync(ImapSession session, SelectedMailbox selected, CancellationToken ct)
    {
        var found = new List<(int First, int Last)>();
        var progress = new Progress(session, selected.Announced.Count);
        for (var position = 0; position < selected.Announced.Count; position++)
        {
            await progress.TellAsync(position);
            var facts = await selected.Mailbox.FactsAsync(selected.Announced.UidAt(position), ct);
            if (facts is not null && (IsThread ? facts.ThreadId : facts.EmailId) == Id)
                Add(found, position);
        }

        return new PositionsKey(_ => found);
    }
}

/// <summary>FILTER: the keys that stand under that name in the account's METADATA, the user's own before everybody's (RFC 5466 §3.1).</summary>
internal sealed record FilterKey(string Name) : SessionKey
{
    public override async ValueTask<SearchKey> BindAsync(ImapSession session, SelectedMailbox selected, CancellationToken ct) =>
        await SessionKeys.BindAsync(await FindAsync(session, ct), session, selected, ct);

    /// <summary>The keys that it stands for.</summary>
    public async ValueTask<SearchKey> FindAsync(ImapSession session, CancellationToken ct)
    {
        var known = await session.Mailboxes.AnnotationsAsync(name: null, ct);
        foreach (var root in (string[])["/private/filters/values/", "/shared/filters/values/"])
        {
            if (known?.GetValueOrDefault(root + Name.ToLowerInvariant()) is { } text && Read(text, session) is { } key)
                return key;
        }

        throw new UndefinedFilterException(Name);
    }

    // A filter that names another is none: nobody can make a circle of them.
    private static SearchKey? Read(byte[] text, ImapSession session)
    {
        try
        {
            var p = new ImapParser(text, session.Limits, session.Naming);
            return MessageFinder.Parse(ref p) is { } key && !SessionKeys.NamesFilter(key) ? key : null;
        }
        catch (ImapSyntaxException)
        {
            return null;
        }
    }
}

/// <summary>There is no filter of that name.</summary>
internal sealed class UndefinedFilterException(string name) : Exception(name)
{
    public UndefinedFilterException()
        : this("")
    {
    }

    public UndefinedFilterException(string message, Exception inner)
        : this(message) => _ = inner;
}

/// <summary>Puts positions in the place of every session key of a tree.</summary>
internal static class SessionKeys
{
    /// <summary>As deep as the parser lets keys be.</summary>
    public static async ValueTask<SearchKey> BindAsync(SearchKey key, ImapSession session, SelectedMailbox selected, CancellationToken ct)
    {
        switch (key)
        {
            case SessionKey own:
                return await own.BindAsync(session, selected, ct);
            case NotKey not:
                return new NotKey(await BindAsync(not.Key, session, selected, ct));
            case FuzzyKey fuzzy:
                return new FuzzyKey(await BindAsync(fuzzy.Key, session, selected, ct));
            case OrKey or:
                return new OrKey(await BindAsync(or.Left, session, selected, ct), await BindAsync(or.Right, session, selected, ct));
            case AndKey and:
                var keys = new List<SearchKey>(and.Keys.Count);
                foreach (var part in and.Keys)
                    keys.Add(await BindAsync(part, session, selected, ct));
                return new AndKey(keys);
            default:
                return key;
        }
    }

    /// <summary>The same key with sequence numbers and what was saved put down as UIDs, and with filters as they are now: it can be asked again later.</summary>
    public static async ValueTask<SearchKey> PinAsync(SearchKey key, ImapSession session, SelectedMailbox selected, CancellationToken ct)
    {
        switch (key)
        {
            case NumbersKey numbers:
                return numbers.Pin(selected);
            case FilterKey filter:
                return await PinAsync(await filter.FindAsync(session, ct), session, selected, ct);
            case NotKey not:
                return new NotKey(await PinAsync(not.Key, session, selected, ct));
            case FuzzyKey fuzzy:
                return new FuzzyKey(await PinAsync(fuzzy.Key, session, selected, ct));
            case OrKey or:
                return new OrKey(await PinAsync(or.Left, session, selected, ct), await PinAsync(or.Right, session, selected, ct));
            case AndKey and:
                var keys = new List<SearchKey>(and.Keys.Count);
                foreach (var part in and.Keys)
                    keys.Add(await PinAsync(part, session, selected, ct));
                return new AndKey(keys);
            default:
                return key;
        }
    }

    public static bool NamesFilter(SearchKey key) => Holds(key, static one => one is FilterKey);

    /// <summary>Whether the search asks for mod-sequences: then its answer names the highest (RFC 7162 §3.1.6).</summary>
    public static bool AsksForModSeq(SearchKey key) => Holds(key, static one => one is ModSeqKey);

    /// <summary>Whether scores may be asked for (RFC 6203 §4); what stands in a filter is not known yet.</summary>
    public static bool MayBeFuzzy(SearchKey key) => Holds(key, static one => one is FuzzyKey or FilterKey);

    private static bool Holds(SearchKey key, Func<SearchKey, bool> test) => test(key) || key switch
    {
        NotKey not => Holds(not.Key, test),
        FuzzyKey fuzzy => Holds(fuzzy.Key, test),
        OrKey or => Holds(or.Left, test) || Holds(or.Right, test),
        AndKey and => and.Keys.Any(part => Holds(part, test)),
        _ => false,
    };
}
