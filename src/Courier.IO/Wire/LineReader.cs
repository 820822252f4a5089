using System.Buffers;
using System.IO.Pipelines;

namespace Courier.IO.Wire;

/// <summary>What <see cref="LineReader.ReadAsync"/> found.</summary>
public enum LineStatus
{
    Line,

    /// <summary>The line was longer than allowed; all of it up to its line end has been passed over.</summary>
    TooLong,

    /// <summary>The same, and its end has not come within <see cref="LineReader.EndlessBytes"/>: what follows is still of this line, and nothing can be read any more.</summary>
    Endless,

    /// <summary>The peer closed; an unfinished line is dropped.</summary>
    End,
}

/// <summary>Reads lines of commands from a connection. A line ends with LF; a CR before it is taken off. A CR elsewhere
/// stays in the line for the grammar to refuse.</summary>
public sealed class LineReader(int limitBytes)
{
    // Holds every usual command; the buffer of a longer line is given up at the next one.
    private const int UsualBytes = 256;

    private byte[] _buffer = [];
    private int _length;

    /// <summary>The line last read, without its end. Valid until the next read.</summary>
    public ReadOnlyMemory<byte> Line => _buffer.AsMemory(0, _length);

    /// <summary>Longest line in octets, its CRLF included.</summary>
    public int LimitBytes { get; set; } = limitBytes;

    /// <summary>Of a line that is too long so much is passed over to find its end, which may never come.</summary>
    public long EndlessBytes { get; init; } = long.MaxValue;

    public async ValueTask<LineStatus> ReadAsync(PipeReader input, CancellationToken ct)
    {
        var tooLong = false;
        var passed = 0L;
        while (true)
        {
            var result = await input.ReadAsync(ct);
            if (TryTake(result.Buffer, ref tooLong, out var consumed))
            {
                input.AdvanceTo(consumed);
                return tooLong ? LineStatus.TooLong : LineStatus.Line;
            }

            passed += tooLong ? result.Buffer.Length : 0;
            if (!tooLong)
                input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            else
                input.AdvanceTo(result.Buffer.End);
            if (tooLong && passed >= EndlessBytes)
                return LineStatus.Endless;
            if (result.IsCompleted)
                return LineStatus.End;
        }
    }

    /// <summary>Whether a whole line has arrived already, without waiting: decides if replies are flushed (RFC 2920 §3.2).</summary>
    public static bool HasBufferedLine(PipeReader input)
    {
        if (!input.TryRead(out var result))
            return false;
        var has = result.Buffer.PositionOf((byte)'\n') is not null;
        input.AdvanceTo(result.Buffer.Start);
        return has;
    }

    private bool TryTake(in ReadOnlySequence<byte> buffer, ref bool tooLong, out SequencePosition consumed)
    {
        consumed = default;
        if (buffer.PositionOf((byte)'\n') is not { } end)
        {
            tooLong |= buffer.Length >= LimitBytes;
            return false;
        }

        var line = buffer.Slice(0, end);
        consumed = buffer.GetPosition(1, end);
        tooLong |= line.Length + 1 > LimitBytes;
        if (tooLong)
            return true;
        _length = (int)line.Length;
        if (_buffer.Length < _length || _buffer.Length > Math.Max(UsualBytes, _length))
            _buffer = new byte[Math.Max(UsualBytes, _length)];
        line.CopyTo(_buffer);
        if (_length > 0 && _buffer[_length - 1] == (byte)'\r')
            _length--;
        return true;
    }
}
