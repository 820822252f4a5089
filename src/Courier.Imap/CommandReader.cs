using System.Buffers;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.IO.Files;

namespace Courier.Imap;

internal enum ReadStatus
{
    /// <summary>A whole command, or one that waits for its message (<see cref="CommandReader.Message"/>).</summary>
    Command,

    /// <summary>A literal of it was refused; what there was of the command is in <see cref="CommandReader.Text"/>.</summary>
    LiteralRefused,

    /// <summary>A line or a refused literal beyond all bounds, or a stranger who sends too much: the connection must end.</summary>
    TooMuch,

    /// <summary>The client has gone.</summary>
    End,
}

/// <summary>Puts commands together from lines and literals (RFC 3501 §4.3, RFC 7888), within limits. The octets of a command lie in one
/// buffer, which is given back while the session waits. The message of an APPEND is never in it: the command takes it as a stream.</summary>
internal sealed class CommandReader(ImapTransport transport, ImapWriter writer, ImapLimits limits)
{
    private byte[]? _buffer;
    private int _length;
    private int _literals;
    private bool _isListening;

    /// <summary>The command with its literals, without the last line end.</summary>
    public ReadOnlySpan<byte> Text => _buffer.AsSpan(0, _length);

    /// <summary>The message that the command ends in, until it has been read.</summary>
    public MessageLiteral? Message { get; private set; }

    public async ValueTask<ReadStatus> ReadAsync()
    {
        if (!await DropMessageAsync())
            return ReadStatus.TooMuch;
        Reset();
        _literals = 0;
        return await AssembleAsync(isContinuation: false);
    }

    /// <summary>Reads the message literal into a buffer, asking for it first if the client waits; then what follows it becomes <see cref="Text"/>.</summary>
    /// <returns>False when a NUL was among the octets (CHAR8 has none), or when the client left.</returns>
    public async ValueTask<bool> ReadMessageAsync(MessageBuffer into)
    {
        var (left, isSynchronizing) = Message ?? throw new InvalidOperationException("There is no message to read.");
        if (isSynchronizing)
            await InviteAsync();
        Message = null;
        var isClean = true;
        while (left > 0)
        {
            var result = await NextAsync(limits.CommandTime);
            var part = result.Buffer.Slice(0, Math.Min(left, result.Buffer.Length));
            try
            {
                foreach (var segment in part)
                {
                    isClean &= !segment.Span.Contains((byte)0);
                    into.Write(segment.Span);
                }
            }
            catch (IOException)
            {
                // Our disk, not the client's fault: the rest is passed over so that the session stays in step.
                Message = new(left - part.Length, IsSynchronizing: false);
                transport.Consume(part.End, part.End, part.Length);
                throw;
            }

            left -= part.Length;
            transport.Consume(part.End, part.End, part.Length);
            if (result.IsCompleted && left > 0)
                return false;
        }

        return isClean;
    }

    /// <summary>After a message: what the command says beyond it (RFC 3502).</summary>
    public ValueTask<ReadStatus> ContinueAsync()
    {
        _length = 0;
        return AssembleAsync(isContinuation: true);
    }

    /// <summary>One line that is no command: an answer in a SASL exchange.</summary>
    public ValueTask<ReadStatus> ReadLineAsync(int limit, TimeSpan wait)
    {
        _length = 0;
        return AppendLineAsync(limit, wait);
    }

    /// <summary>The same while others write: it leaves the writer alone.</summary>
    public async Task<ReadStatus> ListenAsync(int limit, TimeSpan wait)
    {
        Reset();
        _isListening = true;
        try
        {
            return await AppendLineAsync(limit, wait);
        }
        finally
        {
            _isListening = false;
        }
    }

    /// <summary>Gives the buffer back: an idle session holds none.</summary>
    public void Reset()
    {
        if (_buffer is { } buffer)
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true); // it may have held a password
        (_buffer, _length) = (null, 0);
    }

    private async ValueTask<ReadStatus> AssembleAsync(bool isContinuation)
    {
        var wait = limits.Inactivity;
        while (true)
        {
            if (await AppendLineAsync(limits.CommandBytes, wait) is not ReadStatus.Command and var failed)
                return failed;
            if (!LiteralAhead.TryRead(Text, out var start, out var length, out var isSynchronizing))
                return ReadStatus.Command;
            if (isContinuation || LiteralAhead.IsMessage(Text[..start]))
            {
                Message = new(length, isSynchronizing);
                return ReadStatus.Command;
            }

            if (length > limits.LiteralBytes || _length + length + 2 > limits.CommandBytes || ++_literals > limits.LiteralsMax)
                return await RefuseAsync(length, isSynchronizing);
            if (isSynchronizing)
                await InviteAsync();
            if (!await AppendLiteralAsync((int)length))
                return ReadStatus.End;
            wait = limits.CommandTime;
        }
    }

    /// <summary>A refused literal that comes uninvited is passed over, and the rest of its command with it (RFC 7888 §4).</summary>
    private async ValueTask<ReadStatus> RefuseAsync(long length, bool isSynchronizing)
    {
        if (isSynchronizing)
            return ReadStatus.LiteralRefused;
        Message = new(length, IsSynchronizing: false);
        return await DropMessageAsync(keepText: true) ? ReadStatus.LiteralRefused : ReadStatus.TooMuch;
    }

    /// <summary>Passes over a message that no command has read.</summary>
    private async ValueTask<bool> DropMessageAsync(bool keepText = false)
    {
        while (Message is { } message)
        {
            Message = null;
            if (message.IsSynchronizing)
                return true; // it was never invited, so it does not come
            if (message.Length > limits.SkipBytes || (!transport.IsLoggedIn && message.Length > limits.PreAuthBytes))
                return false;
            if (!await SkipAsync(message.Length))
                return true;
            var kept = keepText ? _length : 0;
            _length = kept;
            if (await AppendLineAsync(kept + limits.CommandBytes, limits.CommandTime) is not ReadStatus.Command)
                return false;
            if (LiteralAhead.TryRead(Text[kept..], out _, out var next, out var waits))
                Message = new(next, waits);
            _length = kept;
        }

        return true;
    }

    private async ValueTask<bool> SkipAsync(long left)
    {
        while (left > 0)
        {
            var result = await NextAsync(limits.CommandTime);
            var part = result.Buffer.Slice(0, Math.Min(left, result.Buffer.Length));
            left -= part.Length;
            transport.Consume(part.End, part.End, part.Length);
            if (result.IsCompleted && left > 0)
                return false;
        }

        return true;
    }

    private async ValueTask InviteAsync()
    {
        writer.Raw("+ Ready\r\n"u8);
        await writer.FlushAsync();
    }

    private async ValueTask<bool> AppendLiteralAsync(int length)
    {
        Append("\r\n"u8);
        for (var left = length; left > 0;)
        {
            var result = await NextAsync(limits.CommandTime);
            var part = result.Buffer.Slice(0, Math.Min(left, result.Buffer.Length));
            Append(part);
            left -= (int)part.Length;
            transport.Consume(part.End, part.End, part.Length);
            if (result.IsCompleted && left > 0)
                return false;
        }

        return true;
    }

    // Takes what has come off the pipe at once, whole line or not: nothing is searched twice, however small the pieces.
    private async ValueTask<ReadStatus> AppendLineAsync(int limit, TimeSpan wait)
    {
        while (true)
        {
            var result = await NextAsync(wait);
            var end = result.Buffer.PositionOf((byte)'\n');
            var part = end is { } found ? result.Buffer.Slice(0, found) : result.Buffer;
            if (_length + part.Length > limit)
                return ReadStatus.TooMuch;
            Append(part);
            if (end is { } feed)
                transport.Consume(result.Buffer.GetPosition(1, feed), result.Buffer.GetPosition(1, feed), part.Length + 1);
            else
                transport.Consume(part.End, part.End, part.Length);
            if (transport.IsOverBudget)
                return ReadStatus.TooMuch;
            if (end is not null)
            {
                if (_length > 0 && _buffer![_length - 1] == '\r')
                    _length--;
                return ReadStatus.Command;
            }

            if (result.IsCompleted)
                return ReadStatus.End;
            wait = limits.CommandTime;
        }
    }

    private async ValueTask<System.IO.Pipelines.ReadResult> NextAsync(TimeSpan wait)
    {
        if (transport.TryRead(out var result))
            return result;
        if (!_isListening)
            await writer.FlushAsync();
        return await transport.ReadAsync(wait);
    }

    private void Append(in ReadOnlySequence<byte> octets)
    {
        foreach (var segment in octets)
            Append(segment.Span);
    }

    private void Append(ReadOnlySpan<byte> octets)
    {
        const int firstBytes = 256;
        if (_buffer is null || _buffer.Length < _length + octets.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(firstBytes, Math.Max(_length + octets.Length, _length * 2)));
            Text.CopyTo(larger);
            if (_buffer is { } old)
                ArrayPool<byte>.Shared.Return(old, clearArray: true);
            _buffer = larger;
        }

        octets.CopyTo(_buffer.AsSpan(_length));
        _length += octets.Length;
    }
}
