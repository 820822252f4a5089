using Courier.Mailboxes.Index;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.FullText;

/// <summary>The segments of one mailbox as they lie there now, matched with a snapshot. Opened for one search or one round of building, so that
/// nothing of the index stays in memory between them.</summary>
internal sealed class SegmentSet : IDisposable
{
    internal const string Suffix = ".seg";

    private readonly Snapshot _snapshot;
    private readonly List<(Segment Segment, int[] Positions)> _segments = [];

    private SegmentSet(Snapshot snapshot) => (_snapshot, Covered) = (snapshot, new ulong[(snapshot.Count + 63) / 64]);

    /// <summary>One bit for each position whose message is in a segment.</summary>
    internal ulong[] Covered { get; private set; }

    internal IEnumerable<Segment> Segments => _segments.Select(entry => entry.Segment);

    internal static string DirectoryOf(MaildirFolder folder) => folder.Ours + "/text";

    /// <summary>Null where there is no index. What is damaged or of another mailbox's time is removed.</summary>
    internal static SegmentSet? Open(MaildirFolder folder, Snapshot snapshot)
    {
        string[] paths;
        try
        {
            paths = Directory.GetFiles(DirectoryOf(folder), "*" + Suffix);
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }

        var set = new SegmentSet(snapshot);
        foreach (var path in paths)
            set.Add(path);
        set.Cover();
        return set;
    }

    /// <summary>Messages of a segment that the mailbox still has and that no larger segment has.</summary>
    internal int LivingIn(Segment segment) => _segments.Find(entry => ReferenceEquals(entry.Segment, segment)).Positions.Count(position => position >= 0);

    /// <summary>A bit for each position: 0 says that the message does not contain a text with these grams, 1 that it may.</summary>
    internal ulong[] MayContain(int[] grams)
    {
        while (true)
        {
            var may = Array.ConvertAll(Covered, bits => ~bits);
            if (_segments.FirstOrDefault(entry => !TryFind(entry.Segment, entry.Positions, grams, may)).Segment is not { } damaged)
                return may;
            Remove(damaged);
        }
    }

    public void Dispose() => _segments.ForEach(entry => entry.Segment.Dispose());

    private static bool TryFind(Segment segment, int[] positions, int[] grams, ulong[] may)
    {
        try
        {
            var bits = new ulong[(positions.Length + 63) / 64];
            if (!segment.Intersect(grams, bits))
                return true;
            for (var number = 0; number < positions.Length; number++)
            {
                if ((bits[number >> 6] & (1UL << (number & 63))) != 0 && positions[number] is >= 0 and var at)
                    may[at >> 6] |= 1UL << (at & 63);
            }

            return true;
        }
        catch (DamagedSegmentException)
        {
            return false;
        }
    }

    private void Add(string path)
    {
        try
        {
            var segment = Segment.Open(path);
            if (segment.UidValidity == _snapshot.UidValidity.Value)
            {
                _segments.Add((segment, new int[segment.Messages.Length]));
                return;
            }

            segment.Dispose();
        }
        catch (FileNotFoundException)
        {
            return; // Merged by another process since the listing.
        }
        catch (DamagedSegmentException)
        {
        }

        File.Delete(path);
    }

    private void Remove(Segment damaged)
    {
        File.Delete(damaged.Path);
        damaged.Dispose();
        _segments.RemoveAll(entry => ReferenceEquals(entry.Segment, damaged));
        Cover();
    }

    /// <summary>Finds the position of each message; one that several segments have counts for the largest.</summary>
    private void Cover()
    {
        Covered = new ulong[Covered.Length];
        _segments.Sort((left, right) => right.Segment.Messages.Length.CompareTo(left.Segment.Messages.Length));
        foreach (var (segment, positions) in _segments)
        {
            for (var number = 0; number < positions.Length; number++)
            {
                var message = segment.Messages[number];
                var at = _snapshot.IndexOf(new Uid(message.Uid));
                var isKnown = at >= 0 && Crc32C.Of(_snapshot.NameAt(at)) == message.Name && (Covered[at >> 6] & (1UL << (at & 63))) == 0;
                positions[number] = isKnown ? at : -1;
                if (isKnown)
                    Covered[at >> 6] |= 1UL << (at & 63);
            }
        }
    }
}
