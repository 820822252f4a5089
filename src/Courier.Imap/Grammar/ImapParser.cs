using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Courier.Mail.Headers;
using Courier.Mailboxes;

namespace Courier.Imap.Grammar;

/// <summary>Reads the formal syntax of RFC 3501 §9 from one whole command: its lines and literals as they came, without the last
/// line end. It has no state beyond its place in the bytes; every method either moves on or throws.</summary>
internal ref struct ImapParser(ReadOnlySpan<byte> text, ImapLimits limits, MailboxNaming? naming = null)
{
    // atom-specials = "(" / ")" / "{" / SP / CTL / list-wildcards / quoted-specials / resp-specials
    private const string AtomText = "!#$&'+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[^_`abcdefghijklmnopqrstuvwxyz|}~";

    private static readonly SearchValues<byte> _atom = SearchValues.Create(Encoding.ASCII.GetBytes(AtomText));
    private static readonly SearchValues<byte> _astring = SearchValues.Create(Encoding.ASCII.GetBytes(AtomText + "]"));
    private static readonly SearchValues<byte> _listChars = SearchValues.Create(Encoding.ASCII.GetBytes(AtomText + "]%*"));
    private static readonly SearchValues<byte> _tag = SearchValues.Create(Encoding.ASCII.GetBytes((AtomText + "]").Replace("+", "", StringComparison.Ordinal)));
    private static readonly SearchValues<byte> _quotedEnd = SearchValues.Create("\"\\\r\n\0"u8);
    private static readonly UTF8Encoding _strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _text = text;
    private int _at;

    public readonly ImapLimits Limits => limits;

    /// <summary>How the session writes the names of mailboxes.</summary>
    public readonly MailboxNaming Naming => naming ?? MailboxNaming.Default;

    public readonly bool AtEnd => _at >= _text.Length;

    public readonly ReadOnlySpan<byte> Rest => _text[_at..];

    /// <summary>tag = 1*&lt;any ASTRING-CHAR except "+"&gt;</summary>
    public ReadOnlySpan<byte> Tag() => Take(_tag, "Expected a tag");

    /// <summary>atom = 1*ATOM-CHAR</summary>
    public ReadOnlySpan<byte> Atom() => Take(_atom, "Expected an atom");

    public void Space() => Expect((byte)' ', "Expected a space");

    public bool TrySpace() => TryByte((byte)' ');

    public readonly void End()
    {
        if (!AtEnd)
            throw new ImapSyntaxException("Unexpected text at the end of the command");
    }

    public readonly bool Next(byte octet) => _at < _text.Length && _text[_at] == octet;

    public bool TryByte(byte octet)
    {
        if (!Next(octet))
            return false;
        _at++;
        return true;
    }

    public void Expect(byte octet, string complaint)
    {
        if (!TryByte(octet))
            throw new ImapSyntaxException(complaint);
    }

    /// <summary>Takes a word of letters if it stands here, whatever its case.</summary>
    public bool TryWord(ReadOnlySpan<byte> word)
    {
        if (Rest.Length < word.Length || !Ascii.EqualsIgnoreCase(Rest[..word.Length], word))
            return false;
        _at += word.Length;
        return true;
    }

    /// <summary>astring = 1*ASTRING-CHAR / string</summary>
    public ReadOnlySpan<byte> Astring() => AtString ? String() : Take(_astring, "Expected a string or an atom");

    /// <summary>list-mailbox = 1*list-char / string</summary>
    public ReadOnlySpan<byte> ListMailbox() => AtString ? String() : Take(_listChars, "Expected a mailbox name or pattern");

    /// <summary>string = quoted / literal</summary>
    public ReadOnlySpan<byte> String() => Next((byte)'"') ? Quoted() : Literal();

    /// <summary>string / literal8, of which the latter may hold NUL (RFC 3516 §4.2).</summary>
    public ReadOnlySpan<byte> StringOrLiteral8() => TryByte((byte)'~') ? Literal(mayHoldNul: true) : String();

    /// <summary>An astring as text. Beyond ASCII it is read as UTF-8, which RFC 3501 leaves open for user names and passwords.</summary>
    public string AstringText() => Utf8(Astring());

    public static string Utf8(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return _strictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new ImapSyntaxException("Text is not UTF-8", e);
        }
    }

    /// <summary>mailbox = "INBOX" / astring. A name that no mailbox can have is an answer, not an error.</summary>
    public MailboxArgument Mailbox() => Naming.Read(Astring());

    /// <summary>SP sequence-set SP mailbox: all that COPY and MOVE say.</summary>
    public (SequenceSet Messages, MailboxArgument Target) MessagesAndMailbox()
    {
        Space();
        var messages = SequenceSet();
        Space();
        var target = Mailbox();
        End();
        return (messages, target);
    }

    /// <summary>number = 1*DIGIT ; unsigned 32 bits</summary>
    public uint Number()
    {
        var digits = Digits();
        return Utf8Parser.TryParse(digits, out uint value, out var used) && used == digits.Length
            ? value
            : throw new ImapSyntaxException("Number is too large");
    }

    /// <summary>A number of octets, which may pass 32 bits.</summary>
    public long Number64()
    {
        var digits = Digits();
        return Utf8Parser.TryParse(digits, out long value, out var used) && used == digits.Length
            ? value
            : throw new ImapSyntaxException("Number is too large");
    }

    /// <summary>nz-number</summary>
    public uint NonZero() => Number() is var number and not 0 ? number : throw new ImapSyntaxException("Zero is not allowed here");

    /// <summary>A mod-sequence: 63 bits (RFC 7162 §7).</summary>
    public ModSeq ModSeq() => new(Number64());

    /// <summary>The name of an item or option, in capitals: letters, digits, dots and hyphens.</summary>
    public string Name()
    {
        var rest = Rest;
        var length = 0;
        while (length < rest.Length && (char.IsAsciiLetterOrDigit((char)rest[length]) || rest[length] is (byte)'.' or (byte)'-'))
            length++;
        if (length == 0)
            throw new ImapSyntaxException("Expected a word");
        _at += length;
        return Encoding.ASCII.GetString(rest[..length]).ToUpperInvariant();
    }

    /// <summary>sequence-set = (seq-number / seq-range) *("," sequence-set) / "$" (RFC 5182 §4)</summary>
    public SequenceSet SequenceSet()
    {
        if (TryByte((byte)'$'))
            return Grammar.SequenceSet.Saved;
        var ranges = new List<SequenceRange>();
        do
        {
            var first = SequenceNumber();
            var last = TryByte((byte)':') ? SequenceNumber() : first;
            ranges.Add(new(first, last));
        }
        while (TryByte((byte)','));
        return new(ranges);
    }

    /// <summary>date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE</summary>
    public DateTimeOffset DateTime() => MailDate.TryParseImap(Quoted(), out var date) ? date : throw new ImapSyntaxException("Not a date-time");

    /// <summary>date = date-text / DQUOTE date-text DQUOTE ; date-text = date-day "-" date-month "-" date-year</summary>
    public DateOnly Date()
    {
        var date = new ImapParser(Next((byte)'"') ? Quoted() : Atom(), limits);
        var day = date.Digits();
        date.Expect((byte)'-', "Not a date");
        if (date.Rest.Length < 3)
            throw new ImapSyntaxException("Not a date");
        var month = Month(date.Rest[..3]);
        date._at += 3;
        date.Expect((byte)'-', "Not a date");
        var year = date.Digits();
        date.End();
        if (day.Length > 2 || year.Length != 4 || !Utf8Parser.TryParse(day, out int d, out _) || !Utf8Parser.TryParse(year, out int y, out _))
            throw new ImapSyntaxException("Not a date");
        return y > 0 && d > 0 && d <= System.DateTime.DaysInMonth(y, month) ? new(y, month, d) : throw new ImapSyntaxException("No such date");
    }

    /// <summary>An atom followed by one of the characters that end it, as in FETCH items: letters, digits and dots only.</summary>
    public ReadOnlySpan<byte> Word()
    {
        var rest = Rest;
        var length = 0;
        while (length < rest.Length && (char.IsAsciiLetterOrDigit((char)rest[length]) || rest[length] == '.'))
            length++;
        if (length == 0)
            throw new ImapSyntaxException("Expected a word");
        _at += length;
        return rest[..length];
    }

    /// <summary>The digits that stand here, at least one.</summary>
    public ReadOnlySpan<byte> Digits()
    {
        var rest = Rest;
        var length = rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        length = length < 0 ? rest.Length : length;
        if (length == 0)
            throw new ImapSyntaxException("Expected a number");
        _at += length;
        return rest[..length];
    }

    private readonly bool AtString => Next((byte)'"') || Next((byte)'{');

    private ReadOnlySpan<byte> Take(SearchValues<byte> set, string complaint)
    {
        var rest = Rest;
        var length = rest.IndexOfAnyExcept(set);
        length = length < 0 ? rest.Length : length;
        if (length == 0)
            throw new ImapSyntaxException(complaint);
        _at += length;
        return rest[..length];
    }

    // quoted = DQUOTE *QUOTED-CHAR DQUOTE. Eight-bit text, which the grammar forbids, is let through: names are checked after.
    private ReadOnlySpan<byte> Quoted()
    {
        Expect((byte)'"', "Expected a quoted string");
        var rest = Rest;
        var end = rest.IndexOfAny(_quotedEnd);
        if (end >= 0 && rest[end] == '"')
        {
            _at += end + 1;
            return rest[..end];
        }

        var unescaped = new ArrayBufferWriter<byte>();
        for (var i = 0; i < rest.Length; i++)
        {
            if (rest[i] == '"')
            {
                _at += i + 1;
                return unescaped.WrittenSpan;
            }

            if (rest[i] is (byte)'\r' or (byte)'\n' or 0)
                break;
            if (rest[i] == '\\' && (++i >= rest.Length || rest[i] is not ((byte)'"' or (byte)'\\')))
                break;
            unescaped.Write(rest.Slice(i, 1));
        }

        throw new ImapSyntaxException("Quoted string is not closed or holds what it may not");
    }

    // literal = "{" number ["+"] "}" CRLF *CHAR8 ; CommandReader has put its octets here (RFC 3501 §4.3, RFC 7888 §3).
    private ReadOnlySpan<byte> Literal(bool mayHoldNul = false)
    {
        Expect((byte)'{', "Expected a string");
        var length = Number();
        TryByte((byte)'+');
        Expect((byte)'}', "Not a literal");
        Expect((byte)'\r', "Not a literal");
        Expect((byte)'\n', "Not a literal");
        if (length > Rest.Length)
            throw new ImapSyntaxException("Literal is incomplete");
        var octets = Rest[..(int)length];
        if (!mayHoldNul && octets.Contains((byte)0))
            throw new ImapSyntaxException("NUL is not allowed in a literal"); // CHAR8 = %x01-ff
        _at += (int)length;
        return octets;
    }

    private uint SequenceNumber() => TryByte((byte)'*') ? SequenceRange.Star : NonZero();

    private static int Month(ReadOnlySpan<byte> name)
    {
        var months = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"u8;
        for (var month = 0; month < 12; month++)
        {
            if (Ascii.EqualsIgnoreCase(name, months.Slice(month * 3, 3)))
                return month + 1;
        }

        throw new ImapSyntaxException("No such month");
    }
}
