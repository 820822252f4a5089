using Courier.Mailboxes;

namespace Courier.Imap.Responses;

/// <summary>VANISHED (EARLIER): UIDs that the client asked about and that are not there (RFC 7162 §3.2.10.1).</summary>
/// <remarks>We keep no list of what went when, which §3.2.5.2 allows: every UID is named that is not there any more, whatever the
/// mod-sequence. So nothing can be missed, also after the index was lost; what the client tells of its numbers makes the list short.</remarks>
internal static class Vanished
{
    /// <summary>Says which of these UIDs are not in the snapshot, if any.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="asked">Ranges of UIDs, ascending.</param>
    /// <param name="snapshot">What there is.</param>
    /// <param name="known">Up to here the client knows what is gone.</param>
    public static void WriteEarlier(ImapWriter writer, IReadOnlyList<(uint First, uint Last)> asked, MailboxSnapshot snapshot, Uid known)
    {
        var isFirst = true;
        foreach (var (first, last) in asked)
        {
            var low = Math.Max(first, known.Value + 1);
            var high = Math.Min(last, snapshot.UidNext.Value - 1);
            var position = snapshot.IndexOf(new(low));
            position = position < 0 ? ~position : position;
            while (low <= high)
            {
                var next = position < snapshot.Count ? snapshot.UidAt(position).Value : uint.MaxValue;
                if (next > low)
                    Range(writer, low, Math.Min(high, next - 1), ref isFirst);
                if (next >= high)
                    break;
                low = next + 1;
                position++;
            }
        }

        if (!isFirst)
            writer.Line();
    }

    private static void Range(ImapWriter writer, uint first, uint last, ref bool isFirst)
    {
        writer.Raw(isFirst ? "* VANISHED (EARLIER) "u8 : ","u8);
        isFirst = false;
        writer.Number(first);
        if (last == first)
            return;
        writer.Raw(":"u8);
        writer.Number(last);
    }
}
