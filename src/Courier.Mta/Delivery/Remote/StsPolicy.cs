using System.Globalization;

namespace Courier.Mta.Delivery.Remote;

/// <summary>How a policy wants to be taken (RFC 8461 §5).</summary>
public enum StsMode
{
    /// <summary>Withdrawn.</summary>
    None,

    /// <summary>Only reported on; mail goes as if there were none.</summary>
    Testing,
    Enforce,
}

/// <summary>What a domain says of the TLS of its mail hosts (RFC 8461 §3.2).</summary>
/// <param name="Domain">Whose it is.</param>
/// <param name="Mode">How it wants to be taken.</param>
/// <param name="Hosts">Names, or <c>*.example.org</c> for one label more.</param>
/// <param name="MaxAge">How long it holds after it was fetched.</param>
/// <param name="Text">As it was published.</param>
public sealed record StsPolicy(string Domain, StsMode Mode, IReadOnlyList<string> Hosts, TimeSpan MaxAge, string Text)
{
    /// <summary>RFC 8461 §3.2: about a year, in seconds.</summary>
    private const int MaxAgeSecondsMax = 31_557_600;

    /// <summary>RFC 8461 §3.2 names no limit; no domain has more hosts than this.</summary>
    private const int HostsMax = 100;

    /// <summary>RFC 8461 §4.1: a wildcard stands for one label, the leftmost.</summary>
    public bool Matches(string host) => Hosts.Any(pattern =>
        pattern.StartsWith("*.", StringComparison.Ordinal)
            ? host.IndexOf('.', StringComparison.Ordinal) is var dot and > 0 && host.AsSpan(dot).Equals(pattern.AsSpan(1), StringComparison.OrdinalIgnoreCase)
            : host.Equals(pattern, StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads a policy; null when it is none. Of a key that is given twice the first counts, but for mx (RFC 8461 §3.2).</summary>
    public static StsPolicy? Parse(string domain, string text)
    {
        var (version, mode, age) = ((string?)null, (string?)null, (string?)null);
        var hosts = new List<string>();
        foreach (var line in text.Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
                continue;
            var value = line[(colon + 1)..].Trim();
            switch (line[..colon].Trim())
            {
                case "version":
                    version ??= value;
                    break;
                case "mode":
                    mode ??= value;
                    break;
                case "max_age":
                    age ??= value;
                    break;
                case "mx" when Net.Dns.DnsName.Normalize(value.StartsWith("*.", StringComparison.Ordinal) ? value[2..] : value) is { } host && hosts.Count < HostsMax:
                    hosts.Add(value.StartsWith("*.", StringComparison.Ordinal) ? "*." + host : host);
                    break;
            }
        }

        if (version != "STSv1" || !int.TryParse(age, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > MaxAgeSecondsMax)
            return null;
        StsMode? known = mode switch
        {
            "enforce" => StsMode.Enforce,
            "testing" => StsMode.Testing,
            "none" => StsMode.None,
            _ => null,
        };
        return known is { } read && (read == StsMode.None || hosts.Count > 0) ? new StsPolicy(domain, read, hosts, TimeSpan.FromSeconds(seconds), text) : null;
    }

    /// <summary>The id in a record <c>v=STSv1; id=…;</c> (RFC 8461 §3.1); null when it is none.</summary>
    public static string? IdOf(string record)
    {
        const int longest = 32;
        var fields = record.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (fields is not ["v=STSv1", ..])
            return null;
        var id = Array.Find(fields, field => field.StartsWith("id=", StringComparison.Ordinal))?[3..];
        return id is { Length: > 0 and <= longest } && id.All(char.IsAsciiLetterOrDigit) ? id : null;
    }
}
