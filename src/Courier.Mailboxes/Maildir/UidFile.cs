using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Index;

namespace Courier.Mailboxes.Maildir;

/// <summary>The file <c>courier/uids</c>: which UID each message has. Append-only lines, each with its checksum:
/// <code>
/// V 1 &lt;uidvalidity&gt; &lt;generation&gt; &lt;uid&gt; &lt;boot&gt; *&lt;crc&gt;    first line, with the first reservation; 1 where the second line has it
/// R &lt;uid&gt; &lt;boot&gt; *&lt;crc&gt;    UIDs below this one may be given in that boot; synced before the first is, but for the first of a new file
/// N &lt;uid&gt; - *&lt;crc&gt;    UIDs below this one were given
/// U &lt;uid&gt; &lt;base name&gt; *&lt;crc&gt;    that message; not synced
/// </code></summary>
/// <remarks>Invariants: (1) a UID is given only below a reservation that is on the disk, or that the file began with: a power cut that takes the
/// reservation then leaves no file that can be used, and the mailbox gets a UIDVALIDITY that it never had (<see cref="UidValiditySource"/>); (2) after another boot nothing below the last
/// reservation is given any more, so that lines which a power cut took cannot be given to another file: at worst a UID is skipped or a client
/// downloads again; (3) the later line of a base name counts; (4) lines are added only under the lock of <c>courier/lock</c>, after those of
/// other processes were read. The file is replaced as a whole (new generation) when most lines are of messages that are gone.</remarks>
internal sealed class UidFile(MaildirFolder at, string boot)
{
    private MaildirFolder _folder = at;

    /// <summary>How many UIDs one synced reservation covers; also the gap that a restart of the machine leaves.</summary>
    internal const uint Block = 1024;

    /// <summary>Lines of messages that are gone are dropped when they are more than the living and this.</summary>
    private const int SpareLines = 1024;

    /// <summary>Lines of many messages go into the file in pieces of this.</summary>
    private const int PieceBytes = 64 * 1024;

    private long _length;
    private FileStatus _seen;
    private uint _reserved;
    private int _lines;

    /// <summary>The last reservation was made since the machine started.</summary>
    private bool _isThisBoot = true;

    /// <summary>A sync has failed since the file was made.</summary>
    private bool _hasLost;

    /// <summary>Nobody has synced the file yet, and its first reservation may be used all the same.</summary>
    private bool _mayWait;

    internal uint UidValidity { get; private set; }

    /// <summary>The next UID that this server gives.</summary>
    internal uint UidNext { get; private set; } = 1;

    /// <summary>Changes when the file is made anew: what was remembered of it is void.</summary>
    internal ulong Generation { get; private set; }

    /// <summary>How much of it has been read.</summary>
    internal long Length => _length;

    /// <summary>Lines that could not be read.</summary>
    internal int DamagedLines { get; private set; }

    /// <summary>UIDs below this may be given without another sync.</summary>
    internal uint Reserved => _reserved;

    /// <summary>The mailbox was renamed.</summary>
    internal void Move(MaildirFolder to) => _folder = to;

    /// <summary>Under the lock. Reads what was added since; calls back for every line of a message.</summary>
    /// <returns>False where there is no such file, or none that can be used.</returns>
    internal bool Read(Action<uint, string> onMessage)
    {
        if (!FileStatus.TryGet(_folder.Uids, out var status))
            return false;
        if (_length > 0 && status == _seen)
            return true;
        var bytes = RawFile.TryRead(Encoding.UTF8.GetBytes(_folder.Uids + "\0"), status.Size, out var length);
        if (bytes is null)
            return false;
        try
        {
            var lines = bytes.AsSpan(0, length);
            if (!UidsFirstLine.TryRead(lines, out var first) || first.HasLostReservation(lines, boot))
                return false;
            if (first.Generation != Generation || first.UidValidity != UidValidity || length < _length)
            {
                (_length, _lines, _reserved, UidValidity, Generation) = (first.Length, 0, first.Reserved, first.UidValidity, first.Generation);
                _isThisBoot = string.Equals(first.Boot, boot, StringComparison.Ordinal);
            }

            Take(lines, onMessage);
            _seen = status with { Size = length };
            return true;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Goes on from what an index of this boot remembers; <see cref="Read"/> then reads what was added since.</summary>
    /// <returns>False when the index is of another file.</returns>
    internal bool TryResume(IndexImage image)
    {
        if (!FileStatus.TryGet(_folder.Uids, out var status) || status.Size < image.UidsLength || !TryReadFirst(_folder, out var first)
            || first.Generation != image.UidsGeneration || first.UidValidity != image.Snapshot.UidValidity.Value)
            return false;
        (UidValidity, Generation, _length, UidNext, _reserved) =
            (first.UidValidity, first.Generation, image.UidsLength, image.Snapshot.UidNext.Value, image.UidsReserved);
        // A guess that errs towards a late compaction: dead lines before this are not counted.
        _lines = image.Snapshot.Count;
        _seen = status.Size == _length ? status : default;
        return true;
    }

    /// <summary>Under the lock. Makes the file; <paramref name="messages"/> are in order of UID.</summary>
    internal void Create(uint uidValidity, uint uidNext, IEnumerable<(uint Uid, string Name)> messages)
    {
        var given = messages.ToList();
        var next = given.Count == 0 ? uidNext : Math.Max(uidNext, given[^1].Uid + 1);
        var reserved = next + Block;
        var (text, generation) = BeginText(uidValidity, reserved);
        foreach (var (uid, name) in given)
            text.Add(uid, name);
        // What was given last may be gone by now: without this line the next process would give it again.
        if (given.Count == 0 ? next > 1 : next > given[^1].Uid + 1)
            text.Add(string.Create(CultureInfo.InvariantCulture, $"N {next} -"));
        DurableFile.Replace(_folder.Uids, text.Written);
        Became(uidValidity, generation, next, reserved, text.Written.Length, given.Count + 1);
    }

    /// <summary>Under the lock. Makes the file of a mailbox that has shown no UID yet, without a sync.</summary>
    /// <param name="uidValidity">Never given before.</param>
    /// <param name="mayWait">UIDs may be told before the file is on the disk: <see cref="TakeUnsynced"/> says when it has to be brought there.</param>
    internal void Begin(uint uidValidity, bool mayWait)
    {
        var (text, generation) = BeginText(uidValidity, UidsFirstLine.Nothing);
        RawFile.Write(_folder.Uids, text.Written);
        Became(uidValidity, generation, 1, UidsFirstLine.Nothing, text.Written.Length, 1);
        _mayWait = mayWait;
    }

    private (UidLines Text, ulong Generation) BeginText(uint uidValidity, uint reserved)
    {
        var generation = BitConverter.ToUInt64(System.Security.Cryptography.RandomNumberGenerator.GetBytes(sizeof(ulong)));
        var text = new UidLines();
        text.Add(string.Create(CultureInfo.InvariantCulture, $"V 1 {uidValidity} {generation:x16} {reserved} {boot}"));
        return (text, generation);
    }

    private void Became(uint uidValidity, ulong generation, uint next, uint reserved, int length, int lines)
    {
        (UidValidity, Generation, UidNext, _reserved, _length, _lines) = (uidValidity, generation, next, reserved, length, lines);
        (_isThisBoot, _hasLost, _mayWait) = (true, false, false);
        Remember();
    }

    /// <summary>Somebody may be told this UIDVALIDITY: whether <see cref="Settle"/> is still to come.</summary>
    internal bool IsUnsettled => _reserved == UidsFirstLine.Nothing;

    /// <summary>Under the lock, after <see cref="Read"/>. Makes the first reservation where no UID was given.</summary>
    internal void Settle()
    {
        if (IsUnsettled)
            Reserve(UidNext + Block);
    }

    /// <summary>Under the gate. True once after UIDs were given that only memory has: <see cref="Sync"/> is to follow at once.</summary>
    internal bool TakeUnsynced()
    {
        if (!_mayWait || IsUnsettled)
            return false;
        _mayWait = false;
        return true;
    }

    /// <summary>Brings the file with its name, and that of the directory, to the disk.</summary>
    internal static void Sync(MaildirFolder folder)
    {
        RawFile.Sync(folder.Uids);
        FlushDirectories(folder);
    }

    /// <summary>Under the gate: a sync of the file as it was in that generation has failed. It is made anew soon.</summary>
    internal void Doubt(ulong generation)
    {
        if (generation != Generation)
            return;
        RawFile.Forget(_folder.Uids);
        (_hasLost, _seen) = (true, default);
    }

    private static void FlushDirectories(MaildirFolder folder)
    {
        DurableFile.FlushDirectory(folder.Ours);
        DurableFile.FlushDirectory(folder.Path);
    }

    /// <summary>Under the lock, after <see cref="Read"/>. Gives the next UIDs, in order.</summary>
    internal uint Give(int count)
    {
        if (UidNext > uint.MaxValue - (uint)count - Block)
            throw new IOException($"{_folder.Uids}: no UIDs are left; the file has to be removed");
        var first = UidNext;
        if (first + (uint)count > _reserved || !_isThisBoot)
            Reserve(first + (uint)count + Block);
        UidNext = first + (uint)count;
        return first;
    }

    /// <summary>Under the lock, after <see cref="Read"/>. UIDs below this one were given by another server: ours come after them.</summary>
    internal void Raise(uint uidNext)
    {
        if (uidNext <= UidNext)
            return;
        if (uidNext > _reserved || !_isThisBoot)
            Reserve(uidNext + Block);
        UidNext = uidNext;
    }

    /// <summary>Under the lock. Writes down which message has which.</summary>
    internal void Add(IReadOnlyList<(uint Uid, string Name)> messages)
    {
        if (messages.Count == 0)
            return;
        var text = new UidLines();
        foreach (var (uid, name) in messages)
            text.Add(uid, name);
        Append(text.Written, messages.Count, sync: false);
    }

    /// <summary>The same for names as they are on the disk.</summary>
    internal void Add(int count, UidLine line)
    {
        var text = new UidLines();
        var lines = 0;
        for (var i = 0; i < count; i++)
        {
            text.Add(line(i, out var uid), uid);
            lines++;
            if (text.Written.Length < PieceBytes && i + 1 < count)
                continue;
            Append(text.Written, lines, sync: false);
            text.Clear();
            lines = 0;
        }
    }

    private void Reserve(uint reserved)
    {
        var line = new UidLines();
        line.Add(string.Create(CultureInfo.InvariantCulture, $"R {reserved} {boot}"));
        var before = _length;
        try
        {
            // Invariant 1: on the disk before the first of them is shown to anybody.
            var mayWait = IsUnsettled && _mayWait;
            Append(line.Written, 1, sync: !mayWait);
            if (IsUnsettled && !mayWait)
                FlushDirectories(_folder);
        }
        catch (IOException)
        {
            // Whoever read the line would take it for one that is on the disk. Lines before it that were not synced may be lost, too: the file is made anew soon.
            _hasLost = true;
            RawFile.Shorten(_folder.Uids, before);
            RawFile.Forget(_folder.Uids);
            (_length, _seen) = (before, default);
            throw;
        }

        (_reserved, _isThisBoot) = (reserved, true);
    }

    internal bool IsWorthCompacting(int living) => _hasLost || _lines > (living * 2) + SpareLines;

    /// <summary>The first line alone: is this still the file that we know?</summary>
    private static bool TryReadFirst(MaildirFolder folder, out UidsFirstLine first)
    {
        const int firstLineBytes = 256;
        Span<byte> line = stackalloc byte[firstLineBytes];
        using var handle = File.OpenHandle(folder.Uids, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var count = RandomAccess.Read(handle, line, 0);
        return UidsFirstLine.TryRead(line[..count], out first);
    }

    /// <summary>The UIDVALIDITY of a mailbox that has one.</summary>
    internal static uint? ValidityOf(MaildirFolder folder) =>
        FileStatus.TryGet(folder.Uids, out _) && TryReadFirst(folder, out var first) ? first.UidValidity : null;

    private void Take(ReadOnlySpan<byte> file, Action<uint, string> onMessage)
    {
        var damaged = false;
        var thisBoot = Encoding.ASCII.GetBytes(boot);
        for (var rest = file[(int)_length..]; !rest.IsEmpty;)
        {
            var end = rest.IndexOf((byte)'\n');
            var whole = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (end < 0 || !UidLines.TryUnwrap(whole, out var line) || !TryTake(line, thisBoot, onMessage))
            {
                damaged = true;
                DamagedLines++;
            }

            _lines++;
        }

        // Invariant 2. A damaged line may have been a UID that somebody has seen.
        if ((!_isThisBoot || damaged) && _reserved > UidNext)
            UidNext = _reserved;
        _length = file.Length;
        // What is appended to half a line would be damaged with it.
        if (!file.IsEmpty && file[^1] != (byte)'\n')
            Append("\n"u8, 0, sync: false);
    }

    private bool TryTake(ReadOnlySpan<byte> line, ReadOnlySpan<byte> thisBoot, Action<uint, string> onMessage)
    {
        if (line.Length < 4 || line[1] != (byte)' ' || !Utf8Parser.TryParse(line[2..], out uint uid, out var used) || uid == 0 || line.Length < used + 4)
            return false;
        var rest = line[(used + 3)..];
        switch (line[0])
        {
            case (byte)'R':
                _isThisBoot = rest.SequenceEqual(thisBoot);
                _reserved = Math.Max(_reserved, uid);
                return true;
            case (byte)'N':
                UidNext = Math.Max(UidNext, uid);
                return true;
            case (byte)'U':
                UidNext = Math.Max(UidNext, uid + 1);
                onMessage(uid, UidLines.Unescape(rest));
                return true;
            default:
                return false;
        }
    }

    private void Append(ReadOnlySpan<byte> text, int lines, bool sync)
    {
        if (!RawFile.TryAppend(_folder.Uids, text, create: false, sync))
            throw new FileNotFoundException("The file of UIDs is gone while it was in use", _folder.Uids);
        _length += text.Length;
        _lines += lines;
        Remember();
    }

    private void Remember()
    {
        _ = FileStatus.TryGet(_folder.Uids, out var status);
        // Should another process of ours have broken the lock's rule, the sizes differ and the next Read looks.
        _seen = status.Size == _length ? status : default;
    }
}

/// <summary>The base name of the message at a position, and its UID.</summary>
internal delegate ReadOnlySpan<byte> UidLine(int index, out uint uid);
