using System.Buffers;
using System.Text;

namespace Courier.Mail.Mime;

/// <summary>The words of structured MIME fields: tokens, quoted strings and comments (RFC 2045 §5.1, RFC 5322 §3.2).
/// Strings hold one octet per character.</summary>
internal ref struct ValueReader(ReadOnlySpan<byte> value)
{
    // What ends a token: tspecials, space and controls. 8-bit octets go through, as many programs write them.
    private static readonly SearchValues<byte> TokenEnd =
        SearchValues.Create([.. Enumerable.Range(0, 33).Select(c => (byte)c), 127, .. "()<>@,;:\\\"/[]?="u8]);

    // What ends an unquoted parameter value in the wild, where = / : @ stand unquoted in boundaries and names.
    private static readonly SearchValues<byte> ValueEnd = SearchValues.Create(" \t\r\n;\"("u8);

    private static readonly SearchValues<byte> QuoteStop = SearchValues.Create("\"\\\r\n"u8);

    private static readonly SearchValues<byte> CommentStop = SearchValues.Create("()\\"u8);

    private readonly ReadOnlySpan<byte> _value = value;
    private int _position;

    public readonly bool AtEnd => _position >= _value.Length;

    public readonly int Next => _position < _value.Length ? _value[_position] : -1;

    private readonly ReadOnlySpan<byte> Rest => _value[_position..];

    public bool Take(char octet)
    {
        if (Next != octet)
            return false;
        _position++;
        return true;
    }

    /// <summary>White space, line ends and comments.</summary>
    public void SkipSpace()
    {
        while (_position < _value.Length)
        {
            if (_value[_position] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
                _position++;
            else if (_value[_position] == '(')
                SkipComment();
            else
                return;
        }
    }

    /// <summary>Past the next octet of that kind; to the end without one.</summary>
    public void SkipPast(byte octet)
    {
        var length = Rest.IndexOf(octet);
        _position = length < 0 ? _value.Length : _position + length + 1;
    }

    public ReadOnlySpan<byte> Token() => TakeUntil(TokenEnd);

    public ReadOnlySpan<byte> UnquotedValue() => TakeUntil(ValueEnd);

    /// <summary>What stands between quotes, backslashes and line ends taken out; to the end where the second is missing.</summary>
    public string QuotedString()
    {
        _position++;
        var length = Rest.IndexOfAny(QuoteStop);
        if (length >= 0 && Rest[length] == '"')
        {
            var simple = Encoding.Latin1.GetString(Rest[..length]);
            _position += length + 1;
            return simple;
        }
        var content = new StringBuilder();
        while (!AtEnd)
        {
            length = Rest.IndexOfAny(QuoteStop);
            if (length < 0)
                length = Rest.Length;
            content.Append(Encoding.Latin1.GetString(Rest[..length]));
            _position += length;
            if (AtEnd)
                break;
            var stop = _value[_position++];
            if (stop == '"')
                break;
            if (stop == '\\' && !AtEnd)
                content.Append((char)_value[_position++]);
        }
        return content.ToString();
    }

    /// <summary>Comments nest (RFC 5322 §3.2.2); counted, not recursed into.</summary>
    private void SkipComment()
    {
        var depth = 0;
        do
        {
            var length = Rest.IndexOfAny(CommentStop);
            if (length < 0)
            {
                _position = _value.Length;
                return;
            }
            _position += length + 1;
            switch (_value[_position - 1])
            {
                case (byte)'(':
                    depth++;
                    break;
                case (byte)')':
                    depth--;
                    break;
                default:
                    _position = Math.Min(_position + 1, _value.Length);
                    break;
            }
        }
        while (depth > 0);
    }

    private ReadOnlySpan<byte> TakeUntil(SearchValues<byte> end)
    {
        var length = Rest.IndexOfAny(end);
        var taken = length < 0 ? Rest : Rest[..length];
        _position += taken.Length;
        return taken;
    }
}
