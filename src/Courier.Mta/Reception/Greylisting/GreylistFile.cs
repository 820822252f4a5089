using System.Buffers.Binary;
using Courier.IO.Files;

namespace Courier.Mta.Reception.Greylisting;

/// <summary>The entries on disk: records of one size, of which the last of a key counts. Appended to, and written anew when most of it is old.</summary>
/// <remarks>Record: key 16, first 4, last 4, passed 4, sum 4, little-endian. A record that was torn or damaged is passed over.</remarks>
internal sealed class GreylistFile(string path)
{
    internal const int RecordBytes = 32;

    /// <summary>A file smaller than this is not worth writing anew.</summary>
    private const long SmallBytes = 64 * 1024;

    internal Dictionary<UInt128, GreylistEntry> Load()
    {
        var entries = new Dictionary<UInt128, GreylistEntry>();
        if (!File.Exists(path))
            return entries;
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 64 * 1024);
        var record = new byte[RecordBytes];
        while (stream.ReadAtLeast(record, RecordBytes, throwOnEndOfStream: false) == RecordBytes)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(28)) != Sum(record))
                continue;
            entries[BinaryPrimitives.ReadUInt128LittleEndian(record)] = new GreylistEntry(
                BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(16)),
                BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(20)),
                BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(24)));
        }

        return entries;
    }

    /// <summary>Adds what changed. Begins at a whole record, whatever a crash left.</summary>
    /// <returns>Whether the file should be written anew.</returns>
    internal bool Append(IReadOnlyList<KeyValuePair<UInt128, GreylistEntry>> changed, int alive)
    {
        using var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.Write,
            Share = FileShare.Read,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        stream.Position = stream.Length / RecordBytes * RecordBytes;
        stream.Write(Records(changed));
        return stream.Length > SmallBytes && stream.Length / RecordBytes > 2L * alive;
    }

    internal void Replace(IReadOnlyList<KeyValuePair<UInt128, GreylistEntry>> all) => DurableFile.Replace(path, Records(all));

    private static byte[] Records(IReadOnlyList<KeyValuePair<UInt128, GreylistEntry>> entries)
    {
        var bytes = new byte[entries.Count * RecordBytes];
        for (var i = 0; i < entries.Count; i++)
        {
            var record = bytes.AsSpan(i * RecordBytes, RecordBytes);
            var (key, entry) = entries[i];
            BinaryPrimitives.WriteUInt128LittleEndian(record, key);
            BinaryPrimitives.WriteUInt32LittleEndian(record[16..], entry.First);
            BinaryPrimitives.WriteUInt32LittleEndian(record[20..], entry.Last);
            BinaryPrimitives.WriteInt32LittleEndian(record[24..], entry.Passed);
            BinaryPrimitives.WriteUInt32LittleEndian(record[28..], Sum(record));
        }

        return bytes;
    }

    // FNV-1a over all but the sum itself: a torn or zeroed record is to be known, no forger kept out.
    private static uint Sum(ReadOnlySpan<byte> record)
    {
        var sum = 2166136261;
        foreach (var octet in record[..28])
            sum = (sum ^ octet) * 16777619;
        return sum;
    }
}
