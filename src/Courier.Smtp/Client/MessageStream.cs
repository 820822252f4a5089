using System.Buffers;
using System.Globalization;
using Courier.Net;

namespace Courier.Smtp.Client;

/// <summary>Puts a message on the wire, a block at a time: behind DATA, or as chunks (BDAT, RFC 3030) where the server takes those.</summary>
/// <param name="message">With trace and body.</param>
/// <param name="wire">Whose it becomes.</param>
/// <param name="deadline">Set anew for each block.</param>
/// <param name="limits">How long a block may take.</param>
/// <param name="chunks">Asked for the answers to chunks; null sends behind DATA.</param>
internal sealed class MessageStream(OutgoingMessage message, ClientWire wire, Deadline deadline, SmtpClientLimits limits, ChunkAnswers? chunks)
{
    /// <summary>Throws <see cref="IOException"/> when the body is not as long as it should be: then its end has not been sent.</summary>
    /// <param name="file">The body, when it is in a file.</param>
    internal async ValueTask WriteAsync(Stream? file)
    {
        using var block = new EncodedBlock(isChunk: chunks is not null);
        await WriteBytesAsync(block, message.Trace);
        if (file is null)
            await WriteBytesAsync(block, message.Body.Inline);
        else
            await WriteFileAsync(block, file);
        block.Finish();
        await WriteBlockAsync(block, isLast: true);
    }

    private async ValueTask WriteBytesAsync(EncodedBlock block, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(bytes.Length, EncodedBlock.PieceBytes)];
            await WritePieceAsync(block, piece);
            bytes = bytes[piece.Length..];
        }
    }

    private async ValueTask WriteFileAsync(EncodedBlock block, Stream file)
    {
        var piece = ArrayPool<byte>.Shared.Rent(EncodedBlock.PieceBytes);
        try
        {
            long total = 0;
            while (await file.ReadAsync(piece.AsMemory(0, EncodedBlock.PieceBytes)) is var read and > 0)
            {
                total += read;
                await WritePieceAsync(block, piece.AsMemory(0, read));
            }

            // A message cut short must not look whole.
            if (total != message.Body.Length)
                throw new IOException($"The body has {total} octets where {message.Body.Length} were expected.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private ValueTask WritePieceAsync(EncodedBlock block, ReadOnlyMemory<byte> piece)
    {
        block.Write(piece.Span);
        return block.IsFull ? WriteBlockAsync(block, isLast: false) : default;
    }

    private async ValueTask WriteBlockAsync(EncodedBlock block, bool isLast)
    {
        deadline.Set(limits.BlockTimeout);
        if (chunks is not null)
        {
            chunks.Begin(isLast);
            wire.Write(string.Create(CultureInfo.InvariantCulture, $"BDAT {block.Written.Length}{(isLast ? " LAST" : "")}\r\n"));
        }

        await wire.Connection.Output.WriteAsync(block.Written, deadline.Token);
        block.Reset();
        if (chunks is not null && !isLast)
            await chunks.KeepUpAsync();
    }
}

/// <summary>The answers to chunks (RFC 3030 §2): one for each, read some chunks later, so that the line is never idle.</summary>
/// <param name="read">Reads the next; throws when it ends the message.</param>
/// <param name="last">Called before the last chunk goes out: from then on the message may be the server's.</param>
internal sealed class ChunkAnswers(Func<ValueTask> read, Action last)
{
    /// <remarks>RFC 2920 §3.1: unread replies must fit the windows of TCP. As many chunks of 32 KB are in flight as fill a fast, long line.</remarks>
    private const int Ahead = 32;

    private int _open;

    internal void Begin(bool isLast)
    {
        if (isLast)
            last();
        else
            _open++;
    }

    internal async ValueTask KeepUpAsync()
    {
        if (_open >= Ahead)
            await ReadOneAsync();
    }

    /// <summary>Reads those to all chunks but the last.</summary>
    internal async ValueTask ReadAllAsync()
    {
        while (_open > 0)
            await ReadOneAsync();
    }

    private async ValueTask ReadOneAsync()
    {
        await read();
        _open--;
    }
}
