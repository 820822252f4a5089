using System.Globalization;
using System.Net;
using System.Text.Json;
using Courier.Faults.Audit;
using Courier.Faults.Load;
using Courier.Faults.Server;
using Xunit.Abstractions;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Courier.Faults.Rounds;

/// <summary>What the environment asks of a run: its seed, its length.</summary>
public static class RunLength
{
    public static bool IsLong => Environment.GetEnvironmentVariable("COURIER_TEST_LONG") == "1";

    /// <summary>COURIER_TEST_SEED replays a run; else every run is another one.</summary>
    public static int Seed => Environment.GetEnvironmentVariable("COURIER_TEST_SEED") is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture)
        : Random.Shared.Next(1, 1 << 20);

    public static int Rounds(int quick, int whole) => Environment.GetEnvironmentVariable("COURIER_TEST_ROUNDS") is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture)
        : IsLong ? whole : quick;
}

/// <summary>A server, its accounts and a ledger: what every kind of round has in common.</summary>
public sealed class FaultRun : IAsyncDisposable
{
    public const string Domain = "example.test";
    public const string Password = "correct horse";

    // crypt(3) of the password: the cheap kind, since hashing is not under test.
    internal const string Hash = "$1$convsalt$M89z423N5Pw49xGPIegNw/";

    /// <summary>Of a server whose mailboxes alone are under test.</summary>
    internal const string MailboxSettings = """
        [accounts]
        default_domain = example.test
        cleartext_logins = loopback
        [relay]
        hold = yes
        """;

    private static readonly TimeSpan DrainTime = TimeSpan.FromMinutes(2);

    private readonly ITestOutputHelper _output;

    private FaultRun(string state, string settings, int seed, ITestOutputHelper output)
    {
        (Seed, _output) = (seed, output);
        Random = new(seed);
        Server = new(state, settings, ["smtp", "imap"]);
        Local = [.. Enumerable.Range(0, 10).Select(n => $"user{n}@{Domain}")];
        Audit = new(Server.MaildirOf, Local);
        Say($"seed {seed}: COURIER_TEST_SEED={seed} repeats this run");
    }

    public int Seed { get; }

    public Random Random { get; }

    public CourierServer Server { get; }

    public Ledger Ledger { get; } = new();

    public IReadOnlyList<string> Local { get; }

    public MailAudit Audit { get; }

    public IPEndPoint Smtp => new(IPAddress.Loopback, Server.Port("smtp"));

    public IPEndPoint Imap => new(IPAddress.Loopback, Server.Port("imap"));

    /// <summary>Makes the accounts; the server is not running yet.</summary>
    /// <param name="state">Where state and Maildirs lie.</param>
    /// <param name="settings">Sections of courier.conf beside the listeners and [accounts].</param>
    /// <param name="seed">Of everything random in the run.</param>
    /// <param name="output">Where the seed and the figures are told.</param>
    /// <param name="imapUsers">Accounts for IMAP clients, beside those that get the mail.</param>
    public static async Task<FaultRun> CreateAsync(string state, string settings, int seed, ITestOutputHelper output, params string[] imapUsers)
    {
        var run = new FaultRun(state, "[accounts]\ndefault_domain = " + Domain + "\ncleartext_logins = loopback\n" + settings, seed, output);
        await run.Server.ImportAccountsAsync(run.Local.Concat(imapUsers), Hash, CancellationToken.None);
        return run;
    }

    public void Say(string text)
    {
        _output.WriteLine(text);
        Console.WriteLine(text);
    }

    public TimeSpan Between(int leastMilliseconds, int mostMilliseconds) => TimeSpan.FromMilliseconds(Random.Next(leastMilliseconds, mostMilliseconds));

    /// <summary>One message for each mailbox: the first that a server delivers there sweeps what a crash left in staging.</summary>
    public async Task ReachAllAsync(CancellationToken ct = default)
    {
        foreach (var recipient in Local)
            await new SmtpLoad(Smtp, new LoadPlan(1, [recipient], 1, TimeSpan.Zero, static _ => 1000) { Messages = 1 }, Ledger, Random.Next()).RunAsync(ct);
    }

    /// <summary>Waits until `courier queue list --json` is empty.</summary>
    public async Task DrainAsync(CancellationToken ct = default)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (await QueueLengthAsync(ct) is var length and > 0)
        {
            if (TimeProvider.System.GetElapsedTime(start) > DrainTime)
                throw new TimeoutException($"{length} messages are still queued after {DrainTime}\n{Server.LogText}");
            await Task.Delay(200, ct);
        }
    }

    private async Task<int> QueueLengthAsync(CancellationToken ct) => CountEntries(await Server.RunAsync(["queue", "list", "--json"], ct));

    /// <summary>An array, an object that holds one, or one object a line.</summary>
    public static int CountEntries(string json)
    {
        var text = json.Trim();
        if (text.Length == 0)
            return 0;
        var lines = text.Split('\n');
        if (text[0] == '{' && lines.Length > 1 && lines.All(line => line.StartsWith('{') && line.TrimEnd().EndsWith('}')))
            return lines.Length;
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Object)
        {
            var list = root.EnumerateObject().FirstOrDefault(property => property.Value.ValueKind == JsonValueKind.Array);
            return list.Value.ValueKind == JsonValueKind.Array ? list.Value.GetArrayLength() : 1;
        }
        return root.GetArrayLength();
    }

    /// <summary>Tells the figures, writes them to the report, and fails on any broken promise.</summary>
    public async Task ConcludeAsync(string what, int rounds, Verdict verdict)
    {
        Say(string.Create(CultureInfo.InvariantCulture,
            $"{what}: {rounds} rounds, {verdict.Acknowledged} acknowledged, {verdict.InDoubt} in doubt, {verdict.Lost} lost, {verdict.Duplicated} duplicated, {verdict.RelayedTwice} relayed twice"));
        await ReliabilityReport.AddAsync(what, rounds, verdict, Seed);
        Require(verdict);
        Assert.True(verdict.Acknowledged > 0, $"seed {Seed}: nothing was acknowledged, so nothing was tested\n{string.Join('\n', Ledger.Refusals.Take(10))}\n{Server.LogText}");
    }

    /// <summary>What each client was told by IMAP still holds.</summary>
    internal async Task RequireAsync(IEnumerable<ImapLoad> clients, int round)
    {
        foreach (var client in clients)
        {
            await client.AuditAsync(CancellationToken.None);
            RequireNone(client.Faults, round);
        }
    }

    internal void RequireNone(IReadOnlyCollection<string> faults, int round) =>
        Assert.True(faults.Count == 0, $"seed {Seed}, round {round}: {string.Join('\n', faults.Take(20))}");

    public void Require(Verdict verdict)
    {
        Assert.True(verdict.Complaints.Count == 0, $"seed {Seed}: {verdict.Complaints.Count} broken promises\n{string.Join('\n', verdict.Complaints.Take(30))}\n--- the server's log ---\n{Server.LogText}");
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>A load that goes on in the background until it is stopped.</summary>
public sealed class Background(Func<CancellationToken, Task> work) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task? _task;

    public Background Start()
    {
        _task = work(_stop.Token);
        return this;
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        if (_task is not null)
            await _task;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }
}
