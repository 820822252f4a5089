namespace Courier.Mail.Addresses;

/// <summary>The sizes of RFC 5321 §4.5.3.1, in octets as written.</summary>
public static class AddressLimits
{
    /// <summary>RFC 5321 §4.5.3.1.1 asks for 64 and for more where that is possible: a return path with a recipient in it is longer.</summary>
    public const int LocalPart = 192;

    /// <summary>RFC 5321 §4.5.3.1.2.</summary>
    public const int Domain = 255;

    /// <summary>RFC 1035 §2.3.4.</summary>
    public const int Label = 63;

    /// <summary>RFC 5321 §4.5.3.1.3: with brackets and source route.</summary>
    public const int Path = 256;

    /// <summary>A path without its brackets.</summary>
    public const int Mailbox = Path - 2;
}
