namespace Courier.Mta.Reception.Bodies;

/// <summary>What is done to the encoding of a message's parts as it is taken in: Courier's MIME.</summary>
public enum BodyChanges
{
    /// <summary>The octets stay as they are.</summary>
    None,

    /// <summary>What has octets above 127 becomes quoted-printable or base64.</summary>
    SevenBit,

    /// <summary>Text that is quoted-printable becomes 8bit.</summary>
    EightBit,
}
