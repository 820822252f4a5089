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
}

/// <summary>What a search is to answer with.</summary>
/// <remarks>search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")" ;
/// search-return-opt = "MIN" / "MAX" / "ALL" / "COUNT" (RFC 4731 §3) / "SAVE" (RFC 5182 §4) / "PARTIAL" SP partial-range (RFC 9394 §4)</remarks>
internal sealed record SearchReturn(SearchParts Parts, PartialRange? Partial)
{
    /// <summary>Null where the old form of answer is asked for.</summary>
    public static SearchReturn? Parse(ref ImapParser p)
    {
        if (!p.TryWord("RETURN ("u8))
            return null;
        var (parts, partial) = (SearchParts.None, (PartialRange?)null);
        while (!p.TryByte((byte)')'))
        {
            if (parts != SearchParts.None || partial is not null)
                p.Space();
            switch (p.Name())
            {
                case "MIN": parts |= SearchParts.Min; break;
                case "MAX": parts |= SearchParts.Max; break;
                case "ALL": parts |= SearchParts.All; break;
                case "COUNT": parts |= SearchParts.Count; break;
                case "SAVE": parts |= SearchParts.Save; break;
                case "PARTIAL" when partial is null:
                    p.Space();
                    partial = PartialRange.Parse(ref p);
                    break;
                default: throw new ImapSyntaxException("Unknown option of a search");
            }
        }

        p.Space();
        // RFC 9394 §3.1: one or the other.
        if (partial is not null && (parts & SearchParts.All) != 0)
            throw new ImapSyntaxException("ALL and PARTIAL exclude each other");
        return new(parts == SearchParts.None && partial is null ? SearchParts.All : parts, partial);
    }
}
