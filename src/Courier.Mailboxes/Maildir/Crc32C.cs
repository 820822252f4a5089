using System.Numerics;

namespace Courier.Mailboxes.Maildir;

/// <summary>The checksum of everything that lies in <c>courier/</c>.</summary>
internal static class Crc32C
{
    internal static uint Of(ReadOnlySpan<byte> bytes) => ~Of(bytes, uint.MaxValue);

    /// <summary>Goes on with <paramref name="crc"/>, which begins and ends inverted.</summary>
    internal static uint Of(ReadOnlySpan<byte> bytes, uint crc)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BitConverter.ToUInt64(bytes));
        foreach (var octet in bytes)
            crc = BitOperations.Crc32C(crc, octet);
        return crc;
    }
}
