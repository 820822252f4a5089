using System.Globalization;
using System.Net;
using Courier.Conversations.Language;
using Courier.Conversations.Running;

namespace Courier.Conversations.Targets;

/// <summary>Somebody else's server with accounts that exist already: COURIER_TARGET=host:imap:smtp:pop3:lmtp:user:password.</summary>
/// <remarks>
/// A port of 0 is a service it lacks. `user` may be a list with commas; scripts that want more accounts than are named are skipped.
/// COURIER_TARGET_DOMAIN is the domain of their addresses, COURIER_TARGET_MAILDIRS where their Maildirs lie ({user} is replaced).
/// COURIER_TARGET_SUBMISSION and COURIER_TARGET_SUBMISSIONS are submission ports. COURIER_TARGET_SERVER says which of the settings that scripts
/// ask for it was given, with commas; then scripts run that are `only ours`, too, to see where it differs. COURIER_TARGET_PEERS: where scripts say
/// XCLIENT, they connect from that address, which this machine must have. COURIER_TARGET_HOPS: it sends mail for the domain of the nth script
/// that plays a next hop to this port plus n.
/// </remarks>
public sealed class OtherServer : ITarget
{
    private readonly Dictionary<string, IPEndPoint> _services = new(StringComparer.Ordinal);
    private readonly List<Person> _people;
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly string[]? _settings;
    private readonly int _firstHop;

    private OtherServer(Dictionary<string, IPEndPoint> services, List<Person> people, string[]? settings, int firstHop) =>
        (_services, _people, _settings, _firstHop) = (services, people, settings, firstHop);

    public static OtherServer Parse(string text, Func<string, string?> environment)
    {
        var parts = text.Split(':');
        if (parts.Length != 7)
            throw new ScriptException("COURIER_TARGET is host:imapport:smtpport:pop3port:lmtpport:user:password");
        var address = IPAddress.Parse(parts[0] == "localhost" ? "127.0.0.1" : parts[0]);
        var services = new Dictionary<string, IPEndPoint>(StringComparer.Ordinal);
        foreach (var (name, port) in new[] { ("imap", parts[1]), ("smtp", parts[2]), ("pop3", parts[3]), ("lmtp", parts[4]) })
        {
            if (port is not ("" or "0"))
                services[name] = new(address, int.Parse(port, CultureInfo.InvariantCulture));
        }
        foreach (var service in new[] { "submission", "submissions" })
        {
            if (environment("COURIER_TARGET_" + service.ToUpperInvariant()) is { Length: > 0 } port)
                services[service] = new(address, int.Parse(port, CultureInfo.InvariantCulture));
        }
        var domain = environment("COURIER_TARGET_DOMAIN") ?? "example.test";
        var maildirs = environment("COURIER_TARGET_MAILDIRS");
        var people = parts[5].Split(',').Select((user, i) => new Person(i == 0 ? "demo" : "", user, parts[6],
            user.Contains('@', StringComparison.Ordinal) ? user : $"{user}@{domain}", maildirs?.Replace("{user}", user, StringComparison.Ordinal))).ToList();
        return new(services, people, environment("COURIER_TARGET_SERVER")?.Split(','), int.Parse(environment("COURIER_TARGET_HOPS") ?? "0", CultureInfo.InvariantCulture))
        {
            HasPeers = environment("COURIER_TARGET_PEERS") is { Length: > 0 },
        };
    }

    public string? SkipReason(Script script)
    {
        if (script.OnlyOurs is { } reason && _settings is null)
            return reason;
        if (Environment.GetEnvironmentVariable("COURIER_TARGET_WORDS") is { Length: > 0 } words
            && script.Needs.FirstOrDefault(need => !words.Split(' ').Any(word => Normal(word) == Normal(need))) is { } lacking)
            return $"this server does not offer {lacking}";
        if (script.HasHop && _firstHop == 0)
            return "this server does not know our next hops";
        if (!(_settings ?? ["default"]).Contains(script.Server))
            return $"needs our server with the settings “{script.Server}”";
        if (script.TouchesMaildir && _people[0].Maildir is null)
            return "COURIER_TARGET_MAILDIRS does not say where the Maildirs are";
        if (script.FurtherAccounts.Count() >= _people.Count)
            return "COURIER_TARGET names too few users";
        var services = script.Steps.OfType<Verb>().Where(verb => verb.Name == "connect").Select(verb => verb.Argument.Split(' ')[0]).Append(script.Protocol);
        return services.FirstOrDefault(service => !_services.ContainsKey(service)) is { } missing ? $"this server has no {missing}" : null;
    }

    // As the names of scripts have it: METADATA-SERVER is cap-metadata-server, CONTEXT=SORT cap-context-sort.
    private static string Normal(string word) => word.ToLowerInvariant().Replace('=', '-');

    public IPEndPoint Endpoint(string server, string service) =>
        _services.TryGetValue(service, out var endpoint) ? endpoint : throw new ScriptException($"this server has no {service}");

    public bool HasPeers { get; private init; }

    public IPEndPoint Hop(Script script) => _firstHop == 0
        ? throw new ScriptException("another server does not know our next hops")
        : new(IPAddress.Loopback, _firstHop + ScriptFiles.Hops.ToList().IndexOf(script));

    /// <summary>One script at a time, since all use the same accounts; they are emptied first.</summary>
    public async Task<Reservation> ReserveAsync(Script script, CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        var further = script.FurtherAccounts.Select((name, i) => _people[i + 1] with { Name = name });
        List<Person> people = [_people[0], .. further];
        foreach (var person in people)
        {
            if (_services.TryGetValue("imap", out var imap))
                await Stage.EmptyAsync(imap, person, ct);
            else if (person.Maildir is not null)
                MaildirFiles.Empty(person.Maildir);
        }
        return new(people, () => _one.Release());
    }

    public ValueTask DisposeAsync()
    {
        _one.Dispose();
        return ValueTask.CompletedTask;
    }
}
