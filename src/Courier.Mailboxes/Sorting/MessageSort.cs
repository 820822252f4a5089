using Courier.Mailboxes.Content;
using Courier.Mailboxes.Search;

namespace Courier.Mailboxes.Sorting;

/// <summary>What messages are put in order by (RFC 5256 §3, RFC 5957 §3).</summary>
public enum SortBy
{
    Arrival,
    Cc,
    Date,
    From,
    Size,
    Subject,
    To,
    DisplayFrom,
    DisplayTo,

    /// <summary>How well it fits a fuzzy search, best first (RFC 6203 §6).</summary>
    Relevancy,
}

/// <summary>One criterion; those after it decide between what is equal by it.</summary>
public readonly record struct SortCriterion(SortBy By, bool IsReverse);

/// <summary>One message with what it is compared by.</summary>
/// <param name="Position">From 0.</param>
/// <param name="Keys">Texts and identifiers.</param>
/// <param name="Date">When it was sent, or else received (RFC 5256 §2.2).</param>
/// <param name="Received">Internal date.</param>
public readonly record struct SortedMessage(int Position, MessageKeys Keys, long Date, long Received);

/// <summary>Puts messages in order by what the mailbox keeps of them: no file is opened but for those that nobody has asked about yet.</summary>
public static class MessageSort
{
    /// <summary>Records that one processor takes at a time.</summary>
    private const int RecordBatch = 512;

    /// <summary>Processors that one command takes.</summary>
    private const int MaxAtOnce = 4;

    /// <summary>Positions in the order of the criteria; what is equal by all of them is in the order of the mailbox (RFC 5256 §3).</summary>
    public static async ValueTask<List<int>> RunAsync(SearchScope scope, Mailbox mailbox, List<int> positions, IReadOnlyList<SortCriterion> criteria, IReadOnlyDictionary<int, int>? relevancy, CancellationToken ct)
    {
        if (!criteria.Any(criterion => NeedsKeys(criterion.By)))
            return SortByRecord(scope, positions, criteria, relevancy);
        var messages = (await LoadAsync(scope, mailbox, positions, ct)).ToArray();
        var sizes = criteria.Any(criterion => criterion.By == SortBy.Size) ? messages.ToDictionary(message => message.Position, message => scope.RecordAt(message.Position).Size) : [];
        Array.Sort(messages, (left, right) => Compare(left, right, criteria, sizes, relevancy));
        return [.. messages.Select(message => message.Position)];
    }

    /// <summary>The messages with their keys; those that are gone are left out.</summary>
    public static async ValueTask<List<SortedMessage>> LoadAsync(SearchScope scope, Mailbox mailbox, List<int> positions, CancellationToken ct)
    {
        var messages = new List<SortedMessage>(positions.Count);
        var room = Memory<byte>.Empty;
        for (var i = 0; i < positions.Count; i++)
        {
            ct.ThrowIfCancellationRequested();
            var position = positions[i];
            var next = Math.Min(i + Mailbox.AheadCount, positions.Count);
            if (i % Mailbox.AheadCount == 0 && positions[next - 1] - position < 2 * (next - i))
                await mailbox.MakeFormsAheadAsync(scope.Snapshot, position, positions[next - 1], FormsWanted.OfHeader, ct);
            if (await mailbox.KeysAsync(scope.Snapshot.UidAt(position), ct) is not { } keys)
                continue;
            var received = scope.RecordAt(position).InternalDate.ToUnixTimeSeconds();
            messages.Add(new(position, keys.CopyTo(ref room), keys.Sent ?? received, received));
        }

        return messages;
    }

    private static bool NeedsKeys(SortBy by) => by is not (SortBy.Arrival or SortBy.Size or SortBy.Relevancy);

    private static List<int> SortByRecord(SearchScope scope, List<int> positions, IReadOnlyList<SortCriterion> criteria, IReadOnlyDictionary<int, int>? relevancy)
    {
        var records = new SortedRecord[positions.Count];
        // Where nobody has asked before each is a look at a file, and a size may be a whole file: on several processors, and only what is compared.
        var (needsDate, needsSize) = (criteria.Any(criterion => criterion.By == SortBy.Arrival), criteria.Any(criterion => criterion.By == SortBy.Size));
        Parallel.For(0, (records.Length + RecordBatch - 1) / RecordBatch, new ParallelOptions { MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, MaxAtOnce) }, batch =>
        {
            for (var i = batch * RecordBatch; i < Math.Min(records.Length, (batch + 1) * RecordBatch); i++)
            {
                var record = scope.RecordAt(positions[i]);
                records[i] = new(positions[i], needsDate ? record.InternalDate.ToUnixTimeSeconds() : 0, needsSize ? record.Size : 0);
            }
        });
        Array.Sort(records, (left, right) => Compare(left, right, criteria, relevancy));
        return [.. records.Select(record => record.Position)];
    }

    private static int Compare(in SortedRecord left, in SortedRecord right, IReadOnlyList<SortCriterion> criteria, IReadOnlyDictionary<int, int>? relevancy)
    {
        for (var i = 0; i < criteria.Count; i++)
        {
            var order = criteria[i].By switch
            {
                SortBy.Size => left.Size.CompareTo(right.Size),
                SortBy.Relevancy => relevancy![right.Position].CompareTo(relevancy[left.Position]),
                _ => left.Received.CompareTo(right.Received),
            };
            if (order != 0)
                return criteria[i].IsReverse ? -order : order;
        }

        return left.Position.CompareTo(right.Position);
    }

    private static int Compare(in SortedMessage left, in SortedMessage right, IReadOnlyList<SortCriterion> criteria, Dictionary<int, long> sizes, IReadOnlyDictionary<int, int>? relevancy)
    {
        for (var i = 0; i < criteria.Count; i++)
        {
            var order = criteria[i].By switch
            {
                SortBy.Arrival => left.Received.CompareTo(right.Received),
                SortBy.Date => left.Date.CompareTo(right.Date),
                SortBy.Relevancy => relevancy![right.Position].CompareTo(relevancy[left.Position]),
                SortBy.Size => sizes[left.Position].CompareTo(sizes[right.Position]),
                SortBy.Subject => left.Keys.Subject.SequenceCompareTo(right.Keys.Subject),
                SortBy.From => left.Keys.From.SequenceCompareTo(right.Keys.From),
                SortBy.To => left.Keys.To.SequenceCompareTo(right.Keys.To),
                SortBy.Cc => left.Keys.Cc.SequenceCompareTo(right.Keys.Cc),
                SortBy.DisplayFrom => left.Keys.DisplayFrom.SequenceCompareTo(right.Keys.DisplayFrom),
                _ => left.Keys.DisplayTo.SequenceCompareTo(right.Keys.DisplayTo),
            };
            if (order != 0)
                return criteria[i].IsReverse ? -order : order;
        }

        return left.Position.CompareTo(right.Position);
    }

    /// <summary>What a message is compared by that needs no key. A type of its own, not a tuple: sorting it is compiled before it ships.</summary>
    private readonly record struct SortedRecord(int Position, long Received, long Size);
}
