using System.Buffers;

namespace Courier.Mta.Reception.Headers;

/// <summary>Finds the addresses without a domain in the value of an address field (RFC 5322 §3.4): <c>ada</c>, <c>Ada &lt;ada&gt;</c>, also within groups.</summary>
/// <remarks>Only what is an address beyond doubt: two words that are no name of something in angle brackets are left alone.</remarks>
internal ref struct BareAddresses(ReadOnlySpan<byte> value)
{
    private static readonly SearchValues<byte> _wordEnds = SearchValues.Create(" \t\r\n()<>,;:@\""u8);

    private static readonly SearchValues<byte> _noBareAddress = SearchValues.Create("@<:, \t()"u8);

    private readonly ReadOnlySpan<byte> _value = value;
    private readonly List<int> _ends = [];
    private int _words;
    private int _wordEnd;
    private bool _hasAt;

    /// <summary>Where a domain is to be put in: behind the local part.</summary>
    internal static IReadOnlyList<int> In(ReadOnlySpan<byte> value) => new BareAddresses(value).Find();

    private List<int> Find()
    {
        var at = 0;
        while (at < _value.Length)
        {
            switch (_value[at])
            {
                case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                    at++;
                    break;
                case (byte)'(':
                    at = Comment(at);
                    break;
                case (byte)'<':
                    at = Angle(at);
                    break;
                case (byte)',' or (byte)';':
                    End();
                    at++;
                    break;
                case (byte)':':
                    // The name of a group.
                    Clear();
                    at++;
                    break;
                case (byte)'@':
                    _hasAt = true;
                    at++;
                    break;
                default:
                    at = Word(at);
                    _words++;
                    _wordEnd = at;
                    break;
            }
        }

        End();
        return _ends;
    }

    private void End()
    {
        if (_words == 1 && !_hasAt)
            _ends.Add(_wordEnd);
        Clear();
    }

    private void Clear() => (_words, _hasAt) = (0, false);

    private readonly int Word(int at)
    {
        if (_value[at] == (byte)'"')
            return Quoted(at, (byte)'"');
        var length = _value[at..].IndexOfAny(_wordEnds);
        return length < 0 ? _value.Length : at + Math.Max(length, 1);
    }

    /// <summary>The name before it is no address then.</summary>
    private int Angle(int at)
    {
        var close = _value[at..].IndexOf((byte)'>');
        if (close < 0)
        {
            _hasAt = true;
            return _value.Length;
        }

        var inside = _value.Slice(at + 1, close - 1).Trim(" \t\r\n"u8);
        if (!inside.IsEmpty && !inside.ContainsAny(_noBareAddress))
            _ends.Add(at + 1 + _value[(at + 1)..(at + close)].IndexOf(inside) + inside.Length);
        _hasAt = true;
        return at + close + 1;
    }

    private readonly int Comment(int at)
    {
        var depth = 0;
        for (; at < _value.Length; at++)
        {
            if (_value[at] == (byte)'\\')
                at++;
            else if (_value[at] == (byte)'(')
                depth++;
            else if (_value[at] == (byte)')' && --depth == 0)
                return at + 1;
        }

        return _value.Length;
    }

    private readonly int Quoted(int at, byte end)
    {
        for (at++; at < _value.Length; at++)
        {
            if (_value[at] == (byte)'\\')
                at++;
            else if (_value[at] == end)
                return at + 1;
        }

        return _value.Length;
    }
}
