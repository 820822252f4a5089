using System.Buffers.Text;

namespace Courier.Pop3.Commands;

/// <summary>What arguments are made of (RFC 1939 §3): printable characters, one space between two. Trailing spaces, which some
/// clients send, mean nothing.</summary>
internal static class Arguments
{
    internal static bool AreNone(ReadOnlySpan<byte> text) => text.Trim((byte)' ').IsEmpty;

    /// <summary>The number of a message: digits only, from 1.</summary>
    internal static bool TryNumber(ReadOnlySpan<byte> text, out int number)
    {
        text = text.Trim((byte)' ');
        return TryCount(text, out number) && number > 0;
    }

    /// <summary>Digits only, from 0.</summary>
    internal static bool TryCount(ReadOnlySpan<byte> text, out int number)
    {
        number = 0;
        return !text.IsEmpty && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && Utf8Parser.TryParse(text, out number, out var consumed) && consumed == text.Length;
    }
}
