using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Courier.IO.Files;

namespace Courier.Mailboxes.FullText;

/// <summary>Writes a segment beside its place and puts it there when it is whole and on the disk.</summary>
internal sealed class SegmentWriter : IDisposable
{
    internal const string TemporarySuffix = ".tmp";

    private readonly string _path;
    private readonly uint _uidValidity;
    private readonly SegmentMessage[] _messages;
    private readonly PagedFileWriter _file;
    private readonly ArrayBufferWriter<byte> _dictionary = new(64 * 1024);
    private readonly ArrayBufferWriter<byte> _directory = new(4096);
    private readonly byte[] _list;
    private int _grams;
    private int _last;
    private bool _finished;

    internal SegmentWriter(string path, uint uidValidity, SegmentMessage[] messages)
    {
        (_path, _uidValidity, _messages) = (path, uidValidity, messages);
        _list = new byte[PostingList.BitmapLength(messages.Length)];
        _file = new PagedFileWriter(path + TemporarySuffix);
    }

    /// <summary>Grams ascend, and so do the numbers of each.</summary>
    internal void Add(int gram, ReadOnlySpan<int> numbers)
    {
        var length = PostingList.Write(numbers, _messages.Length, _list);
        if (_grams % Segment.BlockGrams == 0)
        {
            var entry = _directory.GetSpan(Segment.DirectoryEntryBytes);
            BinaryPrimitives.WriteInt32LittleEndian(entry, gram);
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], _dictionary.WrittenCount);
            BinaryPrimitives.WriteInt64LittleEndian(entry[8..], _file.Position);
            _directory.Advance(Segment.DirectoryEntryBytes);
            _last = gram;
        }

        Put((uint)(gram - _last));
        Put((uint)length);
        _last = gram;
        _grams++;
        _file.Write(_list.AsSpan(0, length));
    }

    internal void Finish()
    {
        Span<byte> header = stackalloc byte[Segment.HeaderBytes];
        header.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(header, Segment.Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], _uidValidity);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], _messages.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], _grams);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], _file.Position);
        _file.Write(_dictionary.WrittenSpan);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], _file.Position);
        _file.Write(_directory.WrittenSpan);
        BinaryPrimitives.WriteInt64LittleEndian(header[40..], _file.Position);
        _file.Write(MemoryMarshal.AsBytes(_messages.AsSpan()));
        _file.Finish(header);
        _file.Dispose();
        DurableFile.Rename(_path + TemporarySuffix, _path);
        _finished = true;
    }

    public void Dispose()
    {
        _file.Dispose();
        if (!_finished && File.Exists(_path + TemporarySuffix))
            File.Delete(_path + TemporarySuffix);
    }

    private void Put(uint value) => _dictionary.Advance(VarInt.Write(_dictionary.GetSpan(VarInt.MaxBytes), value));
}
