using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Courier.IO.Wire;

/// <summary>How far message text may be copied as it stands, on its way in or out: the one scan that both directions share.
/// It does three compares for each 32 octets, where a search for each line end costs a call for each line.</summary>
internal static class LineEndScan
{
    // The octet at hand, the one after it, and the one after that.
    private const int LookAhead = 2;

    /// <summary>Length of the longest start of the text in which every CR and LF is part of a CRLF that another octet than a dot
    /// follows. A CRLF at the very end is left out: what follows it is not known.</summary>
    public static int PlainLength(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text[0] == (byte)'\n')
            return 0;
        var offset = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            ref var start = ref MemoryMarshal.GetReference(text);
            for (; offset <= text.Length - Vector256<byte>.Count - LookAhead; offset += Vector256<byte>.Count)
            {
                if (FirstOdd(ref Unsafe.Add(ref start, offset)) is not (>= 0 and var odd))
                    continue;
                // A CR is odd for what follows it; else the octet is odd for the LF behind it, and plain itself.
                return offset + odd + (text[offset + odd] == (byte)'\r' ? 0 : 1);
            }
        }

        return Tail(text, offset);
    }

    private static int FirstOdd(ref byte start)
    {
        var isCR = Vector256.Equals(Vector256.LoadUnsafe(ref start), Vector256.Create((byte)'\r'));
        var beforeLF = Vector256.Equals(Vector256.LoadUnsafe(ref start, 1), Vector256.Create((byte)'\n'));
        var beforeDot = Vector256.Equals(Vector256.LoadUnsafe(ref start, LookAhead), Vector256.Create((byte)'.'));
        var odd = (isCR ^ beforeLF) | (isCR & beforeDot);
        return odd == Vector256<byte>.Zero ? -1 : (int)uint.TrailingZeroCount(odd.ExtractMostSignificantBits());
    }

    // On entry everything before offset is plain, and no LF at offset lacks its CR.
    private static int Tail(ReadOnlySpan<byte> text, int offset)
    {
        if (offset > 0 && offset < text.Length && text[offset] == (byte)'\n')
            offset++;
        while (offset < text.Length)
        {
            var next = text[offset..].IndexOfAny((byte)'\r', (byte)'\n');
            if (next < 0)
                return text.Length;
            offset += next;
            var isPlain = text[offset] == (byte)'\r' && offset + LookAhead < text.Length
                && text[offset + 1] == (byte)'\n' && text[offset + LookAhead] != (byte)'.';
            if (!isPlain)
                return offset;
            offset += LookAhead;
        }

        return offset;
    }
}
