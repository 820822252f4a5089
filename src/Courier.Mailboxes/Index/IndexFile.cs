using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Index;

/// <summary>What the index file says: a snapshot, the directory's times that it goes with, and how far the other files were read.</summary>
/// <param name="Snapshot">The messages.</param>
/// <param name="Stamp">The directory's times.</param>
/// <param name="UidsGeneration">Of which file of UIDs.</param>
/// <param name="UidsLength">How much of it is in this.</param>
/// <param name="UidsReserved">Its last reservation.</param>
/// <param name="FormsLength">How far the file of forms was written.</param>
/// <param name="IsThisBoot">Written since the machine started: nothing that it refers to can have been lost by a power cut.</param>
internal sealed record IndexImage(
    Snapshot Snapshot, Stamp Stamp, ulong UidsGeneration, long UidsLength, uint UidsReserved, long FormsLength, bool IsThisBoot);

/// <summary>The file <c>courier/index</c>: a header, the entries as they are in memory, their base names, and the tables that they point into.
/// A cache that is replaced as a whole and never synced: two checksums find whatever a crash made of it, and then it is made anew from a listing.</summary>
/// <remarks>Layout in docs/storage.md. Little-endian only, as the machines are that this runs on; another byte order has another magic number.</remarks>
internal static class IndexFile
{
    private const ulong Magic = 0x31_5845444e494352; // "RCINDEX1" read as little-endian
    private const int HeaderBytes = 128;
    private const int EntryBytes = 48;
    private const int CrcAt = 8;
    private const int PieceBytes = 64 * 1024;

    internal static void Write(MaildirFolder folder, IndexImage image, UidFile uids, string boot)
    {
        var snapshot = image.Snapshot;
        var tables = TableWriter.Write(snapshot.Tables);
        var namesLength = 0;
        RawFile.Replace(folder.Index, snapshot, (temporary, snapshot) =>
        {
            using var file = new IndexWriter(temporary, HeaderBytes);
            foreach (var chunk in snapshot.Chunks)
                file.Write(MemoryMarshal.AsBytes(chunk.Entries));
            foreach (var chunk in snapshot.Chunks)
            {
                for (var i = 0; i < chunk.Count; i++)
                {
                    var name = chunk.NameOf(chunk.At(i));
                    file.Write(name);
                    namesLength += name.Length;
                }
            }

            file.Write(tables);
            file.Close((header, crc) => WriteHeader(header, image, uids, boot, namesLength, tables.Length, crc));
        });
    }

    /// <summary>Null where there is none that can be used.</summary>
    internal static IndexImage? TryRead(MaildirFolder folder, Tables tables, string boot)
    {
        if (!FileStatus.TryGet(folder.Index, out var status) || status.Size < HeaderBytes)
            return null;
        try
        {
            // In pieces: what a million messages need is in memory once.
            using var file = new FileStream(folder.Index, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, (int)Math.Min(status.Size, PieceBytes));
            return Read(file, tables, boot);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    internal static IndexImage? Read(Stream file, Tables tables, string boot)
    {
        Span<byte> bytes = stackalloc byte[HeaderBytes];
        if (file.ReadAtLeast(bytes, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic)
            return null;
        var header = new HeaderReader(bytes);
        if (header.U32(CrcAt) != Crc32C.Of(bytes[(CrcAt + 4)..]) || header.U32(12) != EntryBytes)
            return null;
        var (count, namesLength, tablesLength) = (header.U32(44), header.U32(104), header.U32(108));
        if ((ulong)file.Length != HeaderBytes + ((ulong)count * EntryBytes) + namesLength + tablesLength || count > int.MaxValue)
            return null;
        var body = new BodyReader(file);
        if (ReadChunks(body, (int)count, namesLength) is not { } chunks)
            return null;
        var text = new byte[tablesLength];
        if (!body.TryRead(text) || body.Crc != header.U32(112) || !TableWriter.TryRead(text, tables) || !AreSound(chunks, tables, header.U32(20)))
            return null;
        return new IndexImage(
            new Snapshot(tables, chunks, header.U32(16), header.U32(20), header.I64(48)),
            new Stamp(new DirectoryTimes(header.I64(56), header.I64(64), header.I64(72)), header.I64(80)),
            (ulong)header.I64(24), header.I64(32), header.U32(40), header.I64(88), (ulong)header.I64(96) == BootHash(boot));
    }

    private static void WriteHeader(Span<byte> header, IndexImage image, UidFile uids, string boot, int namesLength, int tablesLength, uint crc)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], EntryBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], uids.UidValidity);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], uids.UidNext);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], image.UidsGeneration);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], image.UidsLength);
        BinaryPrimitives.WriteUInt32LittleEndian(header[40..], image.UidsReserved);
        BinaryPrimitives.WriteInt32LittleEndian(header[44..], image.Snapshot.Count);
        BinaryPrimitives.WriteInt64LittleEndian(header[48..], image.Snapshot.HighestModSeq.Value);
        BinaryPrimitives.WriteInt64LittleEndian(header[56..], image.Stamp.Times.New);
        BinaryPrimitives.WriteInt64LittleEndian(header[64..], image.Stamp.Times.Cur);
        BinaryPrimitives.WriteInt64LittleEndian(header[72..], image.Stamp.Times.Keywords);
        BinaryPrimitives.WriteInt64LittleEndian(header[80..], image.Stamp.ReadAt);
        BinaryPrimitives.WriteInt64LittleEndian(header[88..], image.FormsLength);
        BinaryPrimitives.WriteUInt64LittleEndian(header[96..], BootHash(boot));
        BinaryPrimitives.WriteInt32LittleEndian(header[104..], namesLength);
        BinaryPrimitives.WriteInt32LittleEndian(header[108..], tablesLength);
        BinaryPrimitives.WriteUInt32LittleEndian(header[112..], crc);
        BinaryPrimitives.WriteUInt32LittleEndian(header[CrcAt..], Crc32C.Of(header[(CrcAt + 4)..]));
    }

    /// <summary>All entries come before all names.</summary>
    private static Chunk[]? ReadChunks(BodyReader body, int count, uint namesLength)
    {
        var entries = new Entry[(count + Chunk.Capacity - 1) / Chunk.Capacity][];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = new Entry[Math.Min(Chunk.Capacity, count - (i * Chunk.Capacity))];
            if (!body.TryRead(MemoryMarshal.AsBytes(entries[i].AsSpan())))
                return null;
        }

        var chunks = new Chunk[entries.Length];
        for (var i = 0; i < chunks.Length; i++)
        {
            var length = 0;
            foreach (ref var entry in entries[i].AsSpan())
            {
                entry.NameAt = length;
                length += entry.NameLength;
            }

            if (length > namesLength)
                return null;
            namesLength -= (uint)length;
            var names = new byte[length];
            if (!body.TryRead(names))
                return null;
            chunks[i] = new Chunk(entries[i], names, entries[i].Length, length);
        }

        return namesLength == 0 ? chunks : null;
    }

    private static bool AreSound(Chunk[] chunks, Tables tables, uint uidNext)
    {
        uint last = 0;
        foreach (var chunk in chunks)
        {
            foreach (ref readonly var entry in chunk.Entries)
            {
                if (!entry.IsSound || entry.Uid <= last || entry.Uid >= uidNext || entry.Tail >= tables.Tails.Count || entry.KeywordSet >= tables.Keywords.SetCount)
                    return false;
                last = entry.Uid;
            }
        }

        return true;
    }

    private static ulong BootHash(string boot)
    {
        var id = Encoding.ASCII.GetBytes(boot);
        return ((ulong)Crc32C.Of(id) << 32) | Crc32C.Of(id.AsSpan(id.Length / 2));
    }

    /// <summary>What comes after the header, and its checksum so far.</summary>
    private sealed class BodyReader(Stream file)
    {
        private uint _crc = uint.MaxValue;

        internal uint Crc => ~_crc;

        internal bool TryRead(Span<byte> into)
        {
            if (file.ReadAtLeast(into, into.Length, throwOnEndOfStream: false) < into.Length)
                return false;
            _crc = Crc32C.Of(into, _crc);
            return true;
        }
    }

    private readonly ref struct HeaderReader(ReadOnlySpan<byte> header)
    {
        private readonly ReadOnlySpan<byte> _header = header;

        internal uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_header[at..]);

        internal long I64(int at) => BinaryPrimitives.ReadInt64LittleEndian(_header[at..]);
    }
}

/// <summary>The tables as lines: tails that are not plain, an empty line, keywords, an empty line, sets as indexes of keywords.</summary>
internal static class TableWriter
{
    internal static byte[] Write(Tables tables)
    {
        var text = new StringBuilder();
        for (var i = TailTable.FirstOther; i < tables.Tails.Count; i++)
            text.Append(Convert.ToHexStringLower(tables.Tails[i])).Append('\n');
        text.Append('\n');
        var names = tables.Keywords.Names;
        foreach (var name in names)
            text.Append(name).Append('\n');
        text.Append('\n');
        for (var i = 1; i < tables.Keywords.SetCount; i++)
            text.AppendJoin(' ', tables.Keywords[i].Select(keyword => names.IndexOf(keyword))).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Into fresh tables: what is read gets the numbers that it had.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, Tables tables)
    {
        var lines = Encoding.UTF8.GetString(bytes).Split('\n');
        var firstEmpty = Array.IndexOf(lines, "");
        var secondEmpty = firstEmpty < 0 ? -1 : Array.IndexOf(lines, "", firstEmpty + 1);
        if (secondEmpty < 0)
            return false;
        for (var i = 0; i < firstEmpty; i++)
        {
            if (tables.Tails.IdOf(Convert.FromHexString(lines[i])) != TailTable.FirstOther + i)
                return false;
        }

        var names = lines[(firstEmpty + 1)..secondEmpty];
        tables.Keywords.Restore(names);
        for (var i = secondEmpty + 1; i < lines.Length - 1; i++)
        {
            var set = new List<string>();
            foreach (var number in lines[i].Split(' '))
            {
                if (!int.TryParse(number, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var index) || index >= names.Length)
                    return false;
                set.Add(names[index]);
            }

            if (tables.Keywords.IdOf([.. set]) != i - secondEmpty)
                return false;
        }

        return true;
    }
}
