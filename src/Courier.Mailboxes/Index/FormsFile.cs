using System.Buffers.Binary;
using Courier.IO.Files;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Index;

/// <summary>ENVELOPE, BODYSTRUCTURE and BODY of the messages that somebody asked for, as they go over the wire: the file <c>courier/forms</c>,
/// append-only, and the blocks of it that are in memory. A cache: every record says whose it is and carries a checksum, and whatever does not fit
/// is made again from the message.</summary>
/// <remarks>A record is <c>uid, crc, four lengths</c> (u32 each, little-endian), then the three forms and the keys, then zeros up to <see cref="Unit"/>;
/// BODYSTRUCTURE and BODY have no length while only the header was read;
/// none goes over the end of a block. The checksum is of the forms and
/// UIDVALIDITY, so that processes which write over each other's records cost time and nothing else. Readers take blocks without a lock: the bytes of a record never change once its place is known.</remarks>
internal sealed class FormsFile(Func<MaildirFolder> folder, Func<uint> uidValidity)
{
    /// <summary>Places are counted in these, so that 32 bits reach 32 GB.</summary>
    internal const int Unit = 8;

    private const int BlockBytes = 256 * 1024;
    private const int HeaderBytes = 24;

    /// <summary>Forms larger than this (a message to thousands) are made each time.</summary>
    private const int MaxFormsBytes = 64 * 1024;

    /// <summary>Blocks of the file in memory for one mailbox while it is asked for them; those not written yet come on top. 16 MB are the forms of some
    /// 13,000 messages.</summary>
    private const int MaxBlocks = 64;

    /// <summary>Not written yet at most; beyond it they go into the file before their turn.</summary>
    private const int MaxUnwritten = 8 * BlockBytes;

    /// <summary>A mailbox whose forms take more than this a message, and a megabyte, holds mostly those of messages that went: they are about 1 KB.</summary>
    private const int MaxMeanBytes = 4096;

    private const int SpareBytes = 4 * BlockBytes;

    private readonly Lock _gate = new();
    private readonly Queue<int> _loaded = new();
    private volatile bool _wasUsed;
    private byte[]?[] _blocks = [];

    /// <summary>Up to here it is in the file.</summary>
    private long _written;

    private long _end = HeaderBytes;

    /// <summary>How far the file reaches that the index speaks of; the index is written after it.</summary>
    internal long Written => _written;

    internal bool HasUnwritten => _end > Math.Max(_written, HeaderBytes);

    /// <summary>The file has that much according to the index. What lies beyond is of somebody who did not get to write an index.</summary>
    internal void Resume(long written)
    {
        lock (_gate)
        {
            _written = FileStatus.TryGet(folder().Forms, out var status) && status.Size >= written ? written : 0;
            // Begin in a block of our own: the end of the last one may be torn.
            _end = Math.Max(HeaderBytes, Aligned(written, BlockBytes));
        }
    }

    /// <summary>Whether what is kept there was made of the whole message, as far as memory tells.</summary>
    internal bool IsOfWhole(uint at)
    {
        var offset = (long)at * Unit;
        var index = (int)(offset / BlockBytes);
        var blocks = Volatile.Read(ref _blocks);
        return ((index < blocks.Length ? Volatile.Read(ref blocks[index]) : null) ?? Load(index)) is { } block
            && BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan((int)(offset % BlockBytes) + 12)) > 0;
    }

    internal bool TryGet(uint uid, uint at, out MessageForms forms)
    {
        forms = default;
        _wasUsed = true;
        var offset = (long)at * Unit;
        var index = (int)(offset / BlockBytes);
        var blocks = Volatile.Read(ref _blocks);
        var block = (index < blocks.Length ? Volatile.Read(ref blocks[index]) : null) ?? Load(index);
        var start = (int)(offset % BlockBytes);
        if (block is null || start + HeaderBytes > block.Length)
            return false;
        var header = block.AsSpan(start, HeaderBytes);
        var envelope = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        var structure = BinaryPrimitives.ReadUInt32LittleEndian(header[12..]);
        var body = BinaryPrimitives.ReadUInt32LittleEndian(header[16..]);
        var keys = BinaryPrimitives.ReadUInt32LittleEndian(header[20..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != uid || (ulong)envelope + structure + body + keys > (ulong)(block.Length - start - HeaderBytes))
            return false;
        var content = block.AsMemory(start + HeaderBytes, (int)(envelope + structure + body + keys));
        if ((Crc32C.Of(content.Span) ^ uidValidity()) != BinaryPrimitives.ReadUInt32LittleEndian(header[4..]))
            return false;
        forms = new MessageForms(content[..(int)envelope], content.Slice((int)envelope, (int)structure), content.Slice((int)(envelope + structure), (int)body))
        {
            Keys = content[(int)(envelope + structure + body)..],
        };
        return true;
    }

    /// <summary>Keeps the forms of a message; returns their place, 0 when they are not kept.</summary>
    internal uint Add(uint uid, in MessageForms forms)
    {
        var length = forms.Envelope.Length + forms.BodyStructure.Length + forms.Body.Length + forms.Keys.Length;
        if (length > MaxFormsBytes)
            return 0;
        var total = (int)Aligned(HeaderBytes + length, Unit);
        lock (_gate)
        {
            if ((_end % BlockBytes) + total > BlockBytes)
                _end = Aligned(_end, BlockBytes);
            if (_end / Unit > uint.MaxValue - BlockBytes)
                return 0;
            var block = BlockFor((int)(_end / BlockBytes));
            var start = (int)(_end % BlockBytes);
            var content = block.AsSpan(start + HeaderBytes, length);
            forms.Envelope.Span.CopyTo(content);
            forms.BodyStructure.Span.CopyTo(content[forms.Envelope.Length..]);
            forms.Body.Span.CopyTo(content[(forms.Envelope.Length + forms.BodyStructure.Length)..]);
            forms.Keys.Span.CopyTo(content[^forms.Keys.Length..]);
            var header = block.AsSpan(start, HeaderBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(header, uid);
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], Crc32C.Of(content) ^ uidValidity());
            BinaryPrimitives.WriteUInt32LittleEndian(header[8..], (uint)forms.Envelope.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(header[12..], (uint)forms.BodyStructure.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(header[16..], (uint)forms.Body.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(header[20..], (uint)forms.Keys.Length);
            var at = (uint)(_end / Unit);
            _end += total;
            if (_end - _written > MaxUnwritten)
                WriteBlocks(_end / BlockBytes * BlockBytes);
            return at;
        }
    }

    /// <summary>Under the lock of the mailbox: appends what is not in the file yet.</summary>
    /// <param name="living">Messages that there are.</param>
    internal void Write(int living)
    {
        lock (_gate)
        {
            // Most of the file is of messages that are gone: they would be read and kept for nothing.
            if (_end > SpareBytes + ((long)living * MaxMeanBytes))
                Restart();
            if (HasUnwritten)
                WriteBlocks(_end);
        }
    }

    /// <summary>Nobody asked since the last time: what is in the file need not be in memory.</summary>
    internal void ReleaseUnused()
    {
        if (_wasUsed)
            _wasUsed = false;
        else
            Release();
    }

    /// <summary>Nobody has the mailbox open: what is in the file need not be in memory.</summary>
    internal void Release()
    {
        lock (_gate)
        {
            for (var i = 0; i < Math.Min(_blocks.Length, _written / BlockBytes); i++)
                Volatile.Write(ref _blocks[i], null);
            _loaded.Clear();
        }
    }

    /// <summary>Starts over: most of it was of messages that are gone.</summary>
    internal void Restart()
    {
        lock (_gate)
        {
            File.Delete(folder().Forms);
            _loaded.Clear();
            (_blocks, _written, _end) = ([], 0, HeaderBytes);
        }
    }

    // Under the gate. Without the lock of the mailbox, too: where two processes write over each other, checksums do not fit.
    private void WriteBlocks(long end)
    {
        var path = folder().Forms;
        // Somebody removed the file: what is in memory goes where it belongs, the rest are holes that no checksum fits.
        if (!FileStatus.TryGet(path, out var status) || status.Size < _written)
            _written = 0;
        using var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        for (var offset = _written; offset < end;)
        {
            var start = (int)(offset % BlockBytes);
            var length = (int)Math.Min(end - offset, BlockBytes - start);
            if (Volatile.Read(ref _blocks[offset / BlockBytes]) is { } block)
                RandomAccess.Write(handle, block.AsSpan(start, length), offset);
            offset += length;
        }

        _written = end;
        Trim();
    }

    private static long Aligned(long offset, int unit) => (offset + unit - 1) / unit * unit;

    private byte[] BlockFor(int index)
    {
        Grow(index);
        if (_blocks[index] is { } block)
            return block;
        block = GC.AllocateUninitializedArray<byte>(BlockBytes);
        Array.Clear(block);
        Volatile.Write(ref _blocks[index], block);
        _loaded.Enqueue(index);
        Trim();
        return block;
    }

    private byte[]? Load(int index)
    {
        lock (_gate)
        {
            if (index < _blocks.Length && _blocks[index] is { } present)
                return present;
            if ((long)index * BlockBytes >= _written)
                return null;
            try
            {
                using var handle = File.OpenHandle(folder().Forms, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                var block = new byte[BlockBytes];
                var length = 0;
                for (int count; length < BlockBytes && (count = RandomAccess.Read(handle, block.AsSpan(length), ((long)index * BlockBytes) + length)) > 0;)
                    length += count;
                Grow(index);
                Volatile.Write(ref _blocks[index], block);
                _loaded.Enqueue(index);
                Trim();
                return block;
            }
            catch (FileNotFoundException)
            {
                return null;
            }
        }
    }

    private void Grow(int index)
    {
        if (index < _blocks.Length)
            return;
        var larger = new byte[]?[Math.Max(index + 1, _blocks.Length * 2)];
        _blocks.CopyTo(larger, 0);
        Volatile.Write(ref _blocks, larger);
    }

    private void Trim()
    {
        for (var left = _loaded.Count; left > 0 && _loaded.Count > MaxBlocks; left--)
        {
            var index = _loaded.Dequeue();
            // Not before it is in the file; the last block is still being filled.
            if ((index + 1L) * BlockBytes <= _written)
                Volatile.Write(ref _blocks[index], null);
            else
                _loaded.Enqueue(index);
        }
    }
}
