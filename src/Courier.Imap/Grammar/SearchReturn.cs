namespace Courier.Imap.Grammar;

/// <summary>Parts of an ESEARCH response.</summary>
[Flags]
internal enum SearchParts
{
    None = 0,
    Min = 1,
    Max = 2,
    All = 4,
    Count = 8,
    Save = 16,
    Relevancy = 32,
}

/// <summary>What a search is to answer with.</summary>
/// <remarks>search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")" ;
/// search-return-opt = "MIN" / "MAX" / "ALL" / "COUNT" (RFC 4731 §3) / "SAVE" (RFC 5182 §4) / "PARTIAL" SP partial-range (RFC 9394 §4) / "RELEVANCY" (RFC 6203 §7) /
/// "CONTEXT" / "UPDATE" [[SP] "(" fetch-att *(SP fetch-att) ")"] (RFC 5267 §5, RFC 5465 §8)</remarks>
internal sealed record SearchReturn(SearchParts Parts, PartialRange? Partial)
{
    /// <summary>Changes of the result are to be told (RFC 5267 §4.3).</summary>
    public bool Updates { get; init; }

    /// <summary>What to fetch of messages that come to the result (RFC 5465 §7).</summary>
    public FetchItems? UpdateItems { get; init; }

    public bool AsksScores => (Parts & SearchParts.Relevancy) != 0;

    /// <summary>SAVE alone is silent (RFC 5182 §2.1).</summary>
    public bool IsSilent => this is { Parts: SearchParts.Save, Partial: null, Updates: false };

    /// <summary>Null where the old form of answer is asked for.</summary>
    public static SearchReturn? Parse(ref ImapParser p)
    {
        if (!p.TryWord("RETURN ("u8))
            return null;
        var (parts, partial, updates, items) = (SearchParts.None, (PartialRange?)null, false, (FetchItems?)null);
        var (isFirst, isHint) = (true, false);
        while (!p.TryByte((byte)')'))
        {
            if (!isFirst)
                p.Space();
            isFirst = false;
            switch (p.Name())
            {
                case "MIN": parts |= SearchParts.Min; break;
                case "MAX": parts |= SearchParts.Max; break;
                case "ALL": parts |= SearchParts.All; break;
                case "COUNT": parts |= SearchParts.Count; break;
                case "SAVE": parts |= SearchParts.Save; break;
                case "RELEVANCY": parts |= SearchParts.Relevancy; break;
                case "PARTIAL" when partial is null:
                    p.Space();
                    partial = PartialRange.Parse(ref p);
                    break;
                case "CONTEXT": isHint = true; break; // §4.2: results are kept for as long as they are cheap anyway
                case "UPDATE":
                    updates = true;
                    if (p.Rest.StartsWith(" ("u8))
                        p.Space();
                    items = p.Next((byte)'(') ? FetchItems.Parse(ref p) : null;
                    break;
                default: throw new ImapSyntaxException("Unknown option of a search");
            }
        }

        p.Space();
        // RFC 9394 §3.1: one or the other.
        if (partial is not null && (parts & SearchParts.All) != 0)
            throw new ImapSyntaxException("ALL and PARTIAL exclude each other");
        var isEmpty = parts == SearchParts.None && partial is null && !updates && !isHint;
        return new(isEmpty ? SearchParts.All : parts, partial) { Updates = updates, UpdateItems = items };
    }
}
