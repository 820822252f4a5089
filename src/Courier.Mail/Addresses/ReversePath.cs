namespace Courier.Mail.Addresses;

/// <summary>The argument of MAIL FROM: an address, or the null path of reports (RFC 5321 §4.5.5).</summary>
public sealed record ReversePath(MailAddress? Address)
{
    public static ReversePath Null { get; } = new((MailAddress?)null);

    public bool IsNull => Address is null;

    /// <summary>Without angle brackets; empty for the null path.</summary>
    public override string ToString() => Address?.ToString() ?? "";
}
