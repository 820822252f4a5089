using System.Diagnostics;
using Courier.IO.Files;
using Courier.Mailboxes.Index;
using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Search;

namespace Courier.Mailboxes.FullText;

/// <summary>Brings the full text index of one mailbox up to date: reads the messages that no segment has, writes segments of them, merges small ones.
/// May be broken off anywhere: what was finished counts, the rest is found missing the next time.</summary>
internal sealed class TextIndexBuilder(MailboxState state, TextIndexSettings settings)
{
    /// <summary>More segments than this are merged; each costs a search some reads.</summary>
    private const int MaxSegments = 6;

    /// <summary>Merging a segment that is larger than all smaller ones together by more than this costs more than it saves.</summary>
    private const int MaxGrowth = 3;

    private static readonly TimeSpan WorkSlice = TimeSpan.FromMilliseconds(20);

    private readonly SegmentBuffer _buffer = new();
    private readonly GramSet _grams = new();
    private long _workedSince = Stopwatch.GetTimestamp();

    /// <summary>Messages that were added; null when another process is at it.</summary>
    /// <param name="atLeast">With fewer messages missing nothing is done: scanning them costs next to nothing.</param>
    /// <param name="isPaced">Work a share of the time only.</param>
    /// <param name="ct">Breaks off.</param>
    internal async ValueTask<int?> RunAsync(int atLeast, bool isPaced, CancellationToken ct)
    {
        var directory = SegmentSet.DirectoryOf(state.Folder);
        // UIDs, not a snapshot: this may take minutes, and would keep what has changed meanwhile in memory twice.
        var missing = Missing(state);
        // Another program may have removed the mailbox: it is not made again for its index.
        if (missing.Count < Math.Max(1, atLeast) || !state.Folder.Exists)
            return 0;
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var only = OfdLock.TryTake(directory + "/lock");
        if (only is null)
            return null;
        foreach (var left in Directory.GetFiles(directory, "*" + SegmentWriter.TemporarySuffix))
            File.Delete(left);
        var added = 0;
        try
        {
            foreach (var uid in missing)
            {
                if (await AddAsync(uid, directory, ct))
                    added++;
                if (isPaced)
                    await PaceAsync(ct);
            }
        }
        finally
        {
            // Also when the server stops: what was read need not be read again.
            if (_buffer.MessageCount > 0)
                Flush(directory);
        }

        Merge(state.Current, directory);
        return added;
    }

    private static List<Uid> Missing(MailboxState state)
    {
        var snapshot = state.Current;
        using var segments = SegmentSet.Open(state.Folder, snapshot);
        var missing = new List<Uid>(segments is null ? snapshot.Count : 0);
        for (var position = 0; position < snapshot.Count; position++)
        {
            if (segments is null || (segments.Covered[position >> 6] & (1UL << (position & 63))) == 0)
                missing.Add(snapshot.UidAt(position));
        }

        return missing;
    }

    private async ValueTask<bool> AddAsync(Uid uid, string directory, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (!await TryReadAsync(uid, ct))
            return false;
        var snapshot = state.Current;
        if (snapshot.IndexOf(uid) is not (>= 0 and var position))
            return false;
        if (!_buffer.HasRoomFor(_grams))
            Flush(directory);
        _buffer.Add(new SegmentMessage(uid.Value, Crc32C.Of(snapshot.NameAt(position))), _grams);
        return true;
    }

    private async ValueTask<bool> TryReadAsync(Uid uid, CancellationToken ct)
    {
        try
        {
            using var content = await state.Reader.OpenAsync(uid, ct);
            if (content is null)
                return false;
            _grams.Clear();
            MessageText.CollectGrams(content, _grams);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && state.Folder.Exists)
        {
            // One file that cannot be read must not keep the others out; a search that comes to it tells its client.
            return false;
        }
    }

    private void Flush(string directory) => _buffer.WriteTo(NewPath(directory), state.Current.UidValidity.Value);

    private static string NewPath(string directory) => $"{directory}/{UniqueName.Next()}{SegmentSet.Suffix}";

    private async ValueTask PaceAsync(CancellationToken ct)
    {
        var worked = Stopwatch.GetElapsedTime(_workedSince);
        if (worked < WorkSlice)
            return;
        await Task.Delay(worked * ((1 - settings.Share) / settings.Share), ct);
        _workedSince = Stopwatch.GetTimestamp();
    }

    /// <summary>The small ones, so that a message is written again only as often as the index has doubled; and one that is mostly of messages that went.</summary>
    private void Merge(Snapshot snapshot, string directory)
    {
        using var set = SegmentSet.Open(state.Folder, snapshot);
        if (set is null)
            return;
        var segments = set.Segments.OrderBy(segment => segment.Messages.Length).ToList();
        var merged = segments.Where(segment => set.LivingIn(segment) * 2 < segment.Messages.Length).ToList();
        if (segments.Count > MaxSegments)
        {
            var sum = 0;
            merged.AddRange(segments.Except(merged).TakeWhile((segment, i) =>
            {
                var takes = i < 2 || segment.Messages.Length <= sum * MaxGrowth;
                sum += segment.Messages.Length;
                return takes;
            }).ToList());
        }

        if (merged.Count == 0)
            return;
        SegmentMerger.Merge(merged, message => snapshot.IndexOf(new Uid(message.Uid)) is >= 0 and var at && Crc32C.Of(snapshot.NameAt(at)) == message.Name,
            snapshot.UidValidity.Value, NewPath(directory));
        foreach (var segment in merged)
            File.Delete(segment.Path);
    }
}
