namespace Courier.Mail.Addresses;

/// <summary>The argument of RCPT TO: an address, or <c>Postmaster</c> of this host, whatever its domain (RFC 5321 §4.5.1).</summary>
/// <param name="Address">Null for <c>&lt;Postmaster&gt;</c> without a domain.</param>
public sealed record ForwardPath(MailAddress? Address)
{
    public static ForwardPath Postmaster { get; } = new((MailAddress?)null);

    public bool IsPostmaster => Address is null;

    /// <summary>Without angle brackets.</summary>
    public override string ToString() => Address?.ToString() ?? "Postmaster";
}
