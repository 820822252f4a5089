using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Courier.Faults.Storage;

/// <summary>A journalled ext4 whose device answers writes of content with EIO for a while.</summary>
/// <remarks>The journal and what it speaks of (directories, inodes) can be written all the time: where that fails too, ext4 gives up and becomes
/// read-only. So the file system stays writable. It reports the lost pages once and forgets them, and the next sync of the same file succeeds: that is
/// what a program must survive by itself. Which blocks are no content is read from the journal on its way to the device (JBD2, the format without
/// checksums and 64 bit numbers: kernel.org, ext4, "Journal").</remarks>
internal sealed partial class ErringDisk : IDisposable
{
    private const int BlockBytes = 4096;
    private const uint JournalMagic = 0xc03b3998;
    private const int TagBytes = 8;
    private const int UuidBytes = 16;
    private const int SameUuid = 2;
    private const int LastTag = 8;

    private readonly ErringImage _image;
    private readonly List<(long From, long To)> _journal = [];
    private readonly ConcurrentDictionary<long, bool> _structure = new();

    internal ErringDisk(int megabytes)
    {
        _image = new ErringImage(megabytes);
        Disk = new LoopDisk(_image.ImagePath, "-O", "^metadata_csum,^64bit", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0");
        // Where the journal (inode 8) lies: (first-last):block-block.
        foreach (Match extent in Extent().Matches(SystemCommand.Run("debugfs", "-R", "stat <8>", _image.ImagePath)))
            _journal.Add((Number(extent, "from"), Number(extent, "to")));
        if (_journal.Count == 0)
            throw new IOException("debugfs does not say where the journal is");
        _image.Seen = ReadJournal;
    }

    internal LoopDisk Disk { get; }

    /// <summary>Writes that have failed so far.</summary>
    internal int Failed => _image.Failed;

    /// <summary>From now on writes of content fail: all of them, or that part of the writes (<paramref name="share"/>, 0 to 1).</summary>
    internal void FailContent(double share) => _image.Fail((offset, length) => IsContent(offset, length) && (share >= 1 || Random.Shared.NextDouble() < share));

    /// <summary>From now on writes fail to where the file's content lies now.</summary>
    internal void FailContentOf(string path)
    {
        Disk.Sync();
        var blocks = new HashSet<long>();
        foreach (Match extent in FileExtent().Matches(SystemCommand.Run("filefrag", "-b4096", "-v", path)))
        {
            for (var block = Number(extent, "from"); block <= Number(extent, "to"); block++)
                blocks.Add(block);
        }

        if (blocks.Count == 0)
            throw new IOException($"filefrag does not say where {path} lies");
        _image.Fail((offset, length) => Enumerable.Range(0, Math.Max(1, length / BlockBytes)).Any(n => blocks.Contains((offset / BlockBytes) + n)));
    }

    internal void Mend() => _image.Mend();

    private bool IsContent(long offset, int length)
    {
        for (var block = offset / BlockBytes; block * BlockBytes < offset + length; block++)
        {
            if (block == 0 || IsJournal(block) || _structure.ContainsKey(block))
                return false;
        }

        return true;
    }

    private bool IsJournal(long block) => _journal.Exists(part => block >= part.From && block <= part.To);

    /// <summary>A descriptor block lists where the blocks behind it belong.</summary>
    private void ReadJournal(long offset, byte[] content)
    {
        for (var at = 0; at + BlockBytes <= content.Length; at += BlockBytes)
        {
            var block = content.AsSpan(at, BlockBytes);
            if (!IsJournal((offset + at) / BlockBytes) || BinaryPrimitives.ReadUInt32BigEndian(block) != JournalMagic || BinaryPrimitives.ReadInt32BigEndian(block[4..]) != 1)
                continue;
            for (var tag = block[12..]; tag.Length >= TagBytes;)
            {
                _structure[BinaryPrimitives.ReadUInt32BigEndian(tag)] = true;
                var flags = BinaryPrimitives.ReadUInt16BigEndian(tag[6..]);
                if ((flags & LastTag) != 0)
                    break;
                tag = tag[Math.Min(tag.Length, (flags & SameUuid) != 0 ? TagBytes : TagBytes + UuidBytes)..];
            }
        }
    }

    private static long Number(Match extent, string name) => long.Parse(extent.Groups[name].Value, CultureInfo.InvariantCulture);

    public void Dispose()
    {
        _image.Mend();
        Disk.Dispose();
        _image.Dispose();
    }

    // 0:        0..       3:       4711..      4714:      4:
    [GeneratedRegex(@"^\s*\d+:\s*\d+\.\.\s*\d+:\s*(?<from>\d+)\.\.\s*(?<to>\d+):", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 5000)]
    private static partial Regex FileExtent();

    [GeneratedRegex(@"\(\d+-\d+\):(?<from>\d+)-(?<to>\d+)", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Extent();
}
