using Courier.Mail.Addresses;
using Courier.Queue;
using Courier.Queue.Scheduling;
using Courier.Queue.Sqlite;
using Courier.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Queue;

/// <summary>How much a destination gets at once, and that senders share it.</summary>
public sealed class FairnessTests
{
    private static Envelope From(string sender, string recipient) => Messages.Envelope(recipient) with { Sender = new ReversePath(MailAddress.Parse(sender)) };

    [Fact]
    public void It_grows_on_answers_up_to_the_most_and_halves_once_for_a_round_of_failures()
    {
        var concurrency = Concurrency.Adaptive(20);
        Assert.Equal(5, concurrency.Limit);
        for (var i = 0; i < 30; i++)
            concurrency.Learn(Feedback.Answered);
        Assert.Equal(20, concurrency.Limit);
        for (var i = 0; i < 20; i++)
            concurrency.Learn(Feedback.Overloaded);
        Assert.Equal(10, concurrency.Limit);
        for (var i = 0; i < 100; i++)
            concurrency.Learn(Feedback.Overloaded);
        Assert.Equal(1, concurrency.Limit);
        concurrency.Learn(Feedback.Answered);
        concurrency.Learn(Feedback.Answered);
        Assert.Equal(2, concurrency.Limit);
        concurrency.Learn(Feedback.None);
        Assert.Equal(2, concurrency.Limit);
    }

    [Fact]
    public void After_a_failure_it_grows_by_one_for_a_round_of_answers()
    {
        var concurrency = Concurrency.Adaptive(100);
        for (var i = 0; i < 95; i++)
            concurrency.Learn(Feedback.Answered);
        concurrency.Learn(Feedback.Overloaded);
        Assert.Equal(50, concurrency.Limit);
        for (var i = 0; i < 52; i++)
            concurrency.Learn(Feedback.Answered);
        Assert.Equal(51, concurrency.Limit);
    }

    [Fact]
    public void One_that_is_fixed_learns_nothing()
    {
        var concurrency = Concurrency.Fixed(7);
        concurrency.Learn(Feedback.Overloaded);
        Assert.Equal(7, concurrency.Limit);
    }

    [Fact]
    public async Task A_destination_that_fails_is_given_fewer_attempts_and_more_when_it_answers_again()
    {
        using var directory = new TemporaryDirectory();
        var clock = new ManualClock();
        await using var spool = SqliteSpool.Open(new SpoolSettings { Directory = directory.Path }, clock, NullLogger.Instance);
        var isDown = true;
        // "4.2.0" would be about a mailbox: the status of the connection is what counts.
        var agent = new FakeAgent((_, _) => new(isDown ? OutcomeKind.Deferred : OutcomeKind.Relayed)) { IsRemote = true, DeferredStatus = "4.4.1", Pause = 10 };
        var router = new FakeRouter();
        router.To("example.com", agent);
        await using var scheduler = new Scheduler(spool, router, new FakeBounces(), new ScheduleSettings(), clock, NullLogger.Instance);
        scheduler.Start();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(n => scheduler.SubmitAsync(From("ada@example.org", $"u{n}@example.com"))));
        await Eventually.IsAsync("all were tried", () => agent.Jobs.Count == 100 && scheduler.InMemory == 0);
        Assert.InRange(agent.MostAtOnce, 1, 5);
        isDown = false;
        clock.Advance(TimeSpan.FromMinutes(5));
        await Eventually.IsAsync("all are gone", () => spool.Length == 0);
        Assert.InRange(agent.MostAtOnce, 6, 20);
    }

    /// <summary>Twenty that hang, and would have all fifty places between them.</summary>
    [Fact]
    public async Task Many_dead_destinations_leave_places_to_the_living()
    {
        using var directory = new TemporaryDirectory();
        var clock = new ManualClock();
        await using var spool = SqliteSpool.Open(new SpoolSettings { Directory = directory.Path }, clock, NullLogger.Instance);
        var release = new TaskCompletionSource();
        var dead = new FakeAgent(async (_, ct) =>
        {
            await release.Task.WaitAsync(ct);
            return OutcomeKind.Relayed;
        })
        { IsRemote = true };
        var living = new FakeAgent(OutcomeKind.Relayed) { IsRemote = true };
        var router = new FakeRouter();
        for (var n = 0; n < 20; n++)
            router.To($"dead{n}.example", dead);
        for (var n = 0; n < 30; n++)
            router.To($"living{n}.example", living);
        await using var scheduler = new Scheduler(spool, router, new FakeBounces(), new ScheduleSettings { AttemptsAtOnce = 50 }, clock, NullLogger.Instance);
        scheduler.Start();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(n => scheduler.SubmitAsync(From("ada@example.org", $"u{n}@dead{n % 20}.example"))));
        await Eventually.IsAsync("each of the dead was tried", () => dead.Jobs.Select(job => job.Recipients[0].Recipient.Address.Domain).Distinct(StringComparer.Ordinal).Count() == 20);
        await Task.WhenAll(Enumerable.Range(0, 150).Select(n => scheduler.SubmitAsync(From("ada@example.org", $"u{n}@living{n % 30}.example"))));
        await Eventually.IsAsync("the living have theirs", () => living.Jobs.Count == 150);
        // Half of the places go to whoever comes first, one of the others to each destination.
        Assert.InRange(dead.MostAtOnce, 20, 45);
        release.SetResult();
        await Eventually.IsAsync("all are gone", () => spool.Length == 0);
    }

    [Fact]
    public async Task A_sender_of_many_does_not_delay_the_one_message_of_another()
    {
        using var directory = new TemporaryDirectory();
        var clock = new ManualClock();
        await using var spool = SqliteSpool.Open(new SpoolSettings { Directory = directory.Path }, clock, NullLogger.Instance);
        var turns = new SemaphoreSlim(0);
        var agent = new FakeAgent(async (_, ct) =>
        {
            await turns.WaitAsync(ct);
            return OutcomeKind.Relayed;
        })
        { AttemptsAtOnce = 2 };
        var router = new FakeRouter();
        router.To("example.com", agent);
        var settings = new ScheduleSettings { MessagesInMemory = 512 };
        await using var scheduler = new Scheduler(spool, router, new FakeBounces(), settings, clock, NullLogger.Instance);
        scheduler.Start();
        // Far more than memory holds: the rest waits in the spool.
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(n => scheduler.SubmitAsync(From("bulk@example.org", $"u{n}@example.com"))));
        var one = await scheduler.SubmitAsync(From("ada@example.org", "grace@example.com"));
        await Eventually.IsAsync("the first attempts run", () => agent.Jobs.Count == 2);
        turns.Release(4);
        await Eventually.IsAsync("the one message had its turn", () => agent.Jobs.Any(job => job.Id == one));
        Assert.InRange(agent.Jobs.Count, 3, 6);
        turns.Release(5000);
        await Eventually.IsAsync("all are gone", () => spool.Length == 0);
        Assert.Equal(1001, agent.Jobs.Select(job => job.Id).Distinct().Count());
    }

    [Fact]
    public async Task Senders_take_turns_at_a_destination()
    {
        using var directory = new TemporaryDirectory();
        var clock = new ManualClock();
        await using var spool = SqliteSpool.Open(new SpoolSettings { Directory = directory.Path }, clock, NullLogger.Instance);
        var begin = new TaskCompletionSource();
        var agent = new FakeAgent(async (_, ct) =>
        {
            await begin.Task.WaitAsync(ct);
            return OutcomeKind.Relayed;
        })
        { AttemptsAtOnce = 1 };
        var router = new FakeRouter();
        router.To("example.com", agent);
        await using var scheduler = new Scheduler(spool, router, new FakeBounces(), new ScheduleSettings { RoutingAtOnce = 1 }, clock, NullLogger.Instance);
        scheduler.Start();
        foreach (var sender in new[] { "a", "a", "a", "a", "b", "b", "c" })
            await scheduler.SubmitAsync(From(sender + "@example.org", "grace@example.com"));
        await Eventually.IsAsync("the first runs", () => agent.Jobs.Count == 1);
        // Six that wait have been routed.
        await Task.Delay(100);
        begin.SetResult();
        await Eventually.IsAsync("all are gone", () => spool.Length == 0);
        Assert.Equal("a a b c a b a", string.Join(' ', agent.Jobs.Select(job => job.Envelope.Sender.Address!.LocalPart)));
    }
}
