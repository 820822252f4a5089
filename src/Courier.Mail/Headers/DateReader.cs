namespace Courier.Mail.Headers;

/// <summary>The words, numbers and comments that dates are made of.</summary>
internal ref struct DateReader(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> _text = text;
    private int _position;

    /// <summary>The next octet, or -1 at the end.</summary>
    public readonly int Next => _position < _text.Length ? _text[_position] : -1;

    public bool Take(char octet)
    {
        if (Next != octet)
            return false;
        _position++;
        return true;
    }

    /// <summary>White space, line ends and comments (RFC 5322 §3.2.2).</summary>
    public void SkipSpace()
    {
        var depth = 0;
        for (; _position < _text.Length; _position++)
        {
            switch (_text[_position])
            {
                case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                    break;
                case (byte)'(':
                    depth++;
                    break;
                case (byte)')' when depth > 0:
                    depth--;
                    break;
                case (byte)'\\' when depth > 0:
                    _position++;
                    break;
                default:
                    if (depth == 0)
                        return;
                    break;
            }
        }
        _position = Math.Min(_position, _text.Length);
    }

    /// <summary>Letters; empty where there are none.</summary>
    public ReadOnlySpan<byte> Word()
    {
        var start = _position;
        while (Next is >= 'A' and <= 'Z' or >= 'a' and <= 'z')
            _position++;
        return _text[start.._position];
    }

    /// <summary>Digits as a number, or -1 where there are fewer or more than allowed.</summary>
    public int Number(int least, int most, out int digits)
    {
        var number = 0;
        for (digits = 0; Next is >= '0' and <= '9' && digits <= most; digits++, _position++)
            number = number * 10 + (Next - '0');
        return digits >= least && digits <= most ? number : -1;
    }

    public int Number(int least, int most) => Number(least, most, out _);
}
