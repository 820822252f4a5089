using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Courier.Mail.Addresses;
using Courier.MailAuth.DnsLists;
using Courier.Mta.Delivery.Remote;
using Courier.Mta.Reception.Access;
using Courier.Mta.Reception.Rates;
using Courier.Queue;
using Courier.Queue.PostgreSql;
using Courier.Smtp.Server;

namespace Courier.Configuration;

/// <summary>How the text of a value is read, and what a wrong one is told.</summary>
/// <typeparam name="T">What it becomes.</typeparam>
/// <param name="Expected">Completes "expected …".</param>
/// <param name="TryParse">Reads it.</param>
internal sealed record SettingType<T>(string Expected, SettingType<T>.Reader TryParse)
{
    internal delegate bool Reader(string text, out T value);
}

/// <summary>The kinds of values that settings have.</summary>
internal static class SettingTypes
{
    internal static SettingType<string> Text { get; } = new("a text", (string text, out string value) => (value = text).Length > 0);

    internal static SettingType<string> Path { get; } = new("a path", (string text, out string value) => (value = text).Length > 0 && !text.Contains('\0'));

    internal static SettingType<string> FileName { get; } = new("the name of a file, without a directory", (string text, out string value) => (value = text).Length > 0 && text is not ("." or "..") && !text.AsSpan().ContainsAny('/', '\0'));

    internal static SettingType<bool> YesNo { get; } = new("yes or no", (string text, out bool value) => (value = text is "yes") || text is "no");

    internal static SettingType<int> Count { get; } = new("a number from 1", (string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value > 0);

    internal static SettingType<int> CountOrNone { get; } = new("a number from 0", (string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= 0);

    internal static SettingType<IPAddress> SourceV4 { get; } = new("an IPv4 address, as 192.0.2.1, or system", (string text, out IPAddress value) =>
        IPAddress.TryParse(text == "system" ? "0.0.0.0" : text, out value!) && value.AddressFamily == AddressFamily.InterNetwork);

    internal static SettingType<IPAddress> SourceV6 { get; } = new("an IPv6 address, as 2001:db8::1, or system", (string text, out IPAddress value) =>
        IPAddress.TryParse(text == "system" ? "::" : text, out value!) && value.AddressFamily == AddressFamily.InterNetworkV6);

    internal static SettingType<string> Relay { get; } = new("host or host:port", (string text, out string value) => Courier.Mta.Delivery.Remote.NextHop.TryParse(value = text, out _));

    internal static SettingType<string> HostName { get; } = new("a host name, as mail.example.org", TryHostName);

    internal static SettingType<long> Size { get; } = new("a size, as 512KiB, 50MiB or 1GiB", TrySize);

    /// <summary>Of a header, which is looked at in memory.</summary>
    internal static SettingType<long> HeaderSize { get; } =
        new("a size from 1KiB to 16MiB", static (string text, out long value) => TrySize(text, out value) && value is >= 1 << 10 and <= 16 << 20);

    internal static SettingType<TimeSpan> Duration { get; } = new("a time, as 500ms, 30s, 5min, 4h or 5d", TryDuration);

    /// <summary>A lease is renewed at each third: below a second a busy machine would lose it.</summary>
    internal static SettingType<TimeSpan> Lease { get; } = new("a time from 1s to 1h", (string text, out TimeSpan value) =>
        TryDuration(text, out value) && value >= TimeSpan.FromSeconds(1) && value <= TimeSpan.FromHours(1));

    internal static SettingType<string> PostgreSql { get; } = new(
        "Host=…;Database=…;Username=… in Npgsql's words, without a password (password_file names the file that has it)",
        (string text, out string value) => PostgreSqlSpool.IsConnection(value = text));

    internal static SettingType<SmtpExtensions> Extensions { get; } = new($"none, or some of {string.Join(", ", SmtpExtensionWords.All.Keys)}", TryExtensions);

    internal static SettingType<IReadOnlyList<IPEndPoint>> EndPoints { get; } = new("addresses with ports, as 127.0.0.1:25, [::1]:25", TryEndPoints);

    internal static SettingType<IReadOnlyList<IPNetwork>> Networks { get; } = new("networks, as 127.0.0.0/8, ::1/128", TryNetworks);

    internal static SettingType<MailAddress> Address { get; } = new("an address, as ada@example.org", (string text, out MailAddress value) => MailAddress.TryParse(text, out value!));

    internal static SettingType<NextHop> NextHop { get; } = new("host:port or mx[:port], then any of required, verified, smtps, cleartext, ipv4, ipv6, mx", TryNextHop);

    internal static SettingType<IReadOnlyList<IPEndPoint>> NameServers { get; } = new("addresses, as 127.0.0.1, [::1]:5353", TryNameServers);

    internal static SettingType<string> HeloName { get; } = new("a host name, or * for the name of the address that is used", (string text, out string value) => (value = text) == "*" || TryHostName(text, out value));

    internal static SettingType<IReadOnlySet<MessageSource>> Sources { get; } = new("none, or smtp, login with a comma", TrySources);

    /// <summary>Ready once our name is known, which a star in the list stands for.</summary>
    internal static SettingType<Func<string, DomainSet>> Domains { get; } =
        new("none, or domains, as example.org, .example.org, !not.example.org", (string text, out Func<string, DomainSet> value) =>
        {
            var words = text == "none" ? [] : text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            value = hostName => DomainSet.Parse(words, hostName, out _) ?? DomainSet.None;
            return DomainSet.Parse(words, "host.example", out _) is not null;
        });

    /// <summary>Null for none.</summary>
    internal static SettingType<Rate?> Rate { get; } =
        new("none, or a number in a time, as 100/h, 20/min, 1000/d or 30/10min", (string text, out Rate? value) => (value = Courier.Mta.Reception.Rates.Rate.Parse(text)) is not null || text == "none");

    internal static SettingType<IReadOnlyList<DnsList>> DnsLists { get; } =
        new("none, or lists with semicolons, as allow list.example.org; block bl.example.net/127.0.0.2 Text",
            (string text, out IReadOnlyList<DnsList> value) => (value = text == "none" ? [] : DnsList.ParseAll(text)!) is not null);

    internal static SettingType<AccessEntry> Access { get; } =
        new("deny, or allow, relay, login, tls, patient, size=10MiB, connections=20, block=text or NAME=value with commas",
            (string text, out AccessEntry value) => (value = AccessEntry.Parse(text, out _)!) is not null);

    internal static SettingType<string> Choice(params string[] choices) =>
        new(string.Join(", ", choices[..^1]) + " or " + choices[^1], (string text, out string value) => choices.Contains(value = text, StringComparer.Ordinal));

    private static bool TrySources(string text, out IReadOnlySet<MessageSource> value)
    {
        var all = new HashSet<MessageSource>();
        value = all;
        if (text == "none")
            return true;
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (word is not ("smtp" or "login"))
                return false;
            all.Add(word == "smtp" ? MessageSource.Smtp : MessageSource.Login);
        }

        return true;
    }

    private static bool TryHostName(string text, out string value)
    {
        value = text.ToLowerInvariant();
        const int longest = 253;
        return text.Length is > 0 and <= longest
            && text.Split('.').All(label => label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'));
    }

    private static bool TrySize(string text, out long value)
    {
        (string Unit, long Bytes)[] units = [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("B", 1)];
        foreach (var (unit, bytes) in units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal))
                continue;
            if (!long.TryParse(text.AsSpan()[..^unit.Length].TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out value) || value > long.MaxValue / bytes)
                break;
            value *= bytes;
            return true;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static bool TryDuration(string text, out TimeSpan value)
    {
        (string Unit, TimeSpan Length)[] units =
        [
            ("ms", TimeSpan.FromMilliseconds(1)), ("min", TimeSpan.FromMinutes(1)), ("s", TimeSpan.FromSeconds(1)), ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1)),
        ];
        value = default;
        foreach (var (unit, length) in units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal))
                continue;
            if (!uint.TryParse(text.AsSpan()[..^unit.Length].TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                return false;
            value = length * count;
            return true;
        }

        return false;
    }

    private static bool TryExtensions(string text, out SmtpExtensions value)
    {
        value = SmtpExtensions.None;
        if (text == "none")
            return true;
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!SmtpExtensionWords.All.TryGetValue(word.ToUpperInvariant(), out var extension))
                return false;
            value |= extension;
        }

        return true;
    }

    private static bool TryEndPoints(string text, out IReadOnlyList<IPEndPoint> value)
    {
        var all = new List<IPEndPoint>();
        value = all;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            // A port is required: without one IPEndPoint would read 0.
            var colon = part.LastIndexOf(':');
            if (colon < 0 || !IPEndPoint.TryParse(part, out var endPoint) || !part.AsSpan(colon + 1).SequenceEqual(endPoint.Port.ToString(CultureInfo.InvariantCulture)))
                return false;
            all.Add(endPoint);
        }

        return true;
    }

    private static bool TryNetworks(string text, out IReadOnlyList<IPNetwork> value)
    {
        var all = new List<IPNetwork>();
        value = all;
        if (text == "none")
            return true;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (IPAddress.TryParse(part, out var address))
                all.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else if (IPNetwork.TryParse(part, out var network))
                all.Add(network);
            else
                return false;
        }

        return true;
    }

    private static bool TryNextHop(string text, out NextHop value)
    {
        value = new NextHop("", Mta.Delivery.Remote.NextHop.SmtpPort);
        if (text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var target, .. var flags])
            return false;
        var colon = target.LastIndexOf(':');
        if (target is "mx" || target.StartsWith("mx:", StringComparison.Ordinal))
            value = value with { UsesMx = true };
        else if (colon <= 0)
            return false;
        else
            value = value with { Host = target[..colon].Trim('[', ']') };
        if (colon > 0)
        {
            if (!ushort.TryParse(target.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
                return false;
            value = value with { Port = port };
        }

        foreach (var flag in flags)
        {
            if (WithFlag(value, flag) is not { } changed)
                return false;
            value = changed;
        }

        return value.Host.Length == 0 || IPAddress.TryParse(value.Host, out _) || TryHostName(value.Host, out _);
    }

    private static NextHop? WithFlag(NextHop hop, string flag) => flag switch
    {
        "required" => hop with { Security = HopSecurity.Required },
        "verified" => hop with { Security = HopSecurity.Verified },
        "smtps" => hop with { Security = HopSecurity.Smtps },
        "cleartext" => hop with { Security = HopSecurity.Never },
        "ipv4" => hop with { Families = AddressFamilies.IPv4Only },
        "ipv6" => hop with { Families = AddressFamilies.IPv6Only },
        "mx" => hop with { UsesMx = true },
        _ => null,
    };

    private static bool TryNameServers(string text, out IReadOnlyList<IPEndPoint> value)
    {
        const int dns = 53;
        var all = new List<IPEndPoint>();
        value = all;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (IPAddress.TryParse(part, out var address))
                all.Add(new IPEndPoint(address, dns));
            else if (IPEndPoint.TryParse(part, out var endPoint) && endPoint.Port != 0)
                all.Add(endPoint);
            else
                return false;
        }

        return true;
    }
}
