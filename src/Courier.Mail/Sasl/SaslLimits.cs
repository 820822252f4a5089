namespace Courier.Mail.Sasl;

/// <summary>What a client may send for credentials.</summary>
public static class SaslLimits
{
    /// <summary>RFC 4616 §2 asks for at least 255 octets of each name.</summary>
    public const int NameBytes = 255;

    /// <summary>RFC 4616 §2 asks for at least 255; tokens used as passwords are longer.</summary>
    public const int PasswordBytes = 1024;
}
