using Courier.Mta.Reception.Bodies;
using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on the body of messages.</summary>
internal static class BodyKeys
{
    internal static readonly Setting<string> Convert = new("body", "convert", Types.Choice("none", "7bit", "8bit"), "none", "What is done to the encoding of a message's parts as it is taken in (Courier's MIME): nothing; with `7bit` what has octets above 127 becomes quoted-printable, or base64 where it is no text; with `8bit` text that is quoted-printable becomes 8bit. What is signed stays as it is.") { Scope = SettingScope.Session };

    internal static IReadOnlyList<Setting> All => [Convert];

    internal static BodyChanges ChangesOf(string? text) => text switch
    {
        "7bit" => BodyChanges.SevenBit,
        "8bit" => BodyChanges.EightBit,
        _ => BodyChanges.None,
    };
}
