using System.Numerics;

namespace Courier.Mailboxes.FullText;

/// <summary>Which messages of a segment have a gram: distances between their numbers, seven bits an octet, or one bit a message where that is
/// shorter. The length tells which.</summary>
internal static class PostingList
{
    internal static int BitmapLength(int messages) => (messages + 7) / 8;

    /// <summary>Octets written. <paramref name="output"/> has room for a bitmap; <paramref name="numbers"/> ascend.</summary>
    internal static int Write(ReadOnlySpan<int> numbers, int messages, Span<byte> output)
    {
        var limit = BitmapLength(messages);
        var length = 0;
        var before = -1;
        foreach (var number in numbers)
        {
            var distance = (uint)(number - before - 1);
            before = number;
            if (length + VarInt.Length(distance) >= limit)
                return WriteBitmap(numbers, output[..limit]);
            length += VarInt.Write(output[length..], distance);
        }

        return length;
    }

    /// <summary>Sets the bits of the messages; false for octets that are no such list.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> list, int messages, Span<ulong> bits)
    {
        if (list.Length == BitmapLength(messages))
        {
            for (var i = 0; i < list.Length; i++)
                bits[i >> 3] |= (ulong)list[i] << ((i & 7) * 8);
            return true;
        }

        long number = -1;
        while (!list.IsEmpty)
        {
            if (!VarInt.TryRead(ref list, out var distance))
                return false;
            number += distance + 1L;
            if (number >= messages)
                return false;
            bits[(int)(number >> 6)] |= 1UL << (int)(number & 63);
        }

        return true;
    }

    internal static int CountOf(ReadOnlySpan<ulong> bits)
    {
        var count = 0;
        foreach (var word in bits)
            count += BitOperations.PopCount(word);
        return count;
    }

    private static int WriteBitmap(ReadOnlySpan<int> numbers, Span<byte> output)
    {
        output.Clear();
        foreach (var number in numbers)
            output[number >> 3] |= (byte)(1 << (number & 7));
        return output.Length;
    }
}

/// <summary>Numbers in seven bits an octet, the lowest first.</summary>
internal static class VarInt
{
    internal const int MaxBytes = 5;

    internal static int Length(uint value) => 1 + (BitOperations.Log2(value | 1) / 7);

    internal static int Write(Span<byte> output, uint value)
    {
        var length = 0;
        for (; value >= 128; value >>= 7)
            output[length++] = (byte)(value | 128);
        output[length++] = (byte)value;
        return length;
    }

    internal static bool TryRead(ref ReadOnlySpan<byte> input, out uint value)
    {
        value = 0;
        for (var i = 0; i < Math.Min(input.Length, MaxBytes); i++)
        {
            value |= (uint)(input[i] & 127) << (7 * i);
            if (input[i] >= 128)
                continue;
            input = input[(i + 1)..];
            return true;
        }

        return false;
    }
}
