using System.Diagnostics;
using System.Globalization;
using Courier.Faults.Load;
using Courier.Faults.Server;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Queue;
using Courier.Queue.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>The program as shipped before a queue of 1,000,000 messages (100,000 in the short form): how it starts, what it takes, and whether mail still flows.</summary>
public sealed class LargeQueue(ITestOutputHelper output)
{
    private const int Submitters = 128;
    private const int BodyBytes = 1000;
    private const long MostResidentBytes = 300L << 20;

    private static readonly TimeSpan _longestStart = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _atOnce = TimeSpan.FromSeconds(2);

    private static int Count => RunLength.IsLong ? 1_000_000 : 100_000;

    [Fact]
    public async Task A_start_before_a_full_queue_is_quick_and_small_and_what_is_due_leaves_at_once()
    {
        var state = CourierServer.NewState("full");
        await using var sink = new TokenSink();
        await using var server = new CourierServer(state, $"[relay]\nnetworks = 127.0.0.0/8\nnext_hop = 127.0.0.1:{sink.Port}\n", ["smtp"]);
        var filling = Stopwatch.GetTimestamp();
        await FillAsync(state);
        Say($"{Count} messages of {BodyBytes} bytes queued in {Stopwatch.GetElapsedTime(filling).TotalSeconds:0} s, by SubmitAsync, {Submitters} at once; the spool has {new FileInfo(Path.Combine(state, "spool.db")).Length >> 20} MiB");

        var begun = Stopwatch.GetTimestamp();
        await server.StartAsync(CancellationToken.None);
        var ready = Stopwatch.GetElapsedTime(begun);
        await ArrivedAsync(sink, "due");
        var left = Stopwatch.GetElapsedTime(begun);
        await Task.Delay(TimeSpan.FromSeconds(2));
        var resident = server.ResidentBytes;

        begun = Stopwatch.GetTimestamp();
        var ledger = new Ledger();
        var fresh = new SmtpLoad(new(System.Net.IPAddress.Loopback, server.Port("smtp")), new LoadPlan(1, ["far@sink.test"], 1, TimeSpan.Zero, _ => BodyBytes) { Messages = 1 }, ledger, RunLength.Seed);
        await fresh.RunAsync(CancellationToken.None);
        await ArrivedAsync(sink, ledger.All.Single().Token);
        var through = Stopwatch.GetElapsedTime(begun);
        Say(string.Create(CultureInfo.InvariantCulture,
            $"ready after {ready.TotalSeconds:0.00} s, the due message with its next hop after {left.TotalSeconds:0.00} s, {resident >> 20} MiB resident; a new one from connection to next hop in {through.TotalMilliseconds:0} ms"));
        Assert.Equal(2, sink.Received.Count);
        Assert.InRange(ready, TimeSpan.Zero, _longestStart);
        Assert.InRange(left - ready, TimeSpan.MinValue, _atOnce);
        Assert.InRange(through, TimeSpan.Zero, _atOnce);
        Assert.InRange(resident, 1, MostResidentBytes);
    }

    private static Task ArrivedAsync(TokenSink sink, string token) =>
        Testing.Processes.Eventually.IsAsync($"{token} arrives", () => sink.Received.Keys.Any(key => key.Token == token), seconds: 30);

    /// <summary>One message that is due, and all others tomorrow.</summary>
    private static async Task FillAsync(string state)
    {
        await using var spool = SqliteSpool.Open(new SpoolSettings { Directory = state }, TimeProvider.System, NullLogger.Instance);
        await SubmitAsync(spool, "due", "far@sink.test", TimeSpan.Zero);
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, Submitters).Select(_ => Task.Run(async () =>
        {
            for (int number; (number = Interlocked.Increment(ref next)) <= Count;)
                await SubmitAsync(spool, $"later{number}", $"u{number}@d{number % 1000}.test", TimeSpan.FromDays(1));
        })));
    }

    private static async Task SubmitAsync(SqliteSpool spool, string token, string recipient, TimeSpan delay)
    {
        using var body = new MessageBuffer(Path.GetTempPath(), 64 * 1024);
        body.Write(System.Text.Encoding.ASCII.GetBytes(Messages.Text(token, BodyBytes)));
        var envelope = new Envelope(new ReversePath(MailAddress.Parse("load@example.org")), [new EnvelopeRecipient(MailAddress.Parse(recipient))]);
        await spool.SubmitAsync(new Submission(envelope, ReadOnlyMemory<byte>.Empty, body, "load") { Delay = delay }, CancellationToken.None);
    }

    private void Say(string text)
    {
        output.WriteLine(text);
        Console.WriteLine(text);
    }
}
