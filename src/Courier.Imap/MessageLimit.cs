using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes.Search;

namespace Courier.Imap;

/// <summary>How many messages one command works on, where the server sets a limit (RFC 9738): those with the highest UIDs. The reply says how many
/// and where to go on: <c>[MESSAGELIMIT 1000 23007]</c>.</summary>
/// <param name="Most">The limit; 0 where nothing was left out.</param>
/// <param name="Lowest">The lowest UID that was worked on.</param>
internal readonly record struct MessageLimit(int Most, uint Lowest)
{
    private string Code => $"MESSAGELIMIT {Most} {Lowest}";

    /// <summary>The positions that one command may take, of those that it names.</summary>
    public static (List<PositionRange> Positions, MessageLimit Limit) Cut(ImapSession session, SelectedMailbox selected, List<PositionRange> positions)
    {
        var most = session.Limits.MessagesPerCommand;
        var excess = most == 0 ? 0 : SequenceSet.Count(positions) - most;
        if (excess <= 0)
            return (positions, default);
        var kept = new List<PositionRange>();
        foreach (var (first, last) in positions)
        {
            var skipped = Math.Min(excess, last - first + 1);
            excess -= skipped;
            if (first + skipped <= last)
                kept.Add(new(first + skipped, last));
        }

        return (kept, new(most, selected.Announced.UidAt(kept[0].First).Value));
    }

    /// <summary>A search that looks at no more messages than it may.</summary>
    public static async ValueTask<(SearchKey Key, MessageLimit Limit)> OfSearchAsync(ImapSession session, SelectedMailbox selected, SearchKey key, CancellationToken ct)
    {
        if (session.Limits.MessagesPerCommand == 0)
            return (key, default);
        var bound = await SessionKeys.BindAsync(key, session, selected, ct);
        var (positions, limit) = Cut(session, selected, Candidates(bound, selected));
        return limit.Most == 0 ? (key, limit) : (new AndKey([new PositionsKey(_ => [.. positions.Select(range => (range.First, range.Last))]), bound]), limit);
    }

    /// <summary>Whether a SORT or THREAD would look at more; those are refused, since part of an order is none.</summary>
    public static async ValueTask<bool> IsTooMuchAsync(ImapSession session, SelectedMailbox selected, SearchKey key, CancellationToken ct) =>
        (await OfSearchAsync(session, selected, key, ct)).Limit.Most > 0;

    /// <summary>Where half of it would be worse than nothing.</summary>
    public static Completion TooMany(int most) => Completion.No($"MESSAGELIMIT {most}", "Those are more messages than one command may have");

    /// <summary>OK, and how far it went.</summary>
    public Completion Completed(string text) => Most == 0 ? Completion.Ok(text) : Completion.Ok(Code, "That was not all");

    /// <summary>For a reply that has a code already: said before it.</summary>
    public void Tell(ImapWriter writer)
    {
        if (Most > 0)
            writer.Raw($"* NO [{Code}] That was not all\r\n");
    }

    // What the numbers at the top of the search leave of the mailbox.
    private static List<PositionRange> Candidates(SearchKey key, SelectedMailbox selected)
    {
        if (selected.Announced.Count == 0)
            return [];
        List<PositionRange> left = [new(0, selected.Announced.Count - 1)];
        IEnumerable<SearchKey> top = key is AndKey and ? and.Keys : [key];
        foreach (var numbers in top.OfType<PositionsKey>())
            left = Common(left, numbers.Resolve(selected.Announced));
        return left;
    }

    private static List<PositionRange> Common(List<PositionRange> some, IReadOnlyList<(int First, int Last)> others)
    {
        var common = new List<PositionRange>();
        for (var (i, j) = (0, 0); i < some.Count && j < others.Count;)
        {
            var (first, last) = (Math.Max(some[i].First, others[j].First), Math.Min(some[i].Last, others[j].Last));
            if (first <= last)
                common.Add(new(first, last));
            if (some[i].Last < others[j].Last)
                i++;
            else
                j++;
        }

        return common;
    }
}
