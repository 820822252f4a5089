using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Courier.Mail.Addresses;

/// <summary>The grammar of RFC 5321 §4.1.2, one method per rule. Envelopes only: header fields are written more freely and are
/// read by another, tolerant parser.</summary>
/// <remarks>Where it is allowed, RFC 6531 §3.3 adds UTF8-non-ascii to atext, qtextSMTP and sub-domain. A domain of U-labels is kept
/// as its A-labels (RFC 5890): there is one spelling of it, and every server can be sent it.</remarks>
internal ref struct AddressReader(ReadOnlySpan<byte> text, bool allowUtf8 = false)
{
    private static readonly byte[] _above = [.. Enumerable.Range(0x80, 0x80).Select(octet => (byte)octet)];

    private static readonly SearchValues<byte> Utf8DotAtom =
        SearchValues.Create([.. "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~."u8, .. _above]);

    private static readonly SearchValues<byte> Utf8DomainName =
        SearchValues.Create([.. "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-."u8, .. _above]);

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly IdnMapping _domains = new() { UseStd3AsciiRules = true };

    // atext and the dot (RFC 5322 §3.2.3).
    private static readonly SearchValues<byte> DotAtom =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~."u8);

    private static readonly SearchValues<byte> DomainName =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-."u8);

    private static readonly SearchValues<byte> IPv6Characters = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    private static readonly SearchValues<char> DotAtomCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~.");

    private readonly ReadOnlySpan<byte> _text = text;

    public int Position { get; private set; }

    public readonly bool AtEnd => Position == _text.Length;

    private readonly ReadOnlySpan<byte> Rest => _text[Position..];

    /// <summary>Path = "&lt;" [ A-d-l ":" ] Mailbox "&gt;"; null where there is none.</summary>
    public MailAddress? Path()
    {
        var start = Position;
        if (!Take((byte)'<') || (Next == '@' && !SourceRoute()))
            return null;
        var address = Mailbox();
        return address is not null && Take((byte)'>') && Position - start <= AddressLimits.Path ? address : null;
    }

    /// <summary>Mailbox = Local-part "@" ( Domain / address-literal ); null where there is none.</summary>
    public MailAddress? Mailbox()
    {
        var start = Position;
        var local = Next == '"' ? QuotedString() : DotString();
        if (local is null || Position - start > AddressLimits.LocalPart || !Take((byte)'@'))
            return null;
        var domain = Next == '[' ? Literal() : Domain();
        return domain is null || Position - start > AddressLimits.Mailbox ? null : new(local, domain);
    }

    /// <summary>Quotes what is no Dot-string.</summary>
    public static string QuoteLocalPart(string local)
    {
        if (IsDotString(local))
            return local;
        var quoted = new StringBuilder(local.Length + 2).Append('"');
        foreach (var c in local)
        {
            if (c is '"' or '\\')
                quoted.Append('\\');
            quoted.Append(c);
        }
        return quoted.Append('"').ToString();
    }

    private static bool IsDotString(ReadOnlySpan<char> local) =>
        !local.IsEmpty && local[0] != '.' && local[^1] != '.'
        && !(Ascii.IsValid(local) ? local.ContainsAnyExcept(DotAtomCharacters) : HasSpecial(local)) && !local.Contains("..", StringComparison.Ordinal);

    private static bool HasSpecial(ReadOnlySpan<char> local)
    {
        foreach (var c in local)
            if (c < 0x80 && !DotAtomCharacters.Contains(c))
                return true;
        return false;
    }

    /// <summary>Null where it is not UTF-8, or has control characters in it.</summary>
    private static string? Decode(ReadOnlySpan<byte> octets)
    {
        if (Ascii.IsValid(octets))
            return Encoding.ASCII.GetString(octets);
        try
        {
            var text = _strict.GetString(octets);
            return text.AsSpan().ContainsAnyInRange('\x80', '\x9f') ? null : text;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private readonly int Next => Position < _text.Length ? _text[Position] : -1;

    private bool Take(byte octet)
    {
        if (Next != octet)
            return false;
        Position++;
        return true;
    }

    /// <summary>A-d-l ":" — accepted and ignored (RFC 5321 §4.1.1.3, Appendix C).</summary>
    private bool SourceRoute()
    {
        do
        {
            if (!Take((byte)'@') || Domain() is null)
                return false;
        }
        while (Take((byte)','));
        return Take((byte)':');
    }

    private string? DotString()
    {
        var atoms = TakeAll(allowUtf8 ? Utf8DotAtom : DotAtom);
        var dot = (byte)'.';
        if (atoms.IsEmpty || atoms[0] == dot || atoms[^1] == dot || atoms.IndexOf(".."u8) >= 0)
            return null;
        return Decode(atoms);
    }

    /// <summary>Quoted-string = DQUOTE *QcontentSMTP DQUOTE, given without quotes and backslashes.</summary>
    private string? QuotedString()
    {
        Position++;
        Span<byte> content = stackalloc byte[AddressLimits.LocalPart];
        var length = 0;
        while (Next is var octet && (octet is >= 32 and <= 126 || (octet > 127 && allowUtf8)))
        {
            Position++;
            if (octet == '"')
                return Decode(content[..length]);
            if (octet == '\\')
            {
                octet = Next;
                if (octet is not (>= 32 and <= 126))
                    return null;
                Position++;
            }
            if (length == content.Length)
                return null;
            content[length++] = (byte)octet;
        }
        return null;
    }

    private string? Domain()
    {
        var name = TakeAll(allowUtf8 ? Utf8DomainName : DomainName);
        if (!Ascii.IsValid(name))
            return InternationalDomain(name);
        if (name.Length is 0 or > AddressLimits.Domain)
            return null;
        foreach (var range in name.Split((byte)'.'))
        {
            var label = name[range];
            if (label.Length is 0 or > AddressLimits.Label || label[0] == '-' || label[^1] == '-')
                return null;
        }
        return Encoding.ASCII.GetString(name).ToLowerInvariant();
    }

    private static string? InternationalDomain(ReadOnlySpan<byte> name)
    {
        if (name.Length > AddressLimits.Domain || Decode(name) is not { } text)
            return null;
        try
        {
            var ascii = _domains.GetAscii(text);
            // Read again, as one that came in A-labels: an empty label or a length beyond the limits stays what it is.
            var reader = new AddressReader(Encoding.ASCII.GetBytes(ascii));
            return reader.Domain() is { } domain && reader.AtEnd ? domain : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>address-literal. IPv6 is the one tag that the General-address-literal registry holds (RFC 5321 §4.1.3, §8).</summary>
    private string? Literal()
    {
        var length = Rest.IndexOf((byte)']') + 1;
        if (length is 0 or > AddressLimits.Domain)
            return null;
        var literal = Rest[..length];
        var tag = "[IPv6:"u8;
        var isAddress = literal.Length > tag.Length && Ascii.EqualsIgnoreCase(literal[..tag.Length], tag)
            ? IsIPv6(literal[tag.Length..^1])
            : IsIPv4(literal[1..^1]);
        if (!isAddress)
            return null;
        Position += length;
        return Encoding.ASCII.GetString(literal).ToLowerInvariant();
    }

    private static bool IsIPv4(ReadOnlySpan<byte> text)
    {
        var numbers = 0;
        foreach (var range in text.Split((byte)'.'))
        {
            var number = text[range];
            if (number.Length is 0 or > 3 || number.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
                return false;
            if (int.Parse(number, CultureInfo.InvariantCulture) > 255 || ++numbers > 4)
                return false;
        }
        return numbers == 4;
    }

    // The platform's parser also takes zones, brackets and prefixes; none of their characters gets this far.
    private static bool IsIPv6(ReadOnlySpan<byte> text) =>
        !text.ContainsAnyExcept(IPv6Characters)
        && IPAddress.TryParse(Encoding.ASCII.GetString(text), out var address)
        && address.AddressFamily == AddressFamily.InterNetworkV6;

    private ReadOnlySpan<byte> TakeAll(SearchValues<byte> allowed)
    {
        var length = Rest.IndexOfAnyExcept(allowed);
        var taken = length < 0 ? Rest : Rest[..length];
        Position += taken.Length;
        return taken;
    }
}
