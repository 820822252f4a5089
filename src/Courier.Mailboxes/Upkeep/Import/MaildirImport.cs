using System.Security.Cryptography;
using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Delivery;
using Courier.Mailboxes.Index;
using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Sharing;

namespace Courier.Mailboxes.Upkeep;

/// <summary>Brings a folder of another Maildir into a mailbox: flags, keywords, dates, and where the mailbox is new its UIDs too, so that clients download nothing
/// again. Copies are gathered in <c>courier/importing/</c>, which a second run goes on with, and then appear all at once.</summary>
internal sealed class MaildirImport(MailboxState state, MaildirFolder source)
{
    private const int BatchMessages = 1000;

    private readonly string _staging = state.Folder.Ours + "/importing";

    internal async ValueTask<(int Imported, int Known, bool KeptUids)> RunAsync(CancellationToken ct)
    {
        var snapshot = await state.RefreshAsync(ct);
        var record = new ImportRecord(state.Folder);
        var files = Files().ToList();
        // A run that was killed after the files appeared has left no record of them: they have the names that they had there.
        var present = new HashSet<string>(StringComparer.Ordinal);
        foreach (var directory in (string[])[state.Folder.Cur, state.Folder.New, state.Folder.Expunged])
            present.UnionWith(ExpungedMessages.FilesIn(directory).Select(file => file.Name.Split(':')[0]));
        var wanted = files.Where(file => !record.Has(file.Key) && !present.Contains(file.Base)).ToList();
        if (wanted.Count == 0)
        {
            // What a run that was killed at its very end has left.
            if (Directory.Exists(_staging))
                Directory.Delete(_staging, recursive: true);
            return (0, files.Count, false);
        }

        Directory.CreateDirectory(_staging, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var file in wanted)
        {
            ct.ThrowIfCancellationRequested();
            Copy(file);
        }

        Sync();
        var keeps = snapshot.Count == 0 && snapshot.UidNext.Value == 1 && OtherServers.ReadUids(source, OtherServer.None) is { } list && await TryKeepUidsAsync(list, wanted, ct);
        if (!keeps)
            await PlaceAsync(wanted, record, ct);
        else
            record.Add([.. wanted.Select(file => file.Key)]);
        Directory.Delete(_staging, recursive: true);
        return (wanted.Count, files.Count - wanted.Count, keeps);
    }

    /// <summary>Copies of which the disk may not have all are made anew: a second run takes one by its size.</summary>
    private void Sync()
    {
        try
        {
            SyncBatch.Sync(Directory.GetFiles(_staging), [_staging]);
        }
        catch (IOException)
        {
            Directory.Delete(_staging, recursive: true);
            throw;
        }
    }

    private IEnumerable<SourceFile> Files()
    {
        var uids = OtherServers.ReadUids(source, OtherServer.None);
        var letters = OtherServers.ReadKeywords(source);
        var keywords = Directory.Exists(source.Keywords) ? new KeywordFiles(source).Peek() : [];
        return ((string, byte[])[])[(source.Cur, source.CurSlash), (source.New, source.NewSlash)] is var directories
            ? directories.SelectMany(directory => ExpungedMessages.FilesIn(directory.Item1).Where(file => !file.Name.StartsWith('.')).Select(file => FileOf(directory.Item2, file.Name, file.Status)))
                .OrderBy(file => file.Uid == 0).ThenBy(file => file.Uid).ThenBy(file => file.Base, StringComparer.Ordinal)
            : [];

        SourceFile FileOf(byte[] directory, string name, FileStatus status)
        {
            var bytes = Encoding.Latin1.GetBytes(name);
            var key = Encoding.Latin1.GetString(FileName.BaseOf(bytes));
            var words = keywords.GetValueOrDefault(key, []).ToList();
            foreach (var letter in FileName.LettersOf(bytes))
            {
                if (letter is >= (byte)'a' and <= (byte)'z' && letters?[letter - 'a'] is { } keyword && !words.Contains(keyword, StringComparer.OrdinalIgnoreCase))
                    words.Add(keyword);
            }

            return new SourceFile(directory, name, key, FileName.FlagsOf(FileName.LettersOf(bytes)), words, uids?.UidOf(key) ?? 0, status);
        }
    }

    private void Copy(SourceFile file)
    {
        var target = StagedPath(file);
        if (FileStatus.TryGet(target, out var there) && there.Size == file.Status.Size)
            return;
        // Renamed for a flag since it was listed: the next run finds it.
        if (RawFile.TryRead(file.Path, file.Status.Size, out var length) is not { } bytes)
            return;
        var partial = $"{_staging}/{UniqueName.Next()}.part";
        RawFile.Write(partial, bytes.AsSpan(0, length));
        System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        File.SetLastWriteTimeUtc(partial, DateTime.UnixEpoch.AddTicks(file.Status.ModifiedNanoseconds / 100));
        RawFile.TryRename(Encoding.UTF8.GetBytes(partial + "\0"), target);
    }

    /// <summary>Under the lock: the list first, then the files, so that the next listing gives them the UIDs that they had.</summary>
    private ValueTask<bool> TryKeepUidsAsync(UidList list, List<SourceFile> files, CancellationToken ct) => state.ChangeAsync(() =>
    {
        using var only = state.TakeLock();
        state.ReadUids();
        if (state.Current.Count > 0 || state.Uids.UidNext != 1 || state.Pending.Count > 0)
            return false;
        state.BeginWith(list);
        new UidlFile(state.Folder).Write(OtherServers.ReadUidls(source));
        long bytes = 0;
        foreach (var file in files)
        {
            if (file.Keywords.Count > 0)
                state.Keywords.Write(file.BaseBytes, file.Keywords);
            if (RawFile.TryRename(StagedPath(file), RawPath.Join(new byte[RawPath.MaxBytes], state.Folder.CurSlash, file.BaseBytes, Encoding.ASCII.GetBytes(FileName.Suffix(file.Flags, default)))))
                bytes += file.Status.Size;
        }

        DurableFile.FlushDirectory(state.Folder.Cur);
        MaildirSize.Add(state.Main.Path, bytes, files.Count);
        state.ReadPending();
        return true;
    }, ct);

    private async ValueTask PlaceAsync(List<SourceFile> files, ImportRecord record, CancellationToken ct)
    {
        foreach (var batch in files.Chunk(BatchMessages))
        {
            var arrivals = batch.Select(Arrive).OfType<Arrival>().ToList();
            try
            {
                if (arrivals.Count > 0)
                    await new Arrivals(state).PlaceAsync(arrivals, ct);
            }
            catch
            {
                new Arrivals(state).Discard(arrivals.Select(arrival => arrival.Name));
                throw;
            }

            record.Add([.. batch.Select(file => file.Key)]);
        }
    }

    /// <summary>Into tmp/ under a name that holds its key.</summary>
    private Arrival? Arrive(SourceFile file)
    {
        var wire = FileName.Figure(file.BaseBytes, FileName.WireSizeKey);
        var name = $"{ImportRecord.NameOf(file.Key, state.Now)},S={file.Status.Size}" + (wire >= 0 ? $",W={wire}" : "");
        return RawFile.TryRename(StagedPath(file), Encoding.UTF8.GetBytes($"{state.Folder.Tmp}/{name}\0"))
            ? new Arrival(name, file.Flags, [.. file.Keywords], wire is >= 0 and < Entry.UnknownSize ? (uint)wire : Entry.UnknownSize, file.Status.ModifiedNanoseconds / 1_000_000_000)
            : null;
    }

    private byte[] StagedPath(SourceFile file) => RawPath.Join(new byte[RawPath.MaxBytes], Encoding.UTF8.GetBytes(_staging + "/"), file.BaseBytes, default).ToArray();

    private sealed record SourceFile(byte[] Directory, string Name, string Base, MessageFlags Flags, IReadOnlyList<string> Keywords, uint Uid, FileStatus Status)
    {
        internal byte[] BaseBytes { get; } = Encoding.Latin1.GetBytes(Base);

        internal byte[] Path => RawPath.Join(new byte[RawPath.MaxBytes], Directory, Encoding.Latin1.GetBytes(Name), default).ToArray();

        /// <summary>By which a second run knows it.</summary>
        internal string Key { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes($"{Base}\0{Status.Size}")).AsSpan(0, 16));
    }
}
