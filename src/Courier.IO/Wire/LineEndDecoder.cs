namespace Courier.IO.Wire;

/// <summary>Takes message text whose length is known beforehand, with no line of one dot behind it (BDAT, RFC 3030): every CR or LF that
/// stands alone becomes CRLF, as <see cref="EndOfDataDecoder"/> has it, all else passes unchanged.</summary>
/// <remarks>A struct with state: pass it by reference. The pieces may be cut anywhere, also between CR and LF.</remarks>
public struct LineEndDecoder
{
    private bool _isAfterCR;

    /// <summary>Takes the next piece off the input.</summary>
    /// <param name="input">Is shortened by what was taken.</param>
    /// <param name="text">Is a part of the input, or a line end made whole.</param>
    /// <returns>False when the input is used up.</returns>
    public bool TryRead(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> text)
    {
        if (_isAfterCR && !input.IsEmpty)
        {
            // The line end was written with the CR.
            _isAfterCR = false;
            if (input[0] == (byte)'\n')
                input = input[1..];
        }

        if (input.IsEmpty)
        {
            text = default;
            return false;
        }

        var plain = LineEndScan.PlainLength(input);
        if (plain > 0)
        {
            text = input[..plain];
            input = input[plain..];
            return true;
        }

        _isAfterCR = input[0] == (byte)'\r';
        input = input[1..];
        text = "\r\n"u8;
        return true;
    }
}
