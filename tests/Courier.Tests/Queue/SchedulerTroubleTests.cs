using System.Diagnostics;
using Courier.Queue;

namespace Courier.Tests.Queue;

/// <summary>Restarts, stops, and faults of our own: nothing is lost, nothing is sent twice.</summary>
public sealed class SchedulerTroubleTests : SchedulerBench
{
    [Fact]
    public async Task After_a_restart_everything_due_is_resumed()
    {
        for (var i = 0; i < 20; i++)
            await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        var agent = new FakeAgent(OutcomeKind.Delivered);
        Router.To("example.com", agent);
        await RestartAsync();
        Scheduler.Start();
        await QueueEmptyAsync();
        Assert.Equal(20, agent.Jobs.Count);
        Assert.All(Router.Origins, origin => Assert.Equal("192.0.2.1", origin.ToString()));
    }

    [Fact]
    public async Task A_staged_copy_goes_to_the_agent_that_publishes_even_when_its_address_is_gone()
    {
        var agent = new FakeAgent(OutcomeKind.Delivered);
        Router.StagedRoute = new Route(agent, "local");
        Router.Routes["example.com"] = () => new Route(null, "local", new RecipientOutcome(0, OutcomeKind.Failed, "5.1.1", "no such user"));
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        await Spool.MarkStagedAsync([new StagedCopy(id, 0, "/staging/x")], Ct);
        await RestartAsync();
        Scheduler.Start();
        await QueueEmptyAsync();
        Assert.Equal("/staging/x", Assert.Single(agent.Jobs).Recipients[0].StagedPath);
        Assert.Empty(Bounces.Written);
    }

    [Theory]
    [InlineData("throws")]
    [InlineData("io")]
    [InlineData("silent")]
    [InlineData("router")]
    [InlineData("bounce")]
    public async Task Our_own_faults_defer_and_never_lose_or_bounce(string fault)
    {
        var agent = new FakeAgent((_, _) => fault switch
        {
            "throws" => throw new InvalidOperationException("bug"),
            "io" => throw new IOException("disk"),
            "bounce" => new(OutcomeKind.Failed),
            _ => new(OutcomeKind.Delivered),
        })
        { SkipsOutcomes = fault == "silent" };
        Router.To("example.com", agent);
        if (fault == "router")
            Router.Routes["example.com"] = () => throw new IOException("directory down");
        Bounces.Failure = fault == "bounce" ? new IOException("no room for the report") : null;
        Scheduler.Start();
        var id = await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await IdleAsync();
        var waiting = await WaitingAsync(id);
        Assert.Equal((1, Clock.GetUtcNow() + TimeSpan.FromMinutes(5)), (waiting.Attempts, waiting.NextAttempt));
        Assert.Empty(Bounces.Written);
    }

    [Fact]
    public async Task An_outcome_that_cannot_be_recorded_is_recorded_later_without_another_attempt()
    {
        var agent = new FakeAgent(OutcomeKind.Relayed);
        Router.To("example.com", agent);
        Scheduler.Start();
        // It asks at once for what is due, which is a commit of its own.
        await EventuallyAsync(() => Spool.Writer.Commits == 1);
        var commits = 0;
        Spool.Writer.BeforeCommit = () =>
        {
            // The first is the submission.
            if (Interlocked.Increment(ref commits) is 2 or 3)
                throw new IOException("disk full");
        };
        var id = await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await EventuallyAsync(() => commits == 2);
        foreach (var seconds in new[] { 1, 2 })
        {
            await EventuallyAsync(() => Clock.Armed > 0);
            Assert.True(Spool.IsLeased(id, 0));
            Clock.Advance(TimeSpan.FromSeconds(seconds));
        }

        await EventuallyAsync(() =>
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            return Spool.Length == 0;
        });
        Assert.Single(agent.Jobs);
    }

    [Fact]
    public async Task A_message_removed_while_it_waits_for_its_turn_is_not_attempted()
    {
        var release = new TaskCompletionSource();
        var agent = new FakeAgent(async (_, ct) =>
        {
            await release.Task.WaitAsync(ct);
            return OutcomeKind.Relayed;
        })
        { AttemptsAtOnce = 1 };
        Router.To("example.com", agent);
        Scheduler.Start();
        var first = await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await EventuallyAsync(() => agent.Jobs.Count == 1);
        var second = await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.True(await Spool.RemoveAsync(second, Ct));
        release.SetResult();
        await QueueEmptyAsync();
        Assert.Equal(first, Assert.Single(agent.Jobs).Id);
    }

    [Fact]
    public async Task A_stop_cancels_attempts_quickly_and_their_messages_stay_queued()
    {
        var agent = new FakeAgent(async (_, ct) =>
        {
            await Task.Delay(Timeout.Infinite, ct);
            return OutcomeKind.Relayed;
        });
        Router.To("example.com", agent);
        Scheduler.Start();
        var id = await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await EventuallyAsync(() => agent.Jobs.Count == 1);
        var begun = Stopwatch.GetTimestamp();
        await Scheduler.StopAsync();
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(1.5));
        Assert.Equal(0, (await WaitingAsync(id)).Attempts);
        // Accepting goes on until the listeners are closed.
        var late = await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.Equal([id, late], (await Spool.ListAsync(10, Ct)).Select(entry => entry.Id));
    }
}
