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

    /// <summary>The address folded to lower case: what accounts are looked up by.</summary>
    public string Key => ToString().ToLowerInvariant();

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

    public static bool TryParse(ReadOnlySpan<char> text, out MailAddress? address)
    {
        address = null;
        if (text.Length > AddressLimits.Mailbox)
            return false;
        Span<byte> octets = stackalloc byte[AddressLimits.Mailbox];
        return Ascii.FromUtf16(text, octets, out var written) == System.Buffers.OperationStatus.Done
            && TryParse(octets[..written], out address);
    }

    /// <summary>For addresses known to be right; throws <see cref="FormatException"/> otherwise.</summary>
    public static MailAddress Parse(string text) =>
        TryParse(text, out var address) ? address! : throw new FormatException($"Not a mail address: {text}");

    /// <summary>Reads the argument of MAIL FROM at the start of the text: <c>&lt;&gt;</c>, <c>&lt;a@b&gt;</c> or
    /// <c>&lt;@x,@y:a@b&gt;</c>, whose source route is dropped (RFC 5321 §4.1.1.2, Appendix C).</summary>
    /// <param name="text">May go on after the closing bracket.</param>
    /// <param name="consumed">Octets up to and with the closing bracket; 0 on failure.</param>
    /// <param name="path">Null on failure only; the null path is <see cref="ReversePath.Null"/>.</param>
    public static bool TryParsePath(ReadOnlySpan<byte> text, out int consumed, out ReversePath? path)
    {
        path = null;
        consumed = 0;
        if (text.StartsWith("<>"u8))
        {
            path = ReversePath.Null;
            consumed = 2;
            return true;
        }
        var reader = new AddressReader(text);
        if (reader.Path() is not { } address)
            return false;
        path = new(address);
        consumed = reader.Position;
        return true;
    }

    /// <summary>Reads the argument of RCPT TO at the start of the text: as <see cref="TryParsePath"/>, but never empty, and
    /// <c>&lt;Postmaster&gt;</c> may stand without a domain (RFC 5321 §4.1.1.3, §4.5.1).</summary>
    public static bool TryParseForwardPath(ReadOnlySpan<byte> text, out int consumed, out ForwardPath? path)
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
        var reader = new AddressReader(text);
        if (reader.Path() is not { } address)
            return false;
        path = new(address);
        consumed = reader.Position;
        return true;
    }

    /// <summary>As written on the wire, the local part quoted where it must be.</summary>
    public override string ToString() => AddressReader.QuoteLocalPart(LocalPart) + "@" + Domain;
}
