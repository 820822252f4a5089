using Courier.Queue;
using Courier.Queue.Scheduling;

namespace Courier.Tests.Queue;

/// <summary>When attempts are made, and until when.</summary>
public sealed class RetryTests : SchedulerBench
{
    [Fact]
    public async Task Retries_come_at_their_times_until_expiry_which_is_reported()
    {
        Settings = new ScheduleSettings { WarnAfter = TimeSpan.Zero };
        await RestartAsync();
        var agent = new FakeAgent(OutcomeKind.Deferred);
        Router.To("example.com", agent);
        var toSender = new FakeAgent(OutcomeKind.Delivered);
        Router.To("example.org", toSender);
        Scheduler.Start();
        var id = await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await IdleAsync();
        var elapsed = TimeSpan.Zero;
        foreach (var minutes in new[] { 5, 5, 15, 5, 5, 30, 5, 5, 60, 5, 5, 120, 5, 5, 120 })
        {
            var waiting = await WaitingAsync(id);
            Assert.Equal(Clock.GetUtcNow() + TimeSpan.FromMinutes(minutes), waiting.NextAttempt);
            Assert.Equal("said the fake", waiting.LastDiagnostic);
            var attempts = agent.Jobs.Count;
            await EventuallyAsync(() => Clock.Armed > 0);
            Clock.Advance(TimeSpan.FromMinutes(minutes) - TimeSpan.FromSeconds(1));
            Assert.Equal(attempts, agent.Jobs.Count);
            Clock.Advance(TimeSpan.FromSeconds(1));
            await EventuallyAsync(() => agent.Jobs.Count == attempts + 1);
            await IdleAsync();
            // A report under way must not meet the next leap of the clock.
            await EventuallyAsync(() => toSender.Jobs.Count == Bounces.Written.Count);
            await IdleAsync();
        }

        // Not until the queue is empty: the report leaves by itself, and while it is on its way no alarm is set to wait for.
        for (; Bounces.Written.IsEmpty && elapsed < TimeSpan.FromDays(8); elapsed += TimeSpan.FromHours(2))
        {
            var attempts = agent.Jobs.Count;
            await EventuallyAsync(() => Clock.Armed > 0);
            Clock.Advance(TimeSpan.FromHours(2));
            // The last step ends in a report, perhaps without another attempt.
            await EventuallyAsync(() => agent.Jobs.Count > attempts || !Bounces.Written.IsEmpty);
            await IdleAsync();
            await EventuallyAsync(() => toSender.Jobs.Count == Bounces.Written.Count);
            await IdleAsync();
        }

        var (bounced, outcome) = Assert.Single(Bounces.Written);
        Assert.Equal((id, "4.4.7", OutcomeKind.Failed), (bounced, outcome.Status, outcome.Kind));
        Assert.Contains("said the fake", outcome.Diagnostic, StringComparison.Ordinal);
        await QueueEmptyAsync();
        Assert.All(toSender.Jobs, job => Assert.Equal("ada@example.org", job.Recipients[0].Recipient.Address.ToString()));
        Assert.InRange(Clock.GetUtcNow() - agent.Jobs.First().Arrival, TimeSpan.FromDays(7), TimeSpan.FromDays(7) + TimeSpan.FromHours(2));
    }

    [Theory]
    [InlineData(true, OutcomeKind.Failed, "5.4.7")]
    [InlineData(false, OutcomeKind.Deferred, "4.2.0")]
    public async Task When_the_sender_s_time_is_up_a_message_is_returned_or_the_sender_told(bool isReturned, OutcomeKind kind, string status)
    {
        var agent = new FakeAgent(OutcomeKind.Deferred);
        Router.To("example.com", agent);
        Router.To("example.org", new FakeAgent(OutcomeKind.Delivered));
        Scheduler.Start();
        await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com") with { DeliverBy = new DeliverBy(Clock.GetUtcNow() + TimeSpan.FromMinutes(7), isReturned, IsTraced: false) });
        await AdvanceAsync(TimeSpan.FromMinutes(6));
        Assert.Empty(Bounces.Written);
        await AdvanceAsync(TimeSpan.FromMinutes(2));
        await EventuallyAsync(() => !Bounces.Written.IsEmpty);
        var (_, outcome) = Assert.Single(Bounces.Written);
        Assert.Equal((kind, status), (outcome.Kind, outcome.Status));
        await IdleAsync();
        Assert.Equal(isReturned ? 0 : 1, Spool.Length);
    }

    [Fact]
    public async Task A_submit_delay_comes_before_the_first_attempt()
    {
        Settings = new ScheduleSettings { SubmitDelay = TimeSpan.FromMinutes(2) };
        await RestartAsync();
        var agent = new FakeAgent(OutcomeKind.Delivered);
        Router.To("example.com", agent);
        Scheduler.Start();
        var id = await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.Equal(Clock.GetUtcNow() + TimeSpan.FromMinutes(2), (await WaitingAsync(id)).NextAttempt);
        await EventuallyAsync(() => Clock.Armed > 0);
        Assert.Empty(agent.Jobs);
        Clock.Advance(TimeSpan.FromMinutes(2));
        await QueueEmptyAsync();
        Assert.Single(agent.Jobs);
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 5)]
    [InlineData(3, 15)]
    [InlineData(4, 5)]
    [InlineData(6, 30)]
    [InlineData(9, 60)]
    [InlineData(12, 120)]
    [InlineData(999, 120)]
    [InlineData(1000, 5)]
    public void Rounds_of_attempts_are_apart_by_waits_that_double_up_to_a_cap(int attempts, int minutes) =>
        Assert.Equal(TimeSpan.FromMinutes(minutes), new ScheduleSettings().WaitAfter(attempts));

    [Theory]
    [InlineData(1, 4, 60, 0, 60)]
    [InlineData(2, 4, 60, 0, 60)]
    [InlineData(10, 10, 7, 0, 7)]
    [InlineData(4, 2, 7, 2, 14)]
    public void The_schedule_is_that_of_its_settings(int attempts, int round, int roundWait, int doublings, int minutes) => Assert.Equal(
        TimeSpan.FromMinutes(minutes),
        new ScheduleSettings { FirstRetry = TimeSpan.FromMinutes(60), AttemptsPerRound = round, RoundWait = TimeSpan.FromMinutes(roundWait), Doublings = doublings }.WaitAfter(attempts));

    [Fact]
    public async Task Held_mail_waits_without_attempts_until_a_flush_or_a_restart_finds_a_route()
    {
        Router.To("example.com", null, "held: no next hop");
        Scheduler.Start();
        var id = await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await IdleAsync();
        Clock.Advance(TimeSpan.FromDays(30));
        await IdleAsync();
        var waiting = await WaitingAsync(id);
        Assert.Equal((0, DateTimeOffset.MaxValue, "held: no next hop"), (waiting.Attempts, waiting.NextAttempt, waiting.LastDiagnostic));

        var agent = new FakeAgent(OutcomeKind.Deferred);
        Router.To("example.com", agent);
        await Spool.FlushAsync(id, null, Ct);
        await EventuallyAsync(() => agent.Jobs.Count == 1);

        Router.To("example.com", null);
        var second = await Scheduler.SubmitAsync(Messages.Envelope("joan@example.com"));
        await IdleAsync();
        Assert.Equal(DateTimeOffset.MaxValue, (await WaitingAsync(second)).NextAttempt);
        Router.To("example.com", agent);
        await RestartAsync();
        Scheduler.Start();
        await EventuallyAsync(() => agent.Jobs.Any(job => job.Id == second));
    }

    [Fact]
    public async Task An_idle_scheduler_sets_no_timer()
    {
        Router.To("example.com", new FakeAgent(OutcomeKind.Delivered));
        Scheduler.Start();
        await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await QueueEmptyAsync();
        Assert.Equal(0, Clock.Armed);
    }
}
