using Courier.Mailboxes.Content;

namespace Courier.Mailboxes.Search;

/// <summary>Finds the messages that a key describes. Each message is judged by its record first, then by what the mailbox keeps
/// of its header and by the full text index; its file is opened only when those leave the answer open, one at a time.</summary>
public static class MailboxSearch
{
    private const int FewInRow = 8;

    /// <returns>Positions from 0, ascending.</returns>
    public static async ValueTask<List<int>> RunAsync(SearchScope scope, SearchKey key, CancellationToken ct)
    {
        key = FuzzySearch.Widen(key);
        var sets = new Dictionary<PositionsKey, IReadOnlyList<(int First, int Last)>>(ReferenceEqualityComparer.Instance);
        Resolve(key, scope.Snapshot, sets);
        var found = new List<int>();
        var candidate = new Candidate(scope, sets, new TextLookup(scope));
        var asksFields = Any(key, static leaf => leaf is SentKey || (leaf is HeaderKey header && KeptFields.Has(header.Field)));
        var count = scope.Snapshot.Count;
        var (ahead, asked, inRow) = (0, -1, 0);
        for (var position = 0; position < count; position++)
        {
            candidate.Take(position);
            var matches = Judge(key, candidate);
            if (matches is null && asksFields && scope.Mailbox is { } mailbox)
            {
                ct.ThrowIfCancellationRequested();
                // Where one after the other is asked, so will be the next ones.
                inRow = asked == position - 1 ? inRow + 1 : 0;
                asked = position;
                if (inRow >= FewInRow && position >= ahead)
                {
                    await mailbox.MakeFormsAheadAsync(scope.Snapshot, position, count - 1, FormsWanted.OfHeader, ct);
                    ahead = position + Mailbox.AheadCount;
                }

                candidate.Keys = await mailbox.KeysAsync(candidate.Message.Uid, ct);
                matches = Judge(key, candidate);
            }

            if (matches is null && candidate.Texts.IsNewlyOpen())
                matches = Judge(key, candidate);
            if (matches is null)
            {
                ct.ThrowIfCancellationRequested();
                using var content = candidate.Content = await scope.OpenAsync(candidate.Message.Uid, ct);
                matches = content is not null && Judge(key, candidate) == true;
            }

            if (matches == true)
                found.Add(position);
        }

        return found;
    }

    /// <summary>Whether one of the conditions that are not made of others is such a one.</summary>
    private static bool Any(SearchKey key, Func<SearchKey, bool> test) => key switch
    {
        NotKey not => Any(not.Key, test),
        OrKey or => Any(or.Left, test) || Any(or.Right, test),
        AndKey and => and.Keys.Any(part => Any(part, test)),
        _ => test(key),
    };

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

    /// <summary>Null: it takes more to know than is at hand.</summary>
    private static bool? Judge(SearchKey key, Candidate candidate) => key switch
    {
        AllKey => true,
        FlagKey flag => ((candidate.Message.Flags & flag.Flag) != 0) == flag.IsSet,
        KeywordKey keyword => candidate.HasKeyword(keyword.Keyword),
        RecentKey => candidate.Scope.IsRecent(candidate.Message),
        LargerKey larger => candidate.Message.Size > larger.Size,
        SmallerKey smaller => candidate.Message.Size < smaller.Size,
        ReceivedKey received => Compare(DateOnly.FromDateTime(candidate.Message.InternalDate.DateTime), received.Relation, received.Date),
        PositionsKey positions => candidate.IsIn(positions),
        NotKey not => !Judge(not.Key, candidate),
        OrKey or => Either(or, candidate),
        AndKey and => All(and, candidate),
        _ when candidate.Content is { } content => JudgeContent(key, content),
        SentKey sent => candidate.Keys is { } keys ? IsSent(sent, keys.Fields.SentOn) : null,
        HeaderKey header => candidate.MayContain(header.Text) ? candidate.Keys?.Fields.Contains(header.Field, header.Text) : false,
        BodyKey body => candidate.MayContain(body.Text) ? null : false,
        TextKey text => candidate.MayContain(text.Text) ? null : false,
        _ => throw UnknownKey(key),
    };

    private static bool JudgeContent(SearchKey key, MessageContent content) => key switch
    {
        SentKey sent => IsSent(sent, MessageText.SentOn(content.Header.Span)),
        HeaderKey header => MessageText.HasField(content.Header.Span, header.Field, header.Text),
        BodyKey body => MessageText.IsInBody(content, body.Text),
        TextKey text => MessageText.IsInHeader(content.Header.Span, text.Text) || MessageText.IsInBody(content, text.Text),
        _ => throw UnknownKey(key),
    };

    private static bool IsSent(SentKey key, DateOnly? sent) => sent is { } date && Compare(date, key.Relation, key.Date);

    private static ArgumentOutOfRangeException UnknownKey(SearchKey key) => new(nameof(key), key.GetType().Name, "Not a key that can be searched for.");

    private static bool? Either(OrKey or, Candidate candidate)
    {
        // The cheaper side first: it may settle the matter.
        var (first, second) = or.Left.Cost <= or.Right.Cost ? (or.Left, or.Right) : (or.Right, or.Left);
        var one = Judge(first, candidate);
        if (one == true)
            return true;
        return Judge(second, candidate) is var other && other == true ? true : one is null || other is null ? null : false;
    }

    private static bool? All(AndKey and, Candidate candidate)
    {
        bool? all = true;
        foreach (var key in and.Keys)
        {
            var one = Judge(key, candidate);
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
    private sealed class Candidate(SearchScope scope, Dictionary<PositionsKey, IReadOnlyList<(int First, int Last)>> sets, TextLookup texts)
    {
        private int _position;
        private MessageRecord _message;

        public SearchScope Scope => scope;

        public ref readonly MessageRecord Message => ref _message;

        public TextLookup Texts => texts;

        /// <summary>What the mailbox keeps of it, once it was asked.</summary>
        public MessageKeys? Keys { get; set; }

        /// <summary>The message itself, once nothing less will do.</summary>
        public MessageContent? Content { get; set; }

        public void Take(int position)
        {
            _position = position;
            _message = scope.RecordAt(position);
            (Keys, Content) = (null, null);
        }

        /// <summary>False only where the full text index says so.</summary>
        public bool MayContain(TextPattern text) => texts.MayContain(text, _position);

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
