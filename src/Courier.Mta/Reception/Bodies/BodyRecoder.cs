using Courier.IO.Files;
using Courier.Mail.Mime;

namespace Courier.Mta.Reception.Bodies;

/// <summary>Puts another form of the same text in the place of a message's parts, where the operator asks for that.</summary>
internal static class BodyRecoder
{
    /// <summary>Largest message that is changed; it is held in memory for that, and its result.</summary>
    private const long BytesMax = 64 * 1024 * 1024;

    /// <summary>How many of those that are in files are changed at once: so this never takes more than some 200 MB.</summary>
    private static readonly SemaphoreSlim _places = new(1);

    /// <returns>The message as it is now; null where nothing is to be changed. The caller disposes of it.</returns>
    internal static async ValueTask<MessageBuffer?> RecodeAsync(MessageBuffer message, BodyChanges changes, Func<MessageBuffer> openBuffer, CancellationToken ct)
    {
        if (changes == BodyChanges.None || message.Length > BytesMax)
            return null;
        if (message.FilePath is null)
            return Recode(message.Memory, changes, openBuffer);
        await _places.WaitAsync(ct);
        try
        {
            var octets = new byte[message.Length];
            await using (var stream = message.OpenRead())
                await stream.ReadExactlyAsync(octets, ct);
            return Recode(octets, changes, openBuffer);
        }
        finally
        {
            _places.Release();
        }
    }

    private static MessageBuffer? Recode(ReadOnlyMemory<byte> message, BodyChanges changes, Func<MessageBuffer> openBuffer)
    {
        if (changes == BodyChanges.SevenBit && !SevenBit.Holds(message.Span))
            return null;
        var changed = changes == BodyChanges.SevenBit ? SevenBit.ConvertUnsigned(message, MimeLimits.Default) : EightBit.Convert(message, MimeLimits.Default);
        if (changed is null)
            return null;
        var buffer = openBuffer();
        try
        {
            buffer.Write(changed);
            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>What BODY of MAIL would say of it now (RFC 6152 §3).</summary>
    internal static bool Is8Bit(MessageBuffer message)
    {
        const int chunkBytes = 64 * 1024;
        if (message.FilePath is null)
            return SevenBit.Holds(message.Memory.Span);
        using var stream = message.OpenRead();
        var chunk = new byte[chunkBytes];
        while (stream.Read(chunk) is var read and > 0)
        {
            if (SevenBit.Holds(chunk.AsSpan(0, read)))
                return true;
        }

        return false;
    }
}
