using System.Collections.Immutable;
using System.Text;
using Courier.IO.Files;
using Courier.IO.Platform;
using Courier.Mailboxes.Index;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Delivery;

/// <summary>A message that lies in a mailbox's tmp/, or as a file of another mailbox, and is to appear in cur/. Its name becomes its base name.</summary>
internal sealed record Arrival(string Name, MessageFlags Flags, ImmutableArray<string> Keywords, uint Size, long Date)
{
    internal byte[] NameBytes { get; } = Encoding.UTF8.GetBytes(Name);

    /// <summary>The path (<see cref="RawPath"/>) of the file that it becomes another link of; null where it lies in tmp/.</summary>
    internal byte[]? Source { get; init; }

    /// <summary>As it stands in the list of UIDs.</summary>
    internal string Key => Encoding.Latin1.GetString(NameBytes);
}

/// <summary>Puts staged messages into a mailbox, all or none: what APPEND and COPY have in common.</summary>
/// <remarks>What is staged. The order, and what each step is for: (1) write the files into tmp/, outside the gate; (2) one sync: their content is on the disk;
/// (3) under gate and lock file: give UIDs, write keywords, rename into cur/, write the UIDs down, publish; (4) sync cur/: the names are on the disk.
/// Then the caller may answer. Without step 2 a power cut could leave empty messages, without 4 none that were acknowledged. Several are
/// entered in a journal before the first is renamed (<see cref="PlacementJournal"/>), so that a crash in step 3 or 4 leaves all of them.
/// What is another link of a file on the same file system needs no staging: (1) under gate and lock file a journal that takes all back, on the disk; UIDs,
/// keywords, the links into cur/, the UIDs written down; the journal removed; published; (2) one sync makes contents, names and that removal durable.</remarks>
internal sealed class Arrivals(MailboxState state)
{
    internal async ValueTask<Placed> PlaceAsync(IReadOnlyList<Arrival> arrivals, CancellationToken ct)
    {
        await state.Store.Syncs.SyncFilesAsync([.. arrivals.Select(arrival => $"{state.Folder.Tmp}/{arrival.Name}")]);
        PlacementJournal? journal = null;
        try
        {
            var placed = await state.ChangeAsync(() => Place(arrivals, ref journal), ct);
            await state.Store.Syncs.SyncNamesAsync(state.Folder.Cur);
            journal?.Remove();
            return placed;
        }
        finally
        {
            state.Placements.Leave(journal);
        }
    }

    /// <summary>The same for files of other mailboxes.</summary>
    /// <exception cref="LinkRefusedException">One of them cannot be linked; none is there.</exception>
    internal async ValueTask<Placed> LinkAsync(IReadOnlyList<Arrival> arrivals, CancellationToken ct)
    {
        PlacementJournal? journal = null;
        var placed = await state.ChangeAsync(() => Place(arrivals, ref journal), ct);
        if (arrivals.Count > 1)
        {
            await state.Store.Syncs.SyncAllAsync(state.Folder.Cur);
            return placed;
        }

        await state.Store.Syncs.SyncFilesAsync([$"{state.Folder.Cur}/{arrivals[0].Name}{TailOf(arrivals[0])}"]);
        await state.Store.Syncs.SyncNamesAsync(state.Folder.Cur);
        return placed;
    }

    /// <summary>What was staged and will not be placed.</summary>
    internal void Discard(IEnumerable<string> names)
    {
        foreach (var name in names)
            File.Delete($"{state.Folder.Tmp}/{name}");
    }

    private Placed Place(IReadOnlyList<Arrival> arrivals, ref PlacementJournal? journal)
    {
        if (state.IsGone)
            throw new DirectoryNotFoundException(state.Folder.Path);
        var isInStep = state.IsInStep();
        using var only = state.TakeLock();
        state.ReadUids();
        if (state.Pending.Count > 0)
        {
            // Another process of ours gave UIDs to files that we have not listed: they go before these.
            state.ReadPending();
            isInStep = false;
        }

        var basis = state.Current;
        var editor = new SnapshotEditor(basis);
        var uid = state.Uids.Give(arrivals.Count);
        var modSeq = state.NextModSeq();
        var done = 0;
        try
        {
            foreach (var arrival in arrivals)
            {
                if (!arrival.Keywords.IsDefaultOrEmpty)
                    state.Keywords.Write(arrival.NameBytes, arrival.Keywords);
            }

            if (arrivals.Count > 1)
                journal = Enter(arrivals);
            foreach (var arrival in arrivals)
            {
                Show(arrival, isInStep);
                editor.Add(EntryOf(arrival, uid + (uint)done, modSeq), arrival.NameBytes);
                done++;
            }

            state.AddUids([.. arrivals.Select((arrival, i) => (uid + (uint)i, arrival.Key))]);
            if (arrivals[0].Source is not null)
                journal?.Remove();
        }
        catch
        {
            journal?.Undo();
            TakeBack(arrivals, done);
            journal?.Remove();
            state.Watcher.MarkDirty();
            throw;
        }

        for (var i = 0; i < arrivals.Count; i++)
            state.Names?.Add(arrivals[i].NameBytes, uid + (uint)i);
        var stamp = isInStep && state.Folder.Times() is { } times ? state.StampNow(times) : state.Stamp;
        state.Publish(editor.Finish(basis.UidValidity.Value, state.Uids.UidNext, modSeq), stamp);
        MaildirSize.Add(state.Main.Path, arrivals.Sum(arrival => FileName.Figure(arrival.NameBytes, FileName.SizeKey)), arrivals.Count);
        return new Placed(basis.UidValidity, [.. Enumerable.Range(0, arrivals.Count).Select(i => new Uid(uid + (uint)i))]);
    }

    private Entry EntryOf(Arrival arrival, uint uid, long modSeq) => new()
    {
        Uid = uid,
        Flags = arrival.Flags,
        Tail = TailTable.OfFlags(arrival.Flags),
        Place = Index.Place.Unclaimed,
        KeywordSet = arrival.Keywords.IsDefaultOrEmpty ? 0 : state.Tables.Keywords.IdOf(arrival.Keywords.AsSpan()),
        Size = arrival.Size,
        Date = arrival.Date,
        ModSeq = modSeq,
    };

    private PlacementJournal Enter(IReadOnlyList<Arrival> arrivals)
    {
        List<(string, string)> names = [.. arrivals.Select(arrival => (arrival.Name, arrival.Name + TailOf(arrival)))];
        return arrivals[0].Source is null ? state.Placements.Enter(names) : PlacementJournal.WriteUndo(state.Folder, names);
    }

    private void Show(Arrival arrival, bool announces)
    {
        Span<byte> from = stackalloc byte[RawPath.MaxBytes];
        Span<byte> to = stackalloc byte[RawPath.MaxBytes];
        var tail = state.Tables.Tails[TailTable.OfFlags(arrival.Flags)];
        if (announces)
            state.Watcher.Expect(inNew: false, arrival.Source is null ? DirectoryEvents.MovedTo : DirectoryEvents.Created, arrival.NameBytes, tail);
        if (arrival.Source is { } source)
        {
            if (RawFile.Link(source, RawPath.Join(to, state.Folder.CurSlash, arrival.NameBytes, tail)) is not 0 and var error)
                throw new LinkRefusedException(error);
            return;
        }

        if (!RawFile.TryRename(
            RawPath.Join(from, state.Folder.TmpSlash, arrival.NameBytes, default),
            RawPath.Join(to, state.Folder.CurSlash, arrival.NameBytes, tail)))
            throw new FileNotFoundException("A staged message is gone", arrival.Name);
    }

    private string TailOf(Arrival arrival) => Encoding.ASCII.GetString(state.Tables.Tails[TailTable.OfFlags(arrival.Flags)]);

    private void TakeBack(IReadOnlyList<Arrival> arrivals, int done)
    {
        Span<byte> path = stackalloc byte[RawPath.MaxBytes];
        for (var i = 0; i < done; i++)
        {
            var tail = state.Tables.Tails[TailTable.OfFlags(arrivals[i].Flags)];
            _ = RawFile.TryDelete(RawPath.Join(path, state.Folder.CurSlash, arrivals[i].NameBytes, tail));
        }
    }
}
