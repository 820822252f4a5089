using System.Buffers;
using Courier.Mail.Addresses;

namespace Courier.Mail.Mime;

/// <summary>What an entry of an address field is.</summary>
internal enum AddressKind
{
    Mailbox,
    GroupStart,
    GroupEnd,
}

/// <summary>Walks the addresses of a From, To … field (RFC 5322 §3.4, §4.4) as tolerantly as mail in the wild needs: whatever
/// is there comes out as some address, and nothing stops the walk.</summary>
/// <remarks>The pieces of the current entry lie in scratch buffers that are used again for the next. A comment gives the name of an
/// address that has none. Quotes and backslashes are taken out; encoded words stay.</remarks>
internal ref struct AddressList(ReadOnlySpan<byte> field)
{
    private static readonly SearchValues<byte> Special = SearchValues.Create(" \t\r\n\"(),:;<>@\\"u8);

    private static readonly SearchValues<byte> QuoteStop = SearchValues.Create("\"\\\r\n"u8);

    private static readonly SearchValues<byte> CommentStop = SearchValues.Create("()\\\r\n"u8);

    private readonly ReadOnlySpan<byte> _field = field;
    private readonly ArrayBufferWriter<byte> _words = new(64);
    private readonly ArrayBufferWriter<byte> _comment = new(16);
    private readonly ArrayBufferWriter<byte> _route = new(16);
    private readonly ArrayBufferWriter<byte> _mailbox = new(64);
    private readonly ArrayBufferWriter<byte> _host = new(64);
    private int _position;
    private int _lastWord;
    private bool _inGroup;
    private bool _hasAddress;
    private bool _hasAngle;
    private bool _isBroken; // a colon where none can be: what follows, up to an angle bracket, is no name

    public AddressKind Kind { get; private set; }

    /// <summary>Display name, or a comment in its place; empty without either.</summary>
    public readonly ReadOnlySpan<byte> Name => _words.WrittenCount > 0 ? _words.WrittenSpan : _hasAngle ? default : _comment.WrittenSpan;

    /// <summary>Source route (RFC 5322 §4.4) without its colon; empty without one.</summary>
    public readonly ReadOnlySpan<byte> Route => _route.WrittenSpan;

    /// <summary>Local part, or the name of the group that starts.</summary>
    public readonly ReadOnlySpan<byte> Mailbox => _mailbox.WrittenSpan;

    /// <summary>Empty where the address has no domain.</summary>
    public readonly ReadOnlySpan<byte> Host => _host.WrittenSpan;

    private readonly int Next => _position < _field.Length ? _field[_position] : -1;

    public bool MoveNext()
    {
        Clear();
        while (Next is var octet and >= 0)
        {
            switch (octet)
            {
                case ',':
                    _position++;
                    if (HasEntry)
                        return Finish();
                    break;
                case ';':
                    if (HasEntry)
                    {
                        if (!_inGroup)
                            _position++; // a list separated as some desktop programs do
                        return Finish();
                    }
                    _position++;
                    if (_inGroup)
                        return EndGroup();
                    break;
                case ':' when !_hasAddress && !_inGroup && _words.WrittenCount > 0:
                    _position++;
                    return StartGroup();
                case ':':
                    _position++;
                    _isBroken = HasEntry;
                    break;
                case '<':
                    _position++;
                    Angle();
                    break;
                case '@':
                    _position++;
                    BareAddress();
                    break;
                default:
                    WordOrSpace();
                    break;
            }
        }
        return HasEntry ? Finish() : _inGroup && EndGroup();
    }

    private readonly bool TakesWords => !_hasAddress && !_isBroken;

    private readonly bool HasEntry => _hasAddress || _words.WrittenCount > 0;

    private void Clear()
    {
        _words.ResetWrittenCount();
        _comment.ResetWrittenCount();
        _route.ResetWrittenCount();
        _mailbox.ResetWrittenCount();
        _host.ResetWrittenCount();
        (_lastWord, _hasAddress, _hasAngle, _isBroken) = (0, false, false, false);
    }

    private bool Finish()
    {
        Kind = AddressKind.Mailbox;
        if (!_hasAddress)
        {
            // Words alone are a local part without a domain: "postmaster".
            _mailbox.Write(_words.WrittenSpan);
            _words.ResetWrittenCount();
        }
        return true;
    }

    private bool StartGroup()
    {
        Finish();
        Kind = AddressKind.GroupStart;
        _comment.ResetWrittenCount();
        return _inGroup = true;
    }

    private bool EndGroup()
    {
        Clear();
        Kind = AddressKind.GroupEnd;
        _inGroup = false;
        return true;
    }

    /// <summary>One step over a word, a comment, white space or a stray special.</summary>
    private void WordOrSpace()
    {
        switch (Next)
        {
            case '(':
                Comment();
                break;
            case '"':
                BeginWord();
                QuotedString(TakesWords ? _words : null);
                break;
            case ' ' or '\t' or '\r' or '\n' or '>' or ')' or '\\':
                _position++;
                break;
            default:
                BeginWord();
                var atom = TakeUntil(Special);
                if (TakesWords)
                    _words.Write(atom);
                break;
        }
    }

    /// <summary>Words are joined by one space, and not where they touch.</summary>
    private void BeginWord()
    {
        var touches = _position > 0 && _field[_position - 1] is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)')');
        if (!TakesWords || _words.WrittenCount == 0 || touches)
            return;
        _words.Write(" "u8);
        _lastWord = _words.WrittenCount;
    }

    /// <summary>addr-spec without angle brackets: the word before the @ is the local part, those before it a name.</summary>
    private void BareAddress()
    {
        if (_hasAddress)
            return;
        _hasAddress = true;
        _mailbox.Write(_words.WrittenSpan[_lastWord..]);
        var name = _words.WrittenSpan[..Math.Max(_lastWord - 1, 0)];
        if (name.IsEmpty)
            _words.ResetWrittenCount();
        else
            Rewrite(_words, name);
        Domain(_host);
    }

    /// <summary>angle-addr. After a bare address, that was the name: <c>ada@example.org &lt;ada@example.org&gt;</c>.</summary>
    private void Angle()
    {
        if (_hasAddress && !_hasAngle)
        {
            _words.Write(_mailbox.WrittenSpan);
            _words.Write("@"u8);
            _words.Write(_host.WrittenSpan);
            _mailbox.ResetWrittenCount();
            _host.ResetWrittenCount();
        }
        var isFirst = !_hasAngle;
        (_hasAddress, _hasAngle) = (true, true);
        if (!isFirst)
            return;
        SkipSpace();
        if (Next == '@')
            SourceRoute();
        while (Next is var octet and >= 0 and not ('>' or ',' or ';'))
        {
            switch (octet)
            {
                case '@':
                    _position++;
                    Domain(_host);
                    return;
                case '"':
                    QuotedString(_mailbox);
                    break;
                case '(':
                    Comment();
                    break;
                case ' ' or '\t' or '\r' or '\n':
                    SkipSpace();
                    if (_mailbox.WrittenCount > 0 && Next is not (-1 or '@' or '>'))
                        _mailbox.Write(" "u8);
                    break;
                default:
                    _mailbox.Write(_field.Slice(_position, 1));
                    _position++;
                    _mailbox.Write(TakeUntil(Special));
                    break;
            }
        }
    }

    /// <summary>obs-route = obs-domain-list ":" (RFC 5322 §4.4). Where the colon does not come, nothing is taken.</summary>
    private void SourceRoute()
    {
        var start = _position;
        while (Next is '@' or ',')
        {
            var separator = _field.Slice(_position++, 1);
            if (separator[0] == ',')
                SkipSpace();
            else
            {
                if (_route.WrittenCount > 0)
                    _route.Write(","u8);
                _route.Write(separator);
                Domain(_route);
            }
            SkipSpace();
        }
        if (Next == ':')
            _position++;
        else
        {
            _position = start;
            _route.ResetWrittenCount();
        }
    }

    /// <summary>A name, or a literal with its brackets; white space around dots is obsolete and taken out.</summary>
    private void Domain(ArrayBufferWriter<byte> host)
    {
        SkipSpace();
        if (Next == '[')
        {
            // Looked for no further than a domain reaches, or a field of brackets would take long.
            var rest = _field[_position..];
            var length = rest[..Math.Min(rest.Length, AddressLimits.Domain)].IndexOf((byte)']') + 1;
            if (length > 0)
            {
                host.Write(_field.Slice(_position, length));
                _position += length;
                return;
            }
        }
        host.Write(TakeUntil(Special));
    }

    private void SkipSpace()
    {
        while (Next is ' ' or '\t' or '\r' or '\n' or '(')
        {
            if (Next == '(')
                Comment();
            else
                _position++;
        }
    }

    private void QuotedString(ArrayBufferWriter<byte>? content)
    {
        _position++;
        while (Next >= 0)
        {
            var run = TakeUntil(QuoteStop);
            content?.Write(run);
            var stop = Next;
            _position++;
            if (stop == '"')
                return;
            if (stop == '\\' && Next >= 0)
            {
                content?.Write(_field.Slice(_position, 1));
                _position++;
            }
        }
        _position = Math.Min(_position, _field.Length);
    }

    /// <summary>The last comment of an entry is kept, those inside it with their parentheses.</summary>
    private void Comment()
    {
        _comment.ResetWrittenCount();
        _position++;
        for (var depth = 1; Next >= 0;)
        {
            _comment.Write(TakeUntil(CommentStop));
            var stop = Next;
            _position++;
            depth += stop switch { '(' => 1, ')' => -1, _ => 0 };
            if (depth == 0)
                break;
            if (stop is '(' or ')')
                _comment.Write([(byte)stop]);
            else if (stop == '\\' && Next >= 0)
            {
                _comment.Write(_field.Slice(_position, 1));
                _position++;
            }
        }
        _position = Math.Min(_position, _field.Length);
    }

    private ReadOnlySpan<byte> TakeUntil(SearchValues<byte> end)
    {
        var rest = _field[_position..];
        var length = rest.IndexOfAny(end);
        var taken = length < 0 ? rest : rest[..length];
        _position += taken.Length;
        return taken;
    }

    private static void Rewrite(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> start)
    {
        var length = start.Length;
        buffer.ResetWrittenCount();
        buffer.Advance(length); // its octets are still there
    }
}
