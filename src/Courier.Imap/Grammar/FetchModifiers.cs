using Courier.Mailboxes;

namespace Courier.Imap.Grammar;

/// <summary>What restricts a FETCH beyond its set.</summary>
/// <remarks>fetch-modifier = "CHANGEDSINCE" SP mod-sequence / "VANISHED" (RFC 7162 §7) / "PARTIAL" SP partial-range (RFC 9394 §4)</remarks>
internal sealed record FetchModifiers(ModSeq? ChangedSince, bool SaysVanished, PartialRange? Partial)
{
    public static FetchModifiers None { get; } = new(null, false, null);

    public static FetchModifiers Parse(ref ImapParser p, Numbering numbering)
    {
        if (!p.TrySpace())
            return None;
        var modifiers = None;
        p.Expect((byte)'(', "Expected a list of modifiers");
        do
        {
            switch (p.Name())
            {
                case "CHANGEDSINCE" when modifiers.ChangedSince is null:
                    p.Space();
                    modifiers = modifiers with { ChangedSince = p.ModSeq() };
                    break;
                case "VANISHED" when numbering == Numbering.Uid: // RFC 7162 §3.2.6
                    modifiers = modifiers with { SaysVanished = true };
                    break;
                case "PARTIAL" when modifiers.Partial is null:
                    p.Space();
                    modifiers = modifiers with { Partial = PartialRange.Parse(ref p) };
                    break;
                default:
                    throw new ImapSyntaxException("Unknown modifier");
            }
        }
        while (p.TrySpace());
        p.Expect((byte)')', "The list of modifiers is not closed");
        return modifiers is { SaysVanished: true, ChangedSince: null } ? throw new ImapSyntaxException("VANISHED takes CHANGEDSINCE") : modifiers;
    }

    /// <summary>The positions that are left of those that the set named: first so many, then of them what has changed (RFC 9394 §3.4).</summary>
    public List<PositionRange> Restrict(SelectedMailbox selected, List<PositionRange> positions)
    {
        if (Partial is { } partial)
            positions = Cut(positions, partial);
        return ChangedSince is { } since ? Changed(selected, positions, since) : positions;
    }

    private static List<PositionRange> Changed(SelectedMailbox selected, List<PositionRange> positions, ModSeq since)
    {
        var changed = new List<PositionRange>();
        foreach (var (first, last) in positions)
        {
            for (var position = first; position <= last; position++)
            {
                if (selected.RecordAt(position).ModSeq.Value <= since.Value)
                    continue;
                if (changed.Count > 0 && changed[^1].Last == position - 1)
                    changed[^1] = new(changed[^1].First, position);
                else
                    changed.Add(new(position, position));
            }
        }

        return changed;
    }

    private static List<PositionRange> Cut(List<PositionRange> positions, PartialRange partial)
    {
        var (start, length) = partial.Of(SequenceSet.Count(positions));
        var cut = new List<PositionRange>();
        foreach (var (first, last) in positions)
        {
            var count = last - first + 1;
            var skipped = Math.Min(start, count);
            var taken = Math.Min(length, count - skipped);
            if (taken > 0)
                cut.Add(new(first + skipped, first + skipped + taken - 1));
            (start, length) = (start - skipped, length - taken);
        }

        return cut;
    }
}
