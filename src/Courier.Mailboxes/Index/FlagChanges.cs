using Courier.IO.Files;
using Courier.IO.Platform;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Index;

/// <summary>STORE, EXPUNGE and the claim of \Recent: renames of files that are there. Nothing is synced: a flag that a power cut takes back is a
/// flag, not mail, and Courier and Dovecot do the same.</summary>
/// <remarks>A file that is not where we think was renamed by another program: list, and try again with what it is called now.
/// All methods run under the gate.</remarks>
internal sealed class FlagChanges(MailboxState state)
{
    /// <summary>Rounds of listing and trying again before a message counts as gone.</summary>
    private const int MaxRounds = 4;

    /// <summary>Messages that are claimed before the snapshot shows it: the entries of so many are in memory twice.</summary>
    private const int MaxBatch = 32 * 1024;

    /// <summary>Up to here renames are announced to the watch one by one; for more it looks away, and one listing finds them.</summary>
    private const int MaxAnnounced = 64;

    /// <summary>Returns the UIDs that do not exist.</summary>
    internal List<Uid> Store(IReadOnlyList<Uid> uids, FlagChange change)
    {
        var left = uids;
        var gone = new List<Uid>();
        for (var round = 0; ; round++)
        {
            gone.Clear();
            left = Round(left, gone, (editor, index, announces) => TryStore(editor, index, change, announces));
            if (left.Count == 0)
                return gone;
            if (round == MaxRounds)
                return [.. gone, .. left];
            state.ScanAgain();
        }
    }

    /// <summary>Moves what lies in new/ to cur/. Returns what was \Recent.</summary>
    internal List<Uid> Claim()
    {
        var claimed = new List<Uid>(Math.Min(state.Current.UnclaimedCount, MaxBatch));
        var misses = 0;
        while (misses < MaxRounds && Unclaimed() is { Count: > 0 } unclaimed)
        {
            var left = Round(unclaimed, [], TryClaim);
            state.Tidy(unclaimed.Count);
            if (left.Count == 0)
            {
                claimed.AddRange(unclaimed);
                continue;
            }

            claimed.AddRange(unclaimed.Except(left));
            misses++;
            if (misses < MaxRounds)
                state.ScanAgain();
        }

        claimed.Sort(static (left, right) => left.CompareTo(right));
        return claimed;
    }

    /// <summary>The first of them: so many are copied before the others are.</summary>
    private List<Uid> Unclaimed()
    {
        var snapshot = state.Current;
        var unclaimed = new List<Uid>(Math.Min(snapshot.UnclaimedCount, MaxBatch));
        foreach (var chunk in snapshot.Chunks)
        {
            if (chunk.Unclaimed == 0)
                continue;
            foreach (ref readonly var entry in chunk.Entries)
            {
                if (entry.IsUnclaimed && unclaimed.Count < MaxBatch)
                    unclaimed.Add(new Uid(entry.Uid));
            }

            if (unclaimed.Count == MaxBatch)
                break;
        }

        return unclaimed;
    }

    /// <summary>Removes messages: to <c>courier/expunged/</c>, or for good.</summary>
    internal List<Uid> Expunge(IReadOnlyList<Uid>? only, bool evenUndeleted = false, bool keep = true)
    {
        // A rename into a directory that somebody removed would look like a message that is gone.
        if (keep)
            state.Folder.MakeOurs();
        var expunged = new List<Uid>();
        var left = only ?? Deleted();
        long bytes = 0;
        for (var round = 0; left.Count > 0 && round < MaxRounds; round++)
        {
            if (round > 0)
                state.ScanAgain();
            left = Round(left, [], (editor, index, announces) =>
            {
                ref readonly var entry = ref editor.Basis.EntryAt(index);
                if (!evenUndeleted && (entry.Flags & MessageFlags.Deleted) == 0)
                    return true;
                var name = editor.Basis.NameAt(index);
                if (!TryRemove(entry, name, keep, announces))
                    return false;
                bytes += Math.Max(0, FileName.Figure(name, FileName.SizeKey));
                if (entry.KeywordSet != 0)
                    state.Keywords.Forget(name);
                state.Reader.Remember(new Uid(entry.Uid), name);
                expunged.Add(new Uid(entry.Uid));
                editor.Remove(index);
                return true;
            });
        }

        MaildirSize.Add(state.Main.Path, -bytes, -expunged.Count);
        return expunged;
    }

    private List<Uid> Deleted()
    {
        var snapshot = state.Current;
        var deleted = new List<Uid>();
        for (var i = 0; i < snapshot.Count; i++)
        {
            if ((snapshot.FlagsAt(i) & MessageFlags.Deleted) != 0)
                deleted.Add(snapshot.UidAt(i));
        }

        return deleted;
    }

    /// <summary>Does one thing to each message and publishes what came of it. Returns those whose file was not found; the ones that are in no
    /// snapshot go to <paramref name="gone"/>.</summary>
    private List<Uid> Round(IReadOnlyList<Uid> uids, List<Uid> gone, Func<SnapshotEditor, int, bool, bool> change)
    {
        var basis = state.Current;
        var editor = new SnapshotEditor(basis);
        var left = new List<Uid>();
        var isInStep = uids.Count <= MaxAnnounced && state.IsInStep();
        using var quiet = uids.Count > MaxAnnounced ? state.Watcher.Pause() : null;
        try
        {
            foreach (var uid in uids)
            {
                var index = basis.IndexOf(uid);
                if (index < 0)
                    gone.Add(uid);
                else if (!change(editor, index, isInStep))
                    left.Add(uid);
            }
        }
        catch
        {
            state.Watcher.MarkDirty();
            throw;
        }
        finally
        {
            // Also when the disk failed midway: what was renamed is renamed.
            if (!editor.IsEmpty)
            {
                var stamp = isInStep && state.Folder.Times() is { } times ? state.StampNow(times) : state.Stamp;
                state.Publish(editor.Finish(basis.UidValidity.Value, state.Uids.UidNext, state.NextModSeq()), stamp);
            }
        }

        return left;
    }

    private bool TryStore(SnapshotEditor editor, int index, FlagChange change, bool announces)
    {
        ref readonly var old = ref editor.Basis.EntryAt(index);
        var flags = change.Kind switch
        {
            FlagChangeKind.Add => old.Flags | change.Flags,
            FlagChangeKind.Remove => old.Flags & ~change.Flags,
            _ => change.Flags,
        };
        var set = state.Tables.Keywords.Changed(old.KeywordSet, change.Kind, change.Keywords);
        if (flags == old.Flags && set == old.KeywordSet)
            return true;
        var name = editor.Basis.NameAt(index);
        var changed = old;
        if (flags != old.Flags)
        {
            changed.Flags = flags;
            changed.Tail = state.Tables.Tails.Changed(old.Tail, flags);
            changed.Place &= ~Place.New;
            if (!TryRename(old, changed, name, announces))
                return false;
        }

        if (set != old.KeywordSet)
        {
            state.Keywords.Write(name, state.Tables.Keywords[set]);
            changed.KeywordSet = set;
        }

        changed.ModSeq = state.NextModSeq();
        editor.Change(index) = changed;
        return true;
    }

    private bool TryClaim(SnapshotEditor editor, int index, bool announces)
    {
        ref readonly var old = ref editor.Basis.EntryAt(index);
        var changed = old;
        changed.Place = Place.None;
        if (old.IsNew)
        {
            changed.Tail = old.Tail == 0 ? TailTable.OfFlags(MessageFlags.None) : old.Tail;
            if (!TryRename(old, changed, editor.Basis.NameAt(index), announces))
                return false;
        }

        editor.Change(index) = changed;
        return true;
    }

    private bool TryRename(in Entry old, in Entry changed, ReadOnlySpan<byte> name, bool announces)
    {
        Span<byte> from = stackalloc byte[RawPath.MaxBytes];
        Span<byte> to = stackalloc byte[RawPath.MaxBytes];
        if (announces)
        {
            state.Watcher.Expect(old.IsNew, DirectoryEvents.MovedFrom, name, state.Tables.Tails[old.Tail]);
            state.Watcher.Expect(changed.IsNew, DirectoryEvents.MovedTo, name, state.Tables.Tails[changed.Tail]);
        }

        var done = false;
        try
        {
            return done = RawFile.TryRename(state.Reader.PathOf(from, old, name), state.Reader.PathOf(to, changed, name));
        }
        finally
        {
            if (announces && !done)
            {
                state.Watcher.TakeBack(old.IsNew, DirectoryEvents.MovedFrom, name, state.Tables.Tails[old.Tail]);
                state.Watcher.TakeBack(changed.IsNew, DirectoryEvents.MovedTo, name, state.Tables.Tails[changed.Tail]);
            }
        }
    }

    private bool TryRemove(in Entry entry, ReadOnlySpan<byte> name, bool keep, bool announces)
    {
        Span<byte> from = stackalloc byte[RawPath.MaxBytes];
        Span<byte> to = stackalloc byte[RawPath.MaxBytes];
        var kind = keep ? DirectoryEvents.MovedFrom : DirectoryEvents.Deleted;
        if (announces)
            state.Watcher.Expect(entry.IsNew, kind, name, state.Tables.Tails[entry.Tail]);
        var path = state.Reader.PathOf(from, entry, name);
        var done = false;
        try
        {
            return done = keep
                ? RawFile.TryRename(path, RawPath.Join(to, state.Folder.ExpungedSlash, name, default))
                : RawFile.TryDelete(path);
        }
        finally
        {
            if (announces && !done)
                state.Watcher.TakeBack(entry.IsNew, kind, name, state.Tables.Tails[entry.Tail]);
        }
    }
}
