namespace Courier.Mailboxes.Search;

/// <summary>Searches that may find what is only like what was asked for, and how well each message found fits (RFC 6203).</summary>
/// <remarks>Each condition has levels, the narrowest first: a text as it is, its words in any order, its words with a mistake in them; a date and some days
/// around it; a size and a tenth more or less. The last level finds, the first that a message reaches is its score. Flags, numbers and negations have
/// one level: they are meant as they are (§5).</remarks>
public static class FuzzySearch
{
    /// <summary>Words of one text that are looked for: a text may be as long as a literal.</summary>
    private const int WordsMax = 16;

    private const int Best = 100;

    /// <summary>Days before and after a date that are like it (§5), nearest first.</summary>
    private static readonly (int Days, int Score)[] _days = [(1, 60), (3, 25)];

    /// <summary>The key with the widest level in the place of everything that is fuzzy in it.</summary>
    internal static SearchKey Widen(SearchKey key) => key switch
    {
        FuzzyKey fuzzy => Wide(fuzzy.Key),
        NotKey not => new NotKey(Widen(not.Key)),
        OrKey or => new OrKey(Widen(or.Left), Widen(or.Right)),
        AndKey and => new AndKey(and.Keys.Select(Widen)),
        _ => key,
    };

    /// <summary>A score from 1 to 100 for each of these positions, all of which the key finds (§4).</summary>
    public static async ValueTask<IReadOnlyDictionary<int, int>> ScoresAsync(SearchScope scope, SearchKey key, IEnumerable<int> found, CancellationToken ct)
    {
        List<int> positions = [.. found.Order()];
        var scores = await ScoreAsync(scope, key, isFuzzy: false, positions, ct);
        return positions.ToDictionary(position => position, position => scores?.GetValueOrDefault(position) is { } score ? Math.Clamp(score, 1, Best) : Best);
    }

    private static SearchKey Wide(SearchKey key) => key switch
    {
        FuzzyKey fuzzy => Wide(fuzzy.Key),
        NotKey => Widen(key),
        OrKey or => new OrKey(Wide(or.Left), Wide(or.Right)),
        AndKey and => new AndKey(and.Keys.Select(Wide)),
        _ => Levels(key)[^1].Key,
    };

    // Null: this part has nothing to say about how well a message fits. Without an entry: it does not fit this part.
    private static async ValueTask<Dictionary<int, int>?> ScoreAsync(SearchScope scope, SearchKey key, bool isFuzzy, List<int> positions, CancellationToken ct)
    {
        switch (key)
        {
            case FuzzyKey fuzzy:
                return await ScoreAsync(scope, fuzzy.Key, isFuzzy: true, positions, ct);
            case OrKey or:
                var (left, right) = (await ScoreAsync(scope, or.Left, isFuzzy, positions, ct), await ScoreAsync(scope, or.Right, isFuzzy, positions, ct));
                return left is null ? right : right is null ? left : Join(positions, [left, right], static scores => scores.Max());
            case AndKey and:
                var parts = new List<Dictionary<int, int>>();
                foreach (var part in and.Keys)
                {
                    if (await ScoreAsync(scope, part, isFuzzy, positions, ct) is { } own)
                        parts.Add(own);
                }

                return parts.Count == 0 ? null : Join(positions, parts, static scores => (int)scores.Average());
            case NotKey:
                return null;
            default:
                return isFuzzy && Levels(key) is { Count: > 1 } levels ? await ReachedAsync(scope, levels, positions, ct) : null;
        }
    }

    private static Dictionary<int, int> Join(List<int> positions, List<Dictionary<int, int>> parts, Func<IEnumerable<int>, int> join) =>
        positions.ToDictionary(position => position, position => join(parts.Select(part => part.GetValueOrDefault(position))));

    private static async ValueTask<Dictionary<int, int>> ReachedAsync(SearchScope scope, List<(SearchKey Key, int Score)> levels, List<int> positions, CancellationToken ct)
    {
        var scores = new Dictionary<int, int>();
        foreach (var (key, score) in levels)
        {
            List<(int First, int Last)> left = [.. positions.Where(position => !scores.ContainsKey(position)).Select(position => (position, position))];
            if (left.Count == 0)
                break;
            foreach (var position in await MailboxSearch.RunAsync(scope, new AndKey([new PositionsKey(_ => left), key]), ct))
                scores[position] = score;
        }

        return scores;
    }

    private static List<(SearchKey Key, int Score)> Levels(SearchKey key) => key switch
    {
        HeaderKey header => OfText(header, header.Text, text => new HeaderKey(header.Field, text)),
        BodyKey body => OfText(body, body.Text, text => new BodyKey(text)),
        TextKey text => [(InSight(text.Text), Best), .. OfText(text, text.Text, one => new TextKey(one)).Select(level => (level.Key, level.Score * 4 / 5))],
        ReceivedKey received => [(key, Best), .. _days.Select(around => (Around(received.Relation, received.Date, around.Days, (how, date) => new ReceivedKey(how, date)), around.Score))],
        SentKey sent => [(key, Best), .. _days.Select(around => (Around(sent.Relation, sent.Date, around.Days, (how, date) => new SentKey(how, date)), around.Score))],
        LargerKey larger => [(key, Best), (new LargerKey(larger.Size - (larger.Size / 10)), 50)],
        SmallerKey smaller => [(key, Best), (new SmallerKey(smaller.Size > long.MaxValue / 2 ? smaller.Size : smaller.Size + (smaller.Size / 10)), 50)],
        _ => [(key, Best)],
    };

    // What people see in a list of messages.
    private static OrKey InSight(TextPattern text) =>
        new(new HeaderKey("Subject", text), new OrKey(new HeaderKey("From", text), new HeaderKey("To", text)));

    private static List<(SearchKey Key, int Score)> OfText(SearchKey exact, TextPattern text, Func<TextPattern, SearchKey> look)
    {
        var levels = new List<(SearchKey Key, int Score)> { (exact, Best) };
        var words = SimilarWord.WordsOf(text.Text).Take(WordsMax).ToList();
        if (words.Count > 1)
            levels.Add((new AndKey(words.Select(word => look(new TextPattern(word)))), 70));
        if (words.Exists(SimilarWord.MayHaveMistakes))
            levels.Add((new AndKey(words.Select(word => look(SimilarWord.MayHaveMistakes(word) ? new SimilarWord(word) : new TextPattern(word)))), 35));
        return levels;
    }

    private static SearchKey Around(DateRelation relation, DateOnly date, int days, Func<DateRelation, DateOnly, SearchKey> make)
    {
        var earlier = date.DayNumber > days ? date.AddDays(-days) : DateOnly.MinValue;
        var later = DateOnly.MaxValue.DayNumber - date.DayNumber > days ? date.AddDays(days) : DateOnly.MaxValue;
        return relation switch
        {
            DateRelation.Before => make(DateRelation.Before, later),
            DateRelation.Since => make(DateRelation.Since, earlier),
            _ => new AndKey([make(DateRelation.Since, earlier), new NotKey(make(DateRelation.Since, later.AddDays(later == DateOnly.MaxValue ? 0 : 1)))]),
        };
    }
}
