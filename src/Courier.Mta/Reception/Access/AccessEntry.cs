using System.Globalization;
using Courier.Mail.Reports;
using Courier.Mta.Reception.Bodies;
using Courier.Mta.Reception.Headers;
using Courier.Mta.Reception.Senders;

namespace Courier.Mta.Reception.Access;

/// <summary>What holds for the peers of a network: Courier's <c>allow,NAME=value,…</c> or <c>deny</c>, with words of our own for what it does.</summary>
/// <remarks>
/// <c>relay</c> is RELAYCLIENT, <c>block=text</c> BLOCK, <c>size=10MiB</c> SIZELIMIT, <c>login</c> AUTH_REQUIRED=1, <c>tls</c> ESMTP_TLS_REQUIRED=1,
/// <c>patient</c> TARPIT=0, <c>connections=20</c> MAXCPERIP. A value in double quotes may hold commas.
/// </remarks>
public sealed record AccessEntry
{
    /// <summary>Of peers that nothing is said about.</summary>
    public static AccessEntry Usual { get; } = new();

    /// <summary>Courier's variables that do something here.</summary>
    public static IReadOnlySet<string> Used { get; } =
        new HashSet<string>(["RELAYCLIENT", "BLOCK", "SIZELIMIT", "AUTH_REQUIRED", "ESMTP_TLS_REQUIRED", "TARPIT", "MAXCPERIP", "DSNNOTIFY", "DSNRET", "MIME",
            "BOFHCHECKDNS", "BOFHCHECKHELO", "BOFHNOVRFY", "BOFHNOEXPN", "NOADDMSGID", "NOADDDATE", "NOADDRREWRITE"], StringComparer.Ordinal);

    /// <summary>The connection is refused.</summary>
    public bool IsDenied { get; private init; }

    /// <summary>Where it holds for no network in particular.</summary>
    internal AccessEntry ForAnybody => this with { IsAllowed = false };

    /// <summary>The list names the peer's network and lets it in: it is known.</summary>
    public bool IsAllowed { get; private init; }

    /// <summary>All that was set, by Courier's names.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; private init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>RELAYCLIENT: the peer may send to anybody.</summary>
    public bool MayRelay => Variables.ContainsKey("RELAYCLIENT");

    /// <summary>The value of RELAYCLIENT is put behind each recipient.</summary>
    public string RelaySuffix => Variables.GetValueOrDefault("RELAYCLIENT", "");

    /// <summary>BLOCK: what every recipient is refused with, until a login; null: nothing.</summary>
    public string? Block => Variables.GetValueOrDefault("BLOCK") is { Length: > 0 } text ? text : null;

    /// <summary>BLOCK is set, if to nothing: no DNS list is asked.</summary>
    public bool HasBlock => Variables.ContainsKey("BLOCK");

    /// <summary>SIZELIMIT; null or 0: as for all.</summary>
    public long? MessageBytes { get; private init; }

    /// <summary>MAXCPERIP; null: as for all.</summary>
    public int? ConnectionsMax { get; private init; }

    /// <summary>AUTH_REQUIRED; null: as for all.</summary>
    public bool? LoginRequired => Variables.ContainsKey("AUTH_REQUIRED") ? IsOn("AUTH_REQUIRED") : null;

    /// <summary>ESMTP_TLS_REQUIRED; null: as for all.</summary>
    public bool? TlsRequired => Variables.ContainsKey("ESMTP_TLS_REQUIRED") ? IsOn("ESMTP_TLS_REQUIRED") : null;

    /// <summary>TARPIT=0: answers to mistakes are not held back.</summary>
    public bool IsForgiven => Variables.TryGetValue("TARPIT", out var value) && Number(value) == 0;

    /// <summary>DSNNOTIFY, letters of <c>S F D</c> or <c>N</c>: what counts as NOTIFY of a recipient for whom none is said (RFC 3461 §4.1).</summary>
    public NotifyOn Notify { get; private init; }

    /// <summary>DSNRET, <c>F</c> or <c>H</c>: what counts as RET of a message for which none is said.</summary>
    public ReturnContent Return => Variables.GetValueOrDefault("DSNRET") switch { "F" => ReturnContent.Full, "H" => ReturnContent.Headers, _ => ReturnContent.Unsaid };

    /// <summary>MIME, <c>none</c>, <c>7bit</c> or <c>8bit</c>: what is done to the encoding of a message's parts; null: as for all.</summary>
    public BodyChanges? Body => Variables.GetValueOrDefault("MIME") switch { "none" => BodyChanges.None, "7bit" => BodyChanges.SevenBit, "8bit" => BodyChanges.EightBit, _ => null };

    /// <summary>BOFHCHECKDNS; null: as for all.</summary>
    public bool? ChecksDomain => IsGiven("BOFHCHECKDNS");

    /// <summary>BOFHCHECKHELO; null: as for all.</summary>
    public HeloCheck? Helo => Variables.TryGetValue("BOFHCHECKHELO", out var value) ? Number(value) switch { 0 => HeloCheck.Off, 2 => HeloCheck.Temporary, _ => HeloCheck.Permanent } : null;

    /// <summary>BOFHNOVRFY, and for <paramref name="expands"/> BOFHNOEXPN; null: as for all.</summary>
    internal Audience? Told(bool expands) => IsGiven(expands ? "BOFHNOEXPN" : "BOFHNOVRFY") switch { true => Audience.Nobody, false => Audience.Everybody, null => null };

    /// <summary>NOADDMSGID, NOADDDATE and NOADDRREWRITE, where they are set; the rest as for all.</summary>
    internal HeaderSettings Over(HeaderSettings usual) => !Variables.Keys.Any(static name => name.StartsWith("NOADD", StringComparison.Ordinal)) ? usual : usual with
    {
        AddsMessageId = Whom("NOADDMSGID") ?? usual.AddsMessageId,
        AddsDate = Whom("NOADDDATE") ?? usual.AddsDate,
        Changes = Variables.TryGetValue("NOADDRREWRITE", out var value) ? Number(value) switch { 0 => HeaderChanges.All, 2 => HeaderChanges.Unsigned, _ => HeaderChanges.None } : usual.Changes,
    };

    private Whose? Whom(string name) => IsGiven(name) switch { true => Whose.Nobody, false => Whose.Everybody, null => null };

    /// <summary>Null where it is not set; false where it is empty or 0; any other text counts, as in <c>esmtpd</c>.</summary>
    private bool? IsGiven(string name) => Variables.TryGetValue(name, out var value) ? value is not ("" or "0") : null;

    /// <summary>Whether a variable of that name says yes: any number but 0.</summary>
    public bool IsOn(string name) => Variables.TryGetValue(name, out var value) && Number(value) != 0;

    /// <summary>Reads the part of a line behind the network.</summary>
    /// <param name="text">As <c>allow,RELAYCLIENT,SIZELIMIT=1000000</c> or <c>relay, size=1MiB</c>.</param>
    /// <param name="problem">What was expected instead, where null is returned.</param>
    public static AccessEntry? Parse(string text, out string problem)
    {
        problem = "";
        var words = Split(text);
        if (words is ["deny"])
            return new AccessEntry { IsDenied = true };
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = words is ["allow", ..] ? 1 : 0; i < words.Count; i++)
        {
            if (Variable(words[i]) is not { } variable)
            {
                problem = $"deny, or allow, relay, login, tls, patient, size=10MiB, connections=20, block=text or NAME=value with commas, not “{words[i]}”";
                return null;
            }

            variables[variable.Name] = variable.Value;
        }

        return Checked(variables, out problem);
    }

    private static AccessEntry? Checked(Dictionary<string, string> variables, out string problem)
    {
        problem = "";
        long? size = null, connections = null;
        if (variables.TryGetValue("SIZELIMIT", out var sizeText) && (size = Size(sizeText)) is null)
            problem = $"a size, as 1000000 or 10MiB, not “{sizeText}”";
        else if (variables.TryGetValue("MAXCPERIP", out var connectionsText) && (connections = Count(connectionsText)) is null)
            problem = $"a number of connections, not “{connectionsText}”";
        else if (variables.GetValueOrDefault("RELAYCLIENT") is { Length: > 0 } suffix && !Mail.Addresses.MailAddress.TryParse("someone@example.org" + suffix, out _))
            problem = $"what makes an address of someone@example.org when it is put behind it, not “{suffix}”";
        else if (variables.GetValueOrDefault("DSNRET") is not (null or "" or "F" or "H"))
            problem = $"F or H, not “{variables["DSNRET"]}”";
        else if (variables.GetValueOrDefault("MIME") is not (null or "" or "none" or "7bit" or "8bit"))
            problem = $"none, 7bit or 8bit, not “{variables["MIME"]}”";
        var notify = NotifyOf(variables.GetValueOrDefault("DSNNOTIFY", ""));
        if (problem.Length == 0 && notify is null)
            problem = $"N, or some of S, F and D, not “{variables["DSNNOTIFY"]}”";
        return problem.Length > 0 ? null : new AccessEntry
        {
            Notify = notify!.Value,
            IsAllowed = true,
            Variables = variables,
            MessageBytes = size is 0 ? null : size,
            ConnectionsMax = (int?)connections,
        };
    }

    private static (string Name, string Value)? Variable(string word)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        var (name, value) = equals < 0 ? (word, "") : (word[..equals].TrimEnd(), word[(equals + 1)..].TrimStart());
        if (value is ['"', .., '"'] and not "\"")
            value = value[1..^1];
        return (name, equals >= 0) switch
        {
            ("relay", _) => ("RELAYCLIENT", value),
            ("login", false) => ("AUTH_REQUIRED", "1"),
            ("tls", false) => ("ESMTP_TLS_REQUIRED", "1"),
            ("patient", false) => ("TARPIT", "0"),
            ("size", true) => ("SIZELIMIT", value),
            ("connections", true) => ("MAXCPERIP", value),
            ("block", true) => ("BLOCK", value),
            ([>= 'A' and <= 'Z' or '_', ..], _) when name.All(static c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_') => (name, value),
            _ => null,
        };
    }

    /// <summary>At commas outside quotes.</summary>
    private static List<string> Split(string text)
    {
        var words = new List<string>();
        var (start, isQuoted) = (0, false);
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] == '"')
                isQuoted = !isQuoted;
            if (i < text.Length && (text[i] != ',' || isQuoted))
                continue;
            if (text[start..i].Trim() is { Length: > 0 } word)
                words.Add(word);
            start = i + 1;
        }

        return words;
    }

    private static NotifyOn? NotifyOf(string letters)
    {
        var notify = NotifyOn.Default;
        foreach (var letter in letters)
        {
            NotifyOn? one = letter switch { 'N' => NotifyOn.Never, 'S' => NotifyOn.Success, 'F' => NotifyOn.Failure, 'D' => NotifyOn.Delay, _ => null };
            if (one is not { } known)
                return null;
            notify |= known;
        }

        return notify.HasFlag(NotifyOn.Never) && notify != NotifyOn.Never ? null : notify;
    }

    private static long? Size(string text)
    {
        (string Unit, long Bytes)[] units = [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("", 1)];
        var (unit, bytes) = units.First(one => text.EndsWith(one.Unit, StringComparison.Ordinal));
        return long.TryParse(text[..^unit.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= long.MaxValue / bytes ? count * bytes : null;
    }

    private static int? Count(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;

    /// <summary>As C's atoi: what is no number is 0.</summary>
    private static long Number(string text)
    {
        var digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
            digits++;
        return long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : digits;
    }
}
