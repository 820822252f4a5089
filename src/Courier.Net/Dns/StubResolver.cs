using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Courier.Net.Dns;

/// <summary>How the resolver works.</summary>
public sealed record DnsSettings
{
    /// <summary>Whom to ask; null takes them from <see cref="ResolvConfPath"/>.</summary>
    public DnsServers? Servers { get; init; }

    public string ResolvConfPath { get; init; } = "/etc/resolv.conf";

    /// <summary>Mixes upper and lower case into questions, which adds to what a forger has to guess. A few servers cannot give it back.</summary>
    public bool MixCase { get; init; }

    public DnsLimits Limits { get; init; } = new();
}

/// <summary>Asks the recursive resolvers of this system (RFC 1034 §5.3.1) and keeps what they say for as long as it holds.</summary>
/// <remarks><para>Questions that are asked already are waited for, not asked again. A server that fails or times out is followed by the next;
/// SERVFAIL of all of them is a failure, which for mail means: later (RFC 5321 §5.1).</para>
/// <para>The AD bit counts only from a loopback address or from servers that the operator declared trustworthy: on any other path it
/// could be set by anyone (RFC 4035 §4.9.3).</para></remarks>
public sealed class StubResolver : IDnsResolver, IDisposable
{
    private const int NoError = 0;
    private const int FormatError = 1;
    private const int NameError = 3;
    private const int NotImplemented = 4;

    private readonly DnsSettings _settings;
    private readonly DnsCache _cache;
    private readonly ServerList _servers;
    private readonly DnsExchange _exchange;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _places;
    private readonly ConcurrentDictionary<(string Name, DnsType Type), Task<DnsAnswer>> _underWay = new();

    public StubResolver(DnsSettings settings, TimeProvider clock)
    {
        (_settings, _clock) = (settings, clock);
        _cache = new DnsCache(settings.Limits, clock);
        _servers = settings.Servers is { } servers
            ? new ServerList(servers, settings.Limits.ServerPenalty, clock)
            : new ServerList(settings.ResolvConfPath, settings.Limits.ServerPenalty, clock);
        _exchange = new DnsExchange(settings.Limits);
        _places = new SemaphoreSlim(settings.Limits.QuestionsAtOnce);
    }

    /// <summary>Answers in the cache.</summary>
    public int Cached => _cache.Count;

    public async ValueTask<DnsAnswer> ResolveAsync(string name, DnsType type, CancellationToken ct)
    {
        if (DnsName.Normalize(name) is not { } normal)
            return new DnsAnswer(DnsOutcome.NoSuchName, [], IsAuthenticated: false, name, TimeSpan.Zero);
        if (_cache.Find(normal, type) is { } kept)
            return kept;
        var key = (normal, type);
        // The lookup belongs to all who wait for it: none of them can cancel it, its own limits end it.
        var mine = new TaskCompletionSource<DnsAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        var shared = _underWay.GetOrAdd(key, mine.Task);
        if (shared == mine.Task)
            _ = RunAsync(key, mine);
        return await shared.WaitAsync(ct);
    }

    public void Dispose() => _places.Dispose();

    private async Task RunAsync((string Name, DnsType Type) key, TaskCompletionSource<DnsAnswer> result)
    {
        DnsAnswer answer;
        try
        {
            answer = await FollowAsync(key.Name, key.Type);
        }
        catch (Exception e)
        {
            // A fault of ours is no statement about the name.
            answer = DnsAnswer.Failure(key.Name, e.Message);
        }

        _underWay.TryRemove(key, out _);
        result.SetResult(answer);
    }

    /// <summary>Asks, and asks on where the answer ends in an alias whose target the server did not look up.</summary>
    private async Task<DnsAnswer> FollowAsync(string name, DnsType type)
    {
        var (current, aliases, isAuthenticated, ttl, bytes) = (name, 0, true, _settings.Limits.TimeToLive, 0);
        while (true)
        {
            var (reply, problem) = await AskAsync(current, type);
            if (reply is null)
                return Keep(DnsAnswer.Failure(name, problem!, _settings.Limits.FailureTimeToLive));
            bytes += reply.Length;
            isAuthenticated &= reply.IsAuthenticated;
            var chain = AnswerChain.Follow(reply, current, type, _settings.Limits.CnameChain - aliases);
            if (chain is null)
                return Keep(DnsAnswer.Failure(name, $"too many aliases from {name}", _settings.Limits.FailureTimeToLive));
            ttl = Least(ttl, chain.TimeToLive);
            aliases += chain.Aliases;
            if (chain.Records.Count > 0)
                return Keep(new DnsAnswer(DnsOutcome.Found, chain.Records, isAuthenticated, chain.Name, ttl));
            if (chain.Aliases > 0 && reply.ResponseCode == NoError && reply.NegativeTimeToLive is null)
            {
                current = chain.Name;
                continue;
            }

            var negative = reply.NegativeTimeToLive is { } seconds ? Least(TimeSpan.FromSeconds(seconds), _settings.Limits.NegativeTimeToLive) : TimeSpan.Zero;
            var outcome = reply.ResponseCode == NameError ? DnsOutcome.NoSuchName : DnsOutcome.NoData;
            return Keep(new DnsAnswer(outcome, [], isAuthenticated, chain.Name, Least(ttl, negative)));
        }

        DnsAnswer Keep(DnsAnswer answer)
        {
            // Names, keys and list nodes weigh something too, also where there was no message.
            const int overhead = 256;
            _cache.Store(name, type, answer, bytes + overhead);
            return answer;
        }
    }

    private async Task<(DnsMessage? Reply, string? Problem)> AskAsync(string name, DnsType type)
    {
        var (settings, order) = _servers.Next();
        var problem = "no name server answers";
        await _places.WaitAsync();
        try
        {
            for (var attempt = 0; attempt < settings.Attempts; attempt++)
            {
                var refusals = 0;
                foreach (var server in order)
                {
                    var (reply, trouble) = await AskAsync(server, settings, name, type);
                    if (reply is { ResponseCode: NoError or NameError })
                        return (Trusted(reply, server, settings), null);
                    refusals += reply is null ? 0 : 1;
                    problem = reply is null ? trouble : $"{server} answers {Describe(reply.ResponseCode)} for {name} {type.ToString().ToUpperInvariant()}";
                }

                // Whoever answered has made up its mind: only silence is worth another round.
                if (refusals == order.Count)
                    break;
            }

            return (null, problem);
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task<(DnsMessage? Reply, string Trouble)> AskAsync(IPEndPoint server, DnsServers settings, string name, DnsType type)
    {
        using var limit = new CancellationTokenSource(settings.Timeout, _clock);
        try
        {
            var query = DnsQuery.Write(name, type, withEdns: true, _settings.MixCase, _settings.Limits);
            var reply = await _exchange.AskAsync(server, query, settings.UseTcp, limit.Token);
            if (reply.ResponseCode is FormatError or NotImplemented)
            {
                // RFC 6891 §7: a server from before EDNS.
                query = DnsQuery.Write(name, type, withEdns: false, _settings.MixCase, _settings.Limits);
                reply = await _exchange.AskAsync(server, query, settings.UseTcp, limit.Token);
            }

            _servers.Answered(server);
            return (reply, "");
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            _servers.Failed(server);
            return (null, e is OperationCanceledException ? $"{server} does not answer" : $"{server}: {e.Message}");
        }
    }

    private static DnsMessage Trusted(DnsMessage reply, IPEndPoint server, DnsServers settings) =>
        settings.TrustsAuthentication || IPAddress.IsLoopback(server.Address) ? reply : reply with { IsAuthenticated = false };

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    // RFC 1035 §4.1.1, RFC 2136 §2.2.
    private static string Describe(int code) => code switch
    {
        FormatError => "FORMERR",
        2 => "SERVFAIL",
        NotImplemented => "NOTIMP",
        5 => "REFUSED",
        _ => $"code {code}",
    };
}
