using System.Text;

namespace Courier.Mail.Addresses;

/// <summary>local-part@domain: what RFC 5321 §4.1.2 calls a Mailbox.</summary>
/// <remarks>The local part is kept as written (without needless quotes), the domain in lower case. Two addresses are equal
/// when their domains are equal and their local parts are equal octet for octet (RFC 5321 §2.4); <see cref="Key"/> folds
/// the case of both, as every mailbox directory does.</remarks>
public sealed record MailAddress
{
    internal MailAddress(string localPart, string domain) => (LocalPart, Domain) = (localPart, domain);

    /// <summary>What it means, not how it is quoted: <c>a b</c> for <c>"a b"@example.org</c>.</summary>
    public string LocalPart { get; }

    /// <summary>A domain name, or an address literal with its brackets. Never empty.</summary>
    public string Domain { get; }

    /// <summary>The address folded to lower case (and, beyond ASCII, to form C, RFC 6532 §3.1): what accounts are looked up by.</summary>
    public string Key => IsAscii ? ToString().ToLowerInvariant() : ToString().Normalize(NormalizationForm.FormC).ToLowerInvariant();

    /// <summary>False where it can be sent to SMTPUTF8 servers only (RFC 6531). The domain is ASCII always.</summary>
    public bool IsAscii => Ascii.IsValid(LocalPart);

    /// <summary>Reads <c>Local-part "@" ( Domain / address-literal )</c> (RFC 5321 §4.1.2), within the sizes of §4.5.3.1.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out MailAddress? address)
    {
        var reader = new AddressReader(text);
        address = reader.Mailbox();
        if (address is not null && reader.AtEnd)
            return true;
        address = null;
        return false;
    }

    /// <summary>As <see cref="TryParse(ReadOnlySpan{byte}, out MailAddress?)"/>, and with what RFC 6531 §3.3 adds: for people, and
    /// for what is stored.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MailAddress? address)
    {
        address = null;
        if (text.Length > AddressLimits.Mailbox)
            return false;
        Span<byte> octets = stackalloc byte[AddressLimits.Mailbox];
        if (System.Text.Unicode.Utf8.FromUtf16(text, octets, out _, out var written, replaceInvalidSequences: false) != System.Buffers.OperationStatus.Done)
            return false;
        var reader = new AddressReader(octets[..written], allowUtf8: true);
        address = reader.Mailbox();
        if (!reader.AtEnd)
            address = null;
        return address is not null;
    }

    /// <summary>For addresses known to be right; throws <see cref="FormatException"/> otherwise.</summary>
    public static MailAddress Parse(string text) =>
        TryParse(text, out var address) ? address! : throw new FormatException($"Not a mail address: {text}");

    /// <summary>Reads the argument of MAIL FROM at the start of the text: <c>&lt;&gt;</c>, <c>&lt;a@b&gt;</c> or
    /// <c>&lt;@x,@y:a@b&gt;</c>, whose source route is dropped (RFC 5321 §4.1.1.2, Appendix C).</summary>
    /// <param name="text">May go on after the closing bracket.</param>
    /// <param name="consumed">Octets up to and with the closing bracket; 0 on failure.</param>
    /// <param name="path">Null on failure only; the null path is <see cref="ReversePath.Null"/>.</param>
    /// <param name="allowUtf8">As RFC 6531 §3.3 has it.</param>
    public static bool TryParsePath(ReadOnlySpan<byte> text, out int consumed, out ReversePath? path, bool allowUtf8 = false)
    {
        path = null;
        consumed = 0;
        if (text.StartsWith("<>"u8))
        {
            path = ReversePath.Null;
            consumed = 2;
            return true;
        }
        var reader = new AddressReader(text, allowUtf8);
        if (reader.Path() is not { } address)
            return false;
        path = new(address);
        consumed = reader.Position;
        return true;
    }

    /// <summary>Reads the argument of RCPT TO at the start of the text: as <see cref="TryParsePath"/>, but never empty, and
    /// <c>&lt;Postmaster&gt;</c> may stand without a domain (RFC 5321 §4.1.1.3, §4.5.1).</summary>
    public static bool TryParseForwardPath(ReadOnlySpan<byte> text, out int consumed, out ForwardPath? path, bool allowUtf8 = false)
    {
        path = null;
        consumed = 0;
        var bare = "<Postmaster>"u8;
        if (text.Length >= bare.Length && Ascii.EqualsIgnoreCase(text[..bare.Length], bare))
        {
            path = ForwardPath.Postmaster;
            consumed = bare.Length;
            return true;
        }
        var reader = new AddressReader(text, allowUtf8);
        if (reader.Path() is not { } address)
            return false;
        path = new(address);
        consumed = reader.Position;
        return true;
    }

    /// <summary>As written on the wire, the local part quoted where it must be.</summary>
    public override string ToString() => AddressReader.QuoteLocalPart(LocalPart) + "@" + Domain;
}
