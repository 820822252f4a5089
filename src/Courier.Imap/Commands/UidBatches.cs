using System.Text;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;

namespace Courier.Imap.Commands;

/// <summary>UIDBATCHES: ranges of UIDs that hold so many messages each, the newest first, for clients that know no sequence numbers.</summary>
/// <remarks>RFC 10022 §3.1: uidbatches = "UIDBATCHES" SP nz-number [SP nz-number ":" nz-number], answered with
/// <c>* UIDBATCHES (TAG "a") 215295:99696,99695:1</c>. The ranges lie side by side, from the highest UID down to 1.</remarks>
internal sealed record UidBatchesCommand(uint Size, (uint First, uint Last)? Batches) : ImapCommand
{
    // RFC 10022 §3.1: smaller ones are not asked for, and more messages than these not at once.
    private const int SizeMin = 500;
    private const long MessagesMax = 100_000;

    public static UidBatchesCommand Parse(ref ImapParser p)
    {
        p.Space();
        var size = p.NonZero();
        if (!p.TrySpace())
        {
            p.End();
            return new(size, null);
        }

        var first = p.NonZero();
        p.Expect((byte)':', "Expected a range of batches");
        var last = p.NonZero();
        p.End();
        return new(size, (first, last));
    }

    public override ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        var limit = session.Limits.MessagesPerCommand;
        if (Size < SizeMin && (limit == 0 || Size < limit))
            return new(Completion.No("TOOFEW", $"A batch has {SizeMin} messages at least"));
        if (Batches is { } range && range.First > range.Last)
            return new(new Completion(CompletionStatus.Bad, "CLIENTBUG", "The batches are counted upwards"));
        if (Batches is { } asked && asked.Last > asked.First && (asked.Last - asked.First + 1L) * Size > MessagesMax)
            return new(Completion.No("TOOMANY", $"At most {MessagesMax} messages at once"));
        // A batch must not be more than one command can take (RFC 9738).
        var size = limit > 0 ? Math.Min(Size, (uint)limit) : Size;
        session.Writer.Raw($"* UIDBATCHES (TAG \"{Encoding.ASCII.GetString(session.Tag)}\")");
        Write(session.Writer, session.Selected!.Announced, size);
        session.Writer.Line();
        return new(Completion.Ok("UIDBATCHES completed"));
    }

    private void Write(ImapWriter writer, MailboxSnapshot snapshot, uint size)
    {
        var (first, last) = Batches ?? (1, uint.MaxValue);
        var isFirst = true;
        for (var batch = (long)first; batch <= last; batch++)
        {
            var top = snapshot.Count - 1 - ((batch - 1) * size);
            if (top < 0)
                return;
            var next = top - size;
            writer.Raw(isFirst ? " "u8 : ","u8);
            writer.Number(batch == 1 ? snapshot.UidAt((int)top).Value : snapshot.UidAt((int)top + 1).Value - 1);
            writer.Raw(":"u8);
            writer.Number(next < 0 ? 1 : snapshot.UidAt((int)next + 1).Value);
            isFirst = false;
        }
    }
}
