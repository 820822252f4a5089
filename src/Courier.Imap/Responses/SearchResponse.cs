using System.Text;
using Courier.Imap.Grammar;

namespace Courier.Imap.Responses;

/// <summary>The answer of a search: SEARCH or SORT with all numbers (RFC 3501 §7.2.5), or ESEARCH with what was asked for (RFC 4731 §3.1).</summary>
internal sealed class SearchResponse(ImapSession session, SelectedMailbox selected, Numbering numbering)
{
    private readonly bool _isByUid = numbering == Numbering.Uid;

    /// <summary><c>* SEARCH 2 84 882 (MODSEQ 5)</c>; <paramref name="name"/> is SEARCH or SORT.</summary>
    public async ValueTask WriteListAsync(string name, List<int> found, bool withModSeq)
    {
        var writer = session.Writer;
        writer.Raw("* ");
        writer.Raw(name);
        writer.IsMidResponse = true;
        foreach (var position in found)
        {
            writer.Raw(" "u8);
            writer.Number(Number(position));
            await writer.FlushIfFullAsync();
        }

        if (withModSeq && found.Count > 0)
            writer.Raw($" (MODSEQ {Highest(found)})");
        writer.Line();
        writer.IsMidResponse = false;
    }

    /// <summary><c>* ESEARCH (TAG "a") UID COUNT 17 ALL 4:18,21</c>. MIN and MAX are the first and the last in the order of the result (RFC 5267 §3).</summary>
    public void WriteExtended(List<int> found, SearchReturn asked, bool withModSeq, IReadOnlyDictionary<int, int>? scores = null, string? mailbox = null)
    {
        var writer = session.Writer;
        writer.Raw($"* ESEARCH (TAG \"{Encoding.ASCII.GetString(session.Tag)}\"");
        if (mailbox is not null)
        {
            // Which of several mailboxes it is that answers (RFC 7377 §2.1).
            writer.Raw(" MAILBOX "u8);
            writer.Mailbox(mailbox);
            writer.Raw($" UIDVALIDITY {selected.Announced.UidValidity}");
        }

        writer.Raw(")"u8);
        if (_isByUid)
            writer.Raw(" UID"u8);
        // What is not there is not said (§3.1), but for the count.
        if (Asks(SearchParts.Min) && found.Count > 0)
            writer.Raw($" MIN {Number(found[0])}");
        if (Asks(SearchParts.Max) && found.Count > 0)
            writer.Raw($" MAX {Number(found[^1])}");
        if (Asks(SearchParts.All) && found.Count > 0)
        {
            writer.Raw(" ALL "u8);
            WriteSet(found);
        }

        if (Asks(SearchParts.Count))
            writer.Raw($" COUNT {found.Count}");
        if (asked.Partial is { } partial)
            WritePartial(found, partial);
        // In the order of the numbers (RFC 6203 §4).
        if (scores is not null && found.Count > 0)
            writer.Raw($" RELEVANCY ({string.Join(' ', Counted(found, asked).Select(position => scores[position]))})");
        if (withModSeq && found.Count > 0)
            writer.Raw($" MODSEQ {Highest(Counted(found, asked))}");
        writer.Line();

        bool Asks(SearchParts part) => (asked.Parts & part) != 0;
    }

    /// <summary>What SAVE keeps: with MIN or MAX alone only those (RFC 5182 §2.4).</summary>
    public void Save(List<int> found, SearchReturn asked)
    {
        var saved = new UidSet();
        foreach (var position in Counted(found, asked).Order())
            saved.Add(selected.Announced.UidAt(position));
        selected.SavedResult = saved;
    }

    private void WritePartial(List<int> found, PartialRange partial)
    {
        var (start, length) = partial.Of(found.Count);
        session.Writer.Raw($" PARTIAL ({partial} ");
        if (length == 0)
            session.Writer.Raw("NIL"u8);
        else
            WriteSet(found.GetRange(start, length));
        session.Writer.Raw(")"u8);
    }

    // RFC 4731 §3.1 and RFC 5267 §3: of the extremes alone, where nothing else is asked for.
    private static IReadOnlyList<int> Counted(List<int> found, SearchReturn asked)
    {
        var (parts, extremes) = (asked.Parts & ~(SearchParts.Save | SearchParts.Relevancy), SearchParts.Min | SearchParts.Max);
        if (asked.Partial is { } partial && (parts & ~extremes) == 0)
            return partial.Of(found.Count) is var (start, length) ? found.GetRange(start, length) : [];
        if (found.Count == 0 || (parts & extremes) == 0 || (parts & ~extremes) != 0)
            return found;
        return parts switch
        {
            SearchParts.Min => [found[0]],
            SearchParts.Max => [found[^1]],
            _ => [found[0], found[^1]],
        };
    }

    // Runs as ranges; a sorted result keeps its order, in which a range counts upwards too (RFC 5267 §3.1).
    private void WriteSet(List<int> found)
    {
        var writer = session.Writer;
        var isFirst = true;
        foreach (var (first, last) in SetText.Runs(found.Select(Number)))
        {
            if (!isFirst)
                writer.Raw(","u8);
            isFirst = false;
            writer.Number(first);
            if (last > first)
            {
                writer.Raw(":"u8);
                writer.Number(last);
            }
        }
    }

    private long Highest(IReadOnlyList<int> found)
    {
        long highest = 0;
        foreach (var position in found)
            highest = Math.Max(highest, selected.RecordAt(position).ModSeq.Value);
        return highest;
    }

    private uint Number(int position) => _isByUid ? selected.Announced.UidAt(position).Value : (uint)position + 1;
}
