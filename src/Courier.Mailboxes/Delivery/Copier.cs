using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Index;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Delivery;

/// <summary>COPY: hard links where the file system allows them, else copies of the bytes by way of tmp/.</summary>
internal sealed class Copier(MailboxState source, MailboxState target)
{
    /// <summary>Rounds of listing when files were renamed meanwhile.</summary>
    private const int MaxRounds = 4;

    internal async ValueTask<CopyResult> CopyAsync(IReadOnlyList<Uid> uids, CancellationToken ct)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            // RFC 3501 §6.4.7: in the order that they have in the source.
            var (sources, arrivals) = Links(uids);
            if (sources.Count == 0)
                return new CopyResult(target.Current.UidValidity, [], []);
            try
            {
                var placed = await new Arrivals(target).LinkAsync(arrivals, ct);
                return new CopyResult(placed.UidValidity, sources, placed.Uids);
            }
            catch (LinkRefusedException e) when (e.IsMissing)
            {
                await ListAgainAsync(ct);
            }
            catch (LinkRefusedException e) when (e.IsForGood)
            {
                break;
            }
        }

        return await CopyByTmpAsync(uids, ct);
    }

    private (List<Uid> Sources, List<Arrival> Arrivals) Links(IReadOnlyList<Uid> uids)
    {
        var snapshot = source.Current;
        List<Uid> sources = [.. uids.Where(uid => snapshot.IndexOf(uid) >= 0).Distinct().Order()];
        return (sources, [.. sources.Select(uid => LinkOf(snapshot, snapshot.IndexOf(uid)))]);
    }

    private Arrival LinkOf(Snapshot snapshot, int index)
    {
        Span<byte> path = stackalloc byte[RawPath.MaxBytes];
        ref readonly var entry = ref snapshot.EntryAt(index);
        var name = snapshot.NameAt(index);
        return ArrivalOf(entry, UniqueName.Next(target.Now) + SizesOf(name)) with { Source = source.Reader.PathOf(path, entry, name).ToArray() };
    }

    private Arrival ArrivalOf(in Entry entry, string name) => new(name, entry.Flags, source.Tables.Keywords[entry.KeywordSet], entry.Size, entry.Date);

    private async ValueTask ListAgainAsync(CancellationToken ct) => await source.ChangeAsync(() =>
    {
        source.ScanAgain();
        return true;
    }, ct);

    private async ValueTask<CopyResult> CopyByTmpAsync(IReadOnlyList<Uid> uids, CancellationToken ct)
    {
        var staged = new Dictionary<Uid, Arrival>();
        try
        {
            var left = uids;
            for (var round = 0; left.Count > 0 && round < MaxRounds; round++)
            {
                if (round > 0)
                    await ListAgainAsync(ct);
                left = Stage(left, staged);
            }

            var sources = uids.Where(staged.ContainsKey).Distinct().Order().ToList();
            if (sources.Count == 0)
                return new CopyResult(target.Current.UidValidity, [], []);
            var placed = await new Arrivals(target).PlaceAsync([.. sources.Select(uid => staged[uid])], ct);
            return new CopyResult(placed.UidValidity, sources, placed.Uids);
        }
        catch
        {
            new Arrivals(target).Discard(staged.Values.Select(arrival => arrival.Name));
            throw;
        }
    }

    /// <summary>Returns those whose file was not where the snapshot says.</summary>
    private List<Uid> Stage(IReadOnlyList<Uid> uids, Dictionary<Uid, Arrival> staged)
    {
        var snapshot = source.Current;
        var left = new List<Uid>();
        foreach (var uid in uids)
        {
            var index = snapshot.IndexOf(uid);
            if (index < 0 || staged.ContainsKey(uid))
                continue;
            if (TryStage(snapshot, index) is { } arrival)
                staged.Add(uid, arrival);
            else
                left.Add(uid);
        }

        return left;
    }

    private Arrival? TryStage(Snapshot snapshot, int index)
    {
        Span<byte> from = stackalloc byte[RawPath.MaxBytes];
        Span<byte> to = stackalloc byte[RawPath.MaxBytes];
        ref readonly var entry = ref snapshot.EntryAt(index);
        var name = snapshot.NameAt(index);
        var path = source.Reader.PathOf(from, entry, name);
        var copy = UniqueName.Next(target.Now) + SizesOf(name);
        var copyPath = RawPath.Join(to, target.Folder.TmpSlash, Encoding.UTF8.GetBytes(copy), default);
        const int noEntry = 2, crossesDevice = 18, notPermitted = 1, tooManyLinks = 31;
        var error = RawFile.Link(path, copyPath);
        if (error is crossesDevice or notPermitted or tooManyLinks)
            error = CopyBytes(path, copyPath) ? 0 : noEntry;
        if (error == noEntry)
            // Either end may be missing. Ours is made again; the other is looked for by the next round.
            Directory.CreateDirectory(target.Folder.Tmp);
        else if (error != 0)
            throw new IOException($"link {Encoding.UTF8.GetString(path)}: error {error}", error);
        return error == 0 ? ArrivalOf(entry, copy) : null;
    }

    /// <summary>What the source's name says of sizes, for the copy's.</summary>
    private static string SizesOf(ReadOnlySpan<byte> name)
    {
        var size = FileName.Figure(name, FileName.SizeKey);
        var wire = FileName.Figure(name, FileName.WireSizeKey);
        return (size >= 0 ? $",S={size}" : "") + (wire >= 0 ? $",W={wire}" : "");
    }

    private static bool CopyBytes(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (RawFile.TryRead(from, 0, out var length) is not { } bytes || !FileStatus.TryGet(from, out var status))
            return false;
        var path = Encoding.UTF8.GetString(to[..^1]);
        RawFile.Write(path, bytes.AsSpan(0, length));
        System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        File.SetLastWriteTimeUtc(path, DateTimeOffset.UnixEpoch.AddTicks(status.ModifiedNanoseconds / 100).UtcDateTime);
        return true;
    }
}
