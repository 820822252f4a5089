using Courier.Mailboxes.Sorting;

namespace Courier.Imap.Grammar;

/// <summary>sort-criteria = "(" sort-criterion *(SP sort-criterion) ")" ; sort-criterion = ["REVERSE" SP] sort-key (RFC 5256 §5, RFC 5957 §4, RFC 6203 §7)</summary>
internal static class SortCriteria
{
    // There are ten keys; naming one twice changes nothing.
    private const int CriteriaMax = 32;

    public static List<SortCriterion> Parse(ref ImapParser p)
    {
        p.Expect((byte)'(', "Expected a list of sort keys");
        var criteria = new List<SortCriterion>();
        do
        {
            if (criteria.Count == CriteriaMax)
                throw new ImapSyntaxException("Too many sort keys");
            var isReverse = p.TryWord("REVERSE "u8);
            criteria.Add(new(Key(p.Name()), isReverse));
        }
        while (p.TrySpace());
        p.Expect((byte)')', "The list of sort keys is not closed");
        return criteria;
    }

    public static bool AsksScores(IEnumerable<SortCriterion> criteria) => criteria.Any(criterion => criterion.By == SortBy.Relevancy);

    private static SortBy Key(string name) => name switch
    {
        "ARRIVAL" => SortBy.Arrival,
        "CC" => SortBy.Cc,
        "DATE" => SortBy.Date,
        "FROM" => SortBy.From,
        "SIZE" => SortBy.Size,
        "SUBJECT" => SortBy.Subject,
        "TO" => SortBy.To,
        "DISPLAYFROM" => SortBy.DisplayFrom,
        "DISPLAYTO" => SortBy.DisplayTo,
        "RELEVANCY" => SortBy.Relevancy,
        _ => throw new ImapSyntaxException("Unknown sort key"),
    };
}
