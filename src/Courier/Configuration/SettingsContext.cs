using System.Net;

namespace Courier.Configuration;

/// <summary>What a value is asked for: the listener and local address of a connection, the domain of who logged in or whom mail is for.</summary>
internal sealed record SettingsContext
{
    internal static SettingsContext Any { get; } = new();

    /// <summary>Section name of the listener: <c>smtp</c>, <c>submission</c>, <c>imap</c> …</summary>
    public string? Listener { get; init; }

    /// <summary>Local address of the connection: the virtual host it came to.</summary>
    public IPAddress? LocalAddress { get; init; }

    /// <summary>Domain of the authenticated user or of the destination.</summary>
    public string? Domain { get; init; }
}

/// <summary>When a conditional section holds: <c>listener NAME</c>, <c>address IP</c> or <c>domain NAME</c>.</summary>
internal sealed record SettingsCondition(string Kind, string Value)
{
    internal const string Expected = "“listener NAME”, “address IP” or “domain NAME” after the @";

    /// <summary>Of a condition that could not be read: its section applies to nothing.</summary>
    internal static SettingsCondition Never { get; } = new("never", "");

    internal static bool TryParse(string text, out SettingsCondition condition)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        condition = Never;
        if (words.Length != 2 || words[0] is not ("listener" or "address" or "domain") || (words[0] == "address" && !IPAddress.TryParse(words[1], out _)))
            return false;
        condition = new SettingsCondition(words[0], words[1].ToLowerInvariant());
        return true;
    }

    internal bool Holds(SettingsContext context) => Kind switch
    {
        "listener" => context.Listener == Value,
        "address" => context.LocalAddress is { } address && address.Equals(IPAddress.Parse(Value)),
        "domain" => string.Equals(context.Domain, Value, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    public override string ToString() => $"{Kind} {Value}";
}
