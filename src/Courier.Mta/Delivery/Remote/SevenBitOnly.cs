using Courier.IO.Files;
using Courier.Mail.Mime;
using Courier.Smtp.Client;

namespace Courier.Mta.Delivery.Remote;

/// <summary>For next hops without 8BITMIME (RFC 6152 §3): a message of more than seven bits is converted, or goes back.</summary>
internal static class SevenBitOnly
{
    /// <summary>Largest message that is converted; it is held in memory for that, and its result.</summary>
    /// <remarks>Servers without 8BITMIME take far less.</remarks>
    private const long BytesMax = 64 * 1024 * 1024;

    /// <summary>Conversions at once: so this never takes more than some 200 MB.</summary>
    private static readonly SemaphoreSlim _places = new(1);

    /// <returns>The message to send; null where it cannot be had in seven bits.</returns>
    public static async ValueTask<OutgoingMessage?> FitAsync(OutgoingMessage message, CancellationToken ct)
    {
        if (!await HoldsAsync(message, ct))
            return message with { Is8Bit = false };
        if (message.Body.Length > BytesMax)
            return null;
        await _places.WaitAsync(ct);
        try
        {
            var body = new byte[message.Body.Length];
            await using (var stream = message.Body.OpenRead())
                await stream.ReadExactlyAsync(body, ct);
            return SevenBit.Convert(body, new MimeLimits()) is { } converted
                ? message with { Body = MessageBody.OfBytes(converted), Is8Bit = false }
                : null;
        }
        finally
        {
            _places.Release();
        }
    }

    private static async ValueTask<bool> HoldsAsync(OutgoingMessage message, CancellationToken ct)
    {
        const int chunkBytes = 64 * 1024;
        var chunk = new byte[Math.Min(chunkBytes, message.Body.Length)];
        await using var stream = message.Body.OpenRead();
        while (await stream.ReadAsync(chunk, ct) is var read and > 0)
        {
            if (SevenBit.Holds(chunk.AsSpan(0, read)))
                return true;
        }

        return false;
    }
}
