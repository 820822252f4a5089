namespace Courier.Mailboxes.Upkeep;

/// <summary>Lines of a file that can be gone back in, in bounded memory: a line longer than the buffer comes in pieces.</summary>
internal sealed class LineSource(Stream stream)
{
    private const int BufferBytes = 128 * 1024;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;
    private bool _inLine;
    private long _bufferAt;

    /// <summary>Where the next line begins.</summary>
    internal long Position => _bufferAt + _start;

    internal long Length => stream.Length;

    internal void Seek(long position)
    {
        stream.Position = position;
        (_start, _end, _bufferAt, _inLine) = (0, 0, position, false);
    }

    /// <summary>The next line with its line feed, or a piece of it. False at the end.</summary>
    /// <param name="line">Valid until the next call.</param>
    /// <param name="isStart">It begins a line.</param>
    internal bool TryRead(out ReadOnlySpan<byte> line, out bool isStart)
    {
        isStart = !_inLine;
        var end = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
        if (end < 0)
        {
            Fill();
            end = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
        }

        var length = end < 0 ? _end - _start : end + 1;
        line = _buffer.AsSpan(_start, length);
        _start += length;
        _inLine = end < 0;
        return length > 0;
    }

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _bufferAt += _start;
        (_end, _start) = (_end - _start, 0);
        int count;
        while (_end < BufferBytes && (count = stream.Read(_buffer, _end, BufferBytes - _end)) > 0)
            _end += count;
    }
}
