using Courier.Mail.Reports;
using Courier.Queue;
using Courier.Queue.Scheduling;

namespace Courier.Tests.Queue;

/// <summary>What senders hear of their mail, and when.</summary>
public sealed class QueueReportTests : SchedulerBench
{
    [Fact]
    public async Task The_sender_is_warned_once_for_each_recipient_also_over_a_restart()
    {
        Router.To("example.com", new FakeAgent(OutcomeKind.Deferred));
        Router.To("example.org", new FakeAgent(OutcomeKind.Delivered));
        Scheduler.Start();
        var envelope = Messages.Envelope("grace@example.com", "joan@example.com", "alan@example.com", "mary@example.com");
        NotifyOn[] notify = [NotifyOn.Default, NotifyOn.Never, NotifyOn.Delay | NotifyOn.Success, NotifyOn.Failure];
        var id = await Scheduler.SubmitAsync(envelope with { Recipients = [.. envelope.Recipients.Zip(notify, (recipient, on) => recipient with { Notify = on })] });
        await AdvanceAsync(TimeSpan.FromHours(4) - TimeSpan.FromMinutes(1));
        Assert.Empty(Bounces.Written);

        await AdvanceAsync(TimeSpan.FromHours(2));
        Assert.Equal([(id, 0), (id, 2)], Bounces.Written.Select(written => (written.Id, written.Outcome.Number)));
        Assert.All(Bounces.Written, written => Assert.Equal((OutcomeKind.Deferred, (DateTimeOffset?)Clock.GetUtcNow()),
            (written.Outcome.Kind, written.Outcome.RetryUntil - TimeSpan.FromDays(7) + TimeSpan.FromHours(6) - TimeSpan.FromMinutes(1))));

        await RestartAsync();
        Scheduler.Start();
        await AdvanceAsync(TimeSpan.FromHours(4));
        Assert.Equal(2, Bounces.Written.Count);
    }

    [Theory]
    [InlineData(OutcomeKind.Delivered, false, true)]
    [InlineData(OutcomeKind.Relayed, false, true)]
    [InlineData(OutcomeKind.Relayed, true, false)]
    public async Task Success_is_reported_where_asked_for_unless_the_next_hop_does(OutcomeKind kind, bool isPassedOn, bool isReported)
    {
        Router.To("example.com", new FakeAgent(kind) { IsReportPassedOn = isPassedOn });
        Router.To("example.org", new FakeAgent(OutcomeKind.Delivered));
        Scheduler.Start();
        var envelope = Messages.Envelope("grace@example.com", "joan@example.com");
        await Scheduler.SubmitAsync(envelope with { Recipients = [envelope.Recipients[0] with { Notify = NotifyOn.Success }, envelope.Recipients[1]] });
        await QueueEmptyAsync();
        Assert.Equal(isReported ? [0] : [], Bounces.Written.Select(written => written.Outcome.Number));
    }

    [Fact]
    public async Task A_failure_is_reported_to_the_sender_and_a_report_that_fails_is_not()
    {
        var refuses = new FakeAgent(OutcomeKind.Failed);
        Router.To("example.com", refuses);
        Router.To("example.org", refuses);
        Scheduler.Start();
        await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await EventuallyAsync(() => refuses.Jobs.Count == 2);
        await QueueEmptyAsync();
        Assert.Equal(2, Bounces.Written.Count);
        Assert.True(refuses.Jobs.Last().Envelope.Sender.IsNull);
    }

    [Fact]
    public async Task A_router_s_refusal_is_reported_without_an_attempt()
    {
        var agent = new FakeAgent(OutcomeKind.Delivered);
        Router.To("example.org", agent);
        Router.Routes["example.com"] = () => new Route(null, "local", new RecipientOutcome(0, OutcomeKind.Failed, "5.1.1", "no such user"));
        Scheduler.Start();
        await Scheduler.SubmitAsync(Messages.Envelope("x@example.org", "grace@example.com"));
        await QueueEmptyAsync();
        Assert.Equal((1, "5.1.1"), (Assert.Single(Bounces.Written).Outcome.Number, Bounces.Written.First().Outcome.Status));
        await EventuallyAsync(() => agent.Jobs.Count == 2);
    }

    [Fact]
    public async Task A_cancelled_message_is_reported_with_the_reason_and_not_tried_again()
    {
        var agent = new FakeAgent(OutcomeKind.Deferred);
        Router.To("example.com", agent);
        Router.To("example.org", new FakeAgent(OutcomeKind.Delivered));
        Scheduler.Start();
        var id = await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await EventuallyAsync(() => agent.Jobs.Count == 1);
        await IdleAsync();
        Assert.Equal(1, await Spool.ChangeAsync(QueueSelection.Of(id), new QueueChange.Cancel("sent by mistake"), Ct));
        await QueueEmptyAsync();
        var (_, outcome) = Assert.Single(Bounces.Written);
        Assert.Equal((OutcomeKind.Failed, "5.0.0", "Cancelled: sent by mistake", 1), (outcome.Kind, outcome.Status, outcome.Diagnostic, agent.Jobs.Count));
    }

    [Fact]
    public async Task The_sender_is_told_of_a_delay_once()
    {
        var agent = new FakeAgent(OutcomeKind.Deferred);
        Router.To("example.com", agent);
        Router.To("example.org", new FakeAgent(OutcomeKind.Delivered));
        Scheduler.Start();
        var id = await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        for (var hour = 0; hour < 8; hour++)
        {
            await IdleAsync();
            Assert.Equal(hour >= 4, !Bounces.Written.IsEmpty);
            var attempts = agent.Jobs.Count;
            await EventuallyAsync(() => Clock.Armed > 0);
            Clock.Advance(TimeSpan.FromHours(1));
            await EventuallyAsync(() => agent.Jobs.Count > attempts);
            await EventuallyAsync(() => Spool.Leases.Count == 0 && Spool.Length == 1);
        }

        var (about, outcome) = Assert.Single(Bounces.Written);
        Assert.Equal((id, OutcomeKind.Deferred), (about, outcome.Kind));
        Assert.Equal(agent.Jobs.First().Arrival + TimeSpan.FromDays(7), outcome.RetryUntil);
        Assert.True((await WaitingAsync(id)).IsWarned);
    }

    [Fact]
    public async Task Late_mail_goes_to_the_backup_relay_and_its_sender_is_not_told()
    {
        Settings = new ScheduleSettings { BackupRelay = "backup.example:25" };
        await RestartAsync();
        var agent = new FakeAgent(OutcomeKind.Deferred) { IsRemote = true };
        var backup = new FakeAgent(OutcomeKind.Relayed) { IsRemote = true };
        Router.To("example.com", agent);
        Router.NextHops["backup.example:25"] = new Route(backup, "relay:backup");
        Scheduler.Start();
        var id = await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await IdleAsync();
        await EventuallyAsync(() => Clock.Armed > 0);
        Clock.Advance(TimeSpan.FromHours(5));
        await QueueEmptyAsync();
        Assert.Equal((id, 2), (Assert.Single(backup.Jobs).Id, agent.Jobs.Count));
        Assert.Empty(Bounces.Written);
    }

    [Fact]
    public async Task A_local_delay_does_not_go_to_the_backup_relay()
    {
        Settings = new ScheduleSettings { BackupRelay = "backup.example:25" };
        await RestartAsync();
        var agent = new FakeAgent(OutcomeKind.Deferred);
        Router.To("example.com", agent);
        Router.To("example.org", new FakeAgent(OutcomeKind.Delivered));
        Scheduler.Start();
        var id = await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await IdleAsync();
        await EventuallyAsync(() => Clock.Armed > 0);
        Clock.Advance(TimeSpan.FromHours(5));
        await EventuallyAsync(() => !Bounces.Written.IsEmpty);
        await IdleAsync();
        Assert.Null((await WaitingAsync(id)).NextHop);
    }

    [Theory]
    [InlineData(MessageSource.Smtp, true, true, 0)] // the report would go to whoever was forged
    [InlineData(MessageSource.Smtp, true, false, 1)] // a mailbox of ours
    [InlineData(MessageSource.Login, true, true, 1)]
    [InlineData(MessageSource.Smtp, false, true, 1)] // no report
    public async Task Reports_on_mail_that_anybody_may_have_sent_go_to_no_other_server(MessageSource source, bool isReport, bool isRemote, int attempts)
    {
        Settings = new ScheduleSettings { SilentReports = new HashSet<MessageSource> { MessageSource.Smtp } };
        await RestartAsync();
        var agent = new FakeAgent(OutcomeKind.Relayed) { IsRemote = isRemote };
        Router.To("example.com", agent);
        Scheduler.Start();
        await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com") with { Sender = Courier.Mail.Addresses.ReversePath.Null, Source = source, IsReport = isReport });
        await QueueEmptyAsync();
        Assert.Equal(attempts, agent.Jobs.Count);
    }
}
