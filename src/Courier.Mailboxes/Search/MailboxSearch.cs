namespace Courier.Mailboxes.Search;

/// <summary>Finds the messages that a key describes. Each message is judged by its record first; its file is opened only when that
/// leaves the answer open, one at a time.</summary>
public static class MailboxSearch
{
    /// <returns>Positions from 0, ascending.</returns>
    public static async ValueTask<List<int>> RunAsync(SearchScope scope, SearchKey key, CancellationToken ct)
    {
        var sets = new Dictionary<PositionsKey, IReadOnlyList<(int First, int Last)>>(ReferenceEqualityComparer.Instance);
        Resolve(key, scope.Snapshot, sets);
        var found = new List<int>();
        var candidate = new Candidate(scope, sets);
        var count = scope.Snapshot.Count;
        for (var position = 0; position < count; position++)
        {
            candidate.Take(position);
            var matches = Judge(key, candidate, content: null);
            if (matches is null)
            {
                ct.ThrowIfCancellationRequested();
                using var content = await scope.OpenAsync(candidate.Message.Uid, ct);
                matches = content is not null && Judge(key, candidate, content) == true;
            }

            if (matches == true)
                found.Add(position);
        }

        return found;
    }

    private static void Resolve(SearchKey key, MailboxSnapshot snapshot, Dictionary<PositionsKey, IReadOnlyList<(int First, int Last)>> sets)
    {
        var open = new Stack<SearchKey>([key]);
        while (open.TryPop(out var next))
        {
            switch (next)
            {
                case PositionsKey positions:
                    sets[positions] = positions.Resolve(snapshot);
                    break;
                case NotKey not:
                    open.Push(not.Key);
                    break;
                case OrKey or:
                    open.Push(or.Left);
                    open.Push(or.Right);
                    break;
                case AndKey and:
                    foreach (var part in and.Keys)
                        open.Push(part);
                    break;
            }
        }
    }

    /// <summary>Null: it takes the content to know, and there is none at hand.</summary>
    private static bool? Judge(SearchKey key, Candidate candidate, MessageContent? content) => key switch
    {
        AllKey => true,
        FlagKey flag => ((candidate.Message.Flags & flag.Flag) != 0) == flag.IsSet,
        KeywordKey keyword => candidate.HasKeyword(keyword.Keyword),
        RecentKey => candidate.Scope.IsRecent(candidate.Message),
        LargerKey larger => candidate.Message.Size > larger.Size,
        SmallerKey smaller => candidate.Message.Size < smaller.Size,
        ReceivedKey received => Compare(DateOnly.FromDateTime(candidate.Message.InternalDate.DateTime), received.Relation, received.Date),
        PositionsKey positions => candidate.IsIn(positions),
        NotKey not => !Judge(not.Key, candidate, content),
        OrKey or => Either(or, candidate, content),
        AndKey and => All(and, candidate, content),
        _ when content is null => null,
        SentKey sent => MessageText.SentOn(content) is { } date && Compare(date, sent.Relation, sent.Date),
        HeaderKey header => MessageText.HasField(content.Header.Span, header.Field, header.Text),
        BodyKey body => MessageText.IsInBody(content, body.Text),
        TextKey text => MessageText.IsInHeader(content.Header.Span, text.Text) || MessageText.IsInBody(content, text.Text),
        _ => throw new ArgumentOutOfRangeException(nameof(key), key.GetType().Name, "Not a key that can be searched for."),
    };

    private static bool? Either(OrKey or, Candidate candidate, MessageContent? content)
    {
        // The cheaper side first: it may settle the matter.
        var (first, second) = or.Left.Cost <= or.Right.Cost ? (or.Left, or.Right) : (or.Right, or.Left);
        var one = Judge(first, candidate, content);
        if (one == true)
            return true;
        return Judge(second, candidate, content) is var other && other == true ? true : one is null || other is null ? null : false;
    }

    private static bool? All(AndKey and, Candidate candidate, MessageContent? content)
    {
        bool? all = true;
        foreach (var key in and.Keys)
        {
            var one = Judge(key, candidate, content);
            if (one == false)
                return false;
            if (one is null)
                all = null;
        }

        return all;
    }

    private static bool Compare(DateOnly date, DateRelation relation, DateOnly asked) => relation switch
    {
        DateRelation.Before => date < asked,
        DateRelation.On => date == asked,
        _ => date >= asked,
    };

    /// <summary>The message in hand: one object for the whole search.</summary>
    private sealed class Candidate(SearchScope scope, Dictionary<PositionsKey, IReadOnlyList<(int First, int Last)>> sets)
    {
        private int _position;
        private MessageRecord _message;

        public SearchScope Scope => scope;

        public ref readonly MessageRecord Message => ref _message;

        public void Take(int position)
        {
            _position = position;
            _message = scope.RecordAt(position);
        }

        public bool HasKeyword(string keyword)
        {
            foreach (var own in _message.Keywords)
            {
                if (string.Equals(own, keyword, StringComparison.OrdinalIgnoreCase))
                    return true;
            }

            return false;
        }

        public bool IsIn(PositionsKey key)
        {
            var ranges = sets[key];
            var (low, high) = (0, ranges.Count - 1);
            while (low <= high)
            {
                var middle = (low + high) / 2;
                if (_position < ranges[middle].First)
                    high = middle - 1;
                else if (_position > ranges[middle].Last)
                    low = middle + 1;
                else
                    return true;
            }

            return false;
        }
    }
}
