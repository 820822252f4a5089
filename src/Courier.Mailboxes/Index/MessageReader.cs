using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Courier.IO.Files;
using Courier.Mailboxes.Content;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Index;

/// <summary>Opens the files of messages, wherever other programs have renamed them to meanwhile, and keeps what it learns on the way.</summary>
internal sealed class MessageReader(MailboxState state) : IMessageFacts
{
    /// <summary>Times to look a file up again that was renamed between listing and open.</summary>
    private const int MaxLookups = 4;

    /// <summary>Base names of messages that went while the mailbox was open, for sessions that still show them.</summary>
    private const int MaxRemembered = 20_000;

    /// <summary>So few are made one after the other.</summary>
    private const int FewMissing = 8;

    /// <summary>Messages in hand at the same time while forms are made ahead.</summary>
    private const int MaxAhead = 4;

    /// <summary>What is read of a message of which only the header is wanted: most headers end within. A message that is no longer is read as a whole, and all is
    /// made of it on the way.</summary>
    private const int StartBytes = 8 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, byte[]> _gone = [];
    private readonly Queue<uint> _goneInOrder = new();

    internal void Remember(Uid uid, ReadOnlySpan<byte> name)
    {
        lock (_gate)
        {
            if (!_gone.TryAdd(uid.Value, name.ToArray()))
                return;
            _goneInOrder.Enqueue(uid.Value);
            if (_goneInOrder.Count > MaxRemembered)
                _gone.Remove(_goneInOrder.Dequeue());
        }
    }

    /// <summary>The file as it is on disk, in an array of the shared pool; null when it is gone.</summary>
    internal async ValueTask<(byte[] Bytes, int Length)?> ReadAsync(Uid uid, CancellationToken ct)
    {
        for (var lookup = 0; lookup < MaxLookups; lookup++)
        {
            if (!TryRead(state.Current, uid, out var bytes, out var length, out var isListed))
            {
                if (!isListed || state.IsGone)
                    break;
                await state.ChangeAsync(() =>
                {
                    state.ScanAgain();
                    return true;
                }, ct);
                continue;
            }

            return (bytes, length);
        }

        return ReadExpunged(uid);
    }

    /// <summary>The message with CRLF line ends; fills in its size.</summary>
    internal async ValueTask<DiskContent?> OpenAsync(Uid uid, CancellationToken ct)
    {
        if (await ReadAsync(uid, ct) is not { } file)
            return null;
        var content = DiskContent.OfDisk(file.Bytes, file.Length, state.Store.Settings.Mime);
        Fill(uid, content.Bytes.Length);
        return content;
    }

    /// <summary>From memory without waiting when they are known; else made from the message, outside the gate, and kept.</summary>
    internal ValueTask<MessageForms?> FormsAsync(Uid uid, FormsWanted wanted, CancellationToken ct)
    {
        var snapshot = state.Current;
        var index = snapshot.IndexOf(uid);
        if (index >= 0 && Volatile.Read(ref snapshot.EntryAt(index).FormsAt) is var at and not 0 && state.Forms.TryGet(uid.Value, at, out var forms)
            && forms.Has(wanted))
            return new(forms);
        return MakeFormsAsync(uid, wanted, ct);
    }

    /// <summary>From the forms where they have them.</summary>
    internal ValueTask<MessageKeys?> KeysAsync(Uid uid, CancellationToken ct)
    {
        var snapshot = state.Current;
        var index = snapshot.IndexOf(uid);
        if (index >= 0 && Volatile.Read(ref snapshot.EntryAt(index).FormsAt) is var at and not 0 && state.Forms.TryGet(uid.Value, at, out var forms)
            && MessageKeys.Parse(forms.Keys) is { } keys)
            return new(keys);
        return MakeAsync();

        async ValueTask<MessageKeys?> MakeAsync() => await MakeFormsAsync(uid, FormsWanted.OfHeader, ct) is { } made ? MessageKeys.Parse(made.Keys) : null;
    }

    /// <summary>EMAILID and the rest take the whole message: they are made for those who ask, and kept with the forms from then on.</summary>
    internal async ValueTask<MessageFacts?> FactsAsync(Uid uid, CancellationToken ct)
    {
        if (await KeysAsync(uid, ct) is not { } keys)
            return null;
        if (!keys.HasExtras)
        {
            if (await MakeFormsAsync(uid, FormsWanted.OfWhole, ct, withExtras: true) is not { } forms || MessageKeys.Parse(forms.Keys) is not { } made)
                return null;
            keys = made;
        }

        // A message without any identifier is a thread of its own.
        return new MessageFacts(keys.EmailId, keys.Root == 0 ? "T" + keys.EmailId[1..] : string.Create(CultureInfo.InvariantCulture, $"T{keys.Root:x16}"), keys.Preview);
    }

    internal async ValueTask MakeAheadAsync(MailboxSnapshot snapshot, int from, int last, FormsWanted wanted, CancellationToken ct)
    {
        var current = state.Current;
        List<Uid>? missing = null;
        for (var position = from; position <= last; position++)
        {
            var uid = snapshot.UidAt(position);
            if (current.IndexOf(uid) is >= 0 and var index && !Has(current.EntryAt(index), wanted))
                (missing ??= []).Add(uid);
        }

        if (missing is null || missing.Count < FewMissing)
            return;
        var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, MaxAhead), CancellationToken = ct };
        await Parallel.ForEachAsync(missing, options, async (uid, token) =>
        {
            try
            {
                _ = await MakeFormsAsync(uid, wanted, token);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It comes again when it is this message's turn.
            }
        });
    }

    private bool Has(in Entry entry, FormsWanted wanted) => entry.FormsAt is var at and not 0 && wanted switch
    {
        FormsWanted.OfHeader => true,
        FormsWanted.OfHeaderWithSize => entry.Size != Entry.UnknownSize,
        _ => state.Forms.IsOfWhole(at),
    };

    private ValueTask<MessageForms?> MakeFormsAsync(Uid uid, FormsWanted wanted, CancellationToken ct, bool withExtras = false) =>
        TryReadHeader(uid, wanted) is { } forms ? new(Keep(uid, forms)) : MakeFormsOfWholeAsync(uid, withExtras, ct);

    private async ValueTask<MessageForms?> MakeFormsOfWholeAsync(Uid uid, bool withExtras, CancellationToken ct)
    {
        if (await ReadAsync(uid, ct) is not { } file)
            return null;
        var disk = file.Bytes.AsMemory(0, file.Length);
        Fill(uid, LineEnds.WireLength(disk.Span));
        var forms = FormsMaker.OfWhole(disk.Span, state.Store.Settings.Mime, Kept(uid));
        if (!withExtras || MessageKeys.Parse(forms.Keys) is not { } keys)
        {
            ArrayPool<byte>.Shared.Return(file.Bytes);
            return Keep(uid, forms);
        }

        using var content = DiskContent.OfDisk(file.Bytes, file.Length, state.Store.Settings.Mime);
        return Keep(uid, forms with { Keys = keys.WithExtras(content, DateOf(uid)) });
    }

    /// <summary>What was made of it before; nothing where it was not, or is in an older form.</summary>
    private MessageForms Kept(Uid uid)
    {
        var snapshot = state.Current;
        var index = snapshot.IndexOf(uid);
        return index >= 0 && Volatile.Read(ref snapshot.EntryAt(index).FormsAt) is var at and not 0 && state.Forms.TryGet(uid.Value, at, out var forms)
            && MessageKeys.Parse(forms.Keys) is not null ? forms : default;
    }

    /// <summary>Null where it takes the whole message.</summary>
    private MessageForms? TryReadHeader(Uid uid, FormsWanted wanted)
    {
        var snapshot = state.Current;
        var index = snapshot.IndexOf(uid);
        if (index < 0 || wanted == FormsWanted.OfWhole)
            return null;
        ref readonly var entry = ref snapshot.EntryAt(index);
        var name = snapshot.NameAt(index);
        if (FileName.Figure(name, FileName.SizeKey) <= StartBytes || (wanted == FormsWanted.OfHeaderWithSize && entry.Size == Entry.UnknownSize))
            return null;
        Span<byte> buffer = stackalloc byte[RawPath.MaxBytes];
        Span<byte> start = stackalloc byte[StartBytes];
        var length = RawFile.ReadStart(PathOf(buffer, entry, name), start);
        return length < 0 ? null : FormsMaker.OfStart(start[..length]);
    }

    private MessageForms Keep(Uid uid, MessageForms forms)
    {
        var snapshot = state.Current;
        var index = snapshot.IndexOf(uid);
        if (index < 0 || state.Forms.Add(uid.Value, forms) is not (> 0 and var at))
            return forms;
        Volatile.Write(ref snapshot.EntryAt(index).FormsAt, at);
        state.Learned();
        return forms;
    }

    private long DateOf(Uid uid)
    {
        var current = state.Current;
        var index = current.IndexOf(uid);
        return index < 0 ? 0 : current[index].InternalDate.ToUnixTimeSeconds();
    }

    public uint SizeOf(Snapshot snapshot, int index)
    {
        var known = snapshot.EntryAt(index).Size;
        if (known != Entry.UnknownSize)
            return known;
        var uid = snapshot.UidAt(index);
        // A property cannot wait for the gate: the file is looked for where the newest snapshot has it, and as it was.
        if (!TryRead(snapshot, uid, out var bytes, out var length, out _) && !TryRead(state.Current, uid, out bytes, out length, out _))
        {
            if (ReadExpunged(uid) is not { } expunged)
                return 0;
            (bytes, length) = expunged;
        }

        var size = LineEnds.WireLength(bytes.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(bytes);
        snapshot.EntryAt(index).Size = (uint)size;
        Fill(uid, size);
        return (uint)size;
    }

    public long DateOf(Snapshot snapshot, int index)
    {
        ref var entry = ref snapshot.EntryAt(index);
        if (entry.Date != Entry.UnknownDate)
            return entry.Date;
        var uid = new Uid(entry.Uid);
        if (!TryGetDate(snapshot, uid, out var seconds) && !TryGetDate(state.Current, uid, out seconds))
            // Gone: the name still says when it was delivered.
            return FileName.TimeOf(snapshot.NameAt(index));
        entry.Date = seconds;
        var current = state.Current.IndexOf(uid);
        if (current >= 0)
            state.Current.EntryAt(current).Date = seconds;
        return seconds;
    }

    /// <summary>Whether the file is where the snapshot has it.</summary>
    internal bool IsThere(Snapshot snapshot, int index)
    {
        Span<byte> buffer = stackalloc byte[RawPath.MaxBytes];
        return FileStatus.TryGet(PathOf(buffer, snapshot.EntryAt(index), snapshot.NameAt(index)), out _);
    }

    /// <summary>Where a message's file is, as a path that ends in NUL.</summary>
    internal ReadOnlySpan<byte> PathOf(Span<byte> buffer, in Entry entry, ReadOnlySpan<byte> name) =>
        RawPath.Join(buffer, entry.IsNew ? state.Folder.NewSlash : state.Folder.CurSlash, name, state.Tables.Tails[entry.Tail]);

    private void Fill(Uid uid, long size)
    {
        var current = state.Current;
        var index = current.IndexOf(uid);
        if (index >= 0 && current.EntryAt(index).Size == Entry.UnknownSize && size < Entry.UnknownSize)
            current.EntryAt(index).Size = (uint)size;
    }

    private bool TryRead(Snapshot snapshot, Uid uid, [NotNullWhen(true)] out byte[]? bytes, out int length, out bool isListed)
    {
        (bytes, length) = (null, 0);
        var index = snapshot.IndexOf(uid);
        isListed = index >= 0;
        if (!isListed)
            return false;
        Span<byte> buffer = stackalloc byte[RawPath.MaxBytes];
        var name = snapshot.NameAt(index);
        bytes = RawFile.TryRead(PathOf(buffer, snapshot.EntryAt(index), name), FileName.Figure(name, FileName.SizeKey), out length);
        return bytes is not null;
    }

    private (byte[] Bytes, int Length)? ReadExpunged(Uid uid)
    {
        byte[]? name;
        lock (_gate)
        {
            if (!_gone.TryGetValue(uid.Value, out name))
                return null;
        }

        Span<byte> buffer = stackalloc byte[RawPath.MaxBytes];
        var path = RawPath.Join(buffer, state.Folder.ExpungedSlash, name, default);
        return RawFile.TryRead(path, FileName.Figure(name, FileName.SizeKey), out var length) is { } bytes ? (bytes, length) : null;
    }

    private bool TryGetDate(Snapshot snapshot, Uid uid, out long seconds)
    {
        seconds = 0;
        var index = snapshot.IndexOf(uid);
        if (index < 0)
            return false;
        Span<byte> buffer = stackalloc byte[RawPath.MaxBytes];
        if (!FileStatus.TryGet(PathOf(buffer, snapshot.EntryAt(index), snapshot.NameAt(index)), out var status))
            return false;
        const long nanoseconds = 1_000_000_000;
        seconds = Math.DivRem(status.ModifiedNanoseconds, nanoseconds, out var rest) - (rest < 0 ? 1 : 0);
        return true;
    }
}
