namespace Courier.Mail.Addresses;

/// <summary>local-part@domain: what RFC 5321 §4.1.2 calls a Mailbox.</summary>
/// <remarks>The local part is kept as written (without needless quotes), the domain in lower case. Two addresses are equal
/// when their domains are equal and their local parts are equal octet for octet (RFC 5321 §2.4); <see cref="Key"/> folds
/// the case of both, as every mailbox directory does.</remarks>
public sealed record MailAddress
{
    private MailAddress(string localPart, string domain) => (LocalPart, Domain) = (localPart, domain);

    public string LocalPart { get; }

    /// <summary>A domain name, or an address literal with its brackets. Never empty.</summary>
    public string Domain { get; }

    /// <summary>The address folded to lower case: what accounts are looked up by.</summary>
    public string Key => throw new NotImplementedException();

    /// <summary>Reads <c>Local-part "@" ( Domain / address-literal )</c> (RFC 5321 §4.1.2), within the sizes of §4.5.3.1.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out MailAddress? address) => throw new NotImplementedException();

    public static bool TryParse(ReadOnlySpan<char> text, out MailAddress? address) => throw new NotImplementedException();

    /// <summary>For addresses known to be right; throws <see cref="FormatException"/> otherwise.</summary>
    public static MailAddress Parse(string text) => throw new NotImplementedException();

    /// <summary>As written on the wire, the local part quoted where it must be.</summary>
    public override string ToString() => throw new NotImplementedException();
}
