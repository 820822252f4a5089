using System.Diagnostics;
using Courier.Mail.Reports;
using Courier.Queue;
using Courier.Queue.Scheduling;
using Courier.Queue.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Queue;

/// <summary>What the scheduler does with the messages of a real spool, with a clock that the test moves.</summary>
#pragma warning disable CA1001 // xunit ends it by IAsyncLifetime
public sealed class SchedulerTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualClock _clock = new();
    private readonly FakeRouter _router = new();
    private readonly FakeBounces _bounces = new();
    private SqliteSpool _spool = null!;
    private Scheduler _scheduler = null!;
    private ScheduleSettings _settings = new();

    private static CancellationToken Ct => CancellationToken.None;

    public Task InitializeAsync()
    {
        Open();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _scheduler.DisposeAsync();
        await _spool.DisposeAsync();
        _directory.Dispose();
    }

    private void Open()
    {
        _spool = SqliteSpool.Open(new SpoolSettings { Directory = _directory.Path }, _clock, NullLogger.Instance);
        _scheduler = new Scheduler(_spool, _router, _bounces, _settings, _clock, NullLogger.Instance);
    }

    private async Task RestartAsync()
    {
        await _scheduler.DisposeAsync();
        await _spool.DisposeAsync();
        Open();
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        var begun = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(20), "it did not happen in time");
            await Task.Delay(2);
        }
    }

    private Task QueueEmptyAsync() => EventuallyAsync(() => _spool.Length == 0 && _scheduler.InMemory == 0);

    private Task IdleAsync() => EventuallyAsync(() => _scheduler.InMemory == 0 && _spool.Leases.Count == 0);

    private async Task<QueuedRecipient> WaitingAsync(QueueId id) => Assert.Single((await _spool.FindAsync(id, Ct))!.Recipients);

    [Fact]
    public async Task A_fresh_message_is_delivered_from_memory_and_forgotten()
    {
        var agent = new FakeAgent(OutcomeKind.Delivered);
        _router.To("example.com", agent);
        _scheduler.Start();
        var id = await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"), "fresh\r\n"u8.ToArray());
        await QueueEmptyAsync();
        var job = Assert.Single(agent.Jobs);
        Assert.Equal((id, "to:example.com", _clock.GetUtcNow()), (job.Id, job.Destination, job.Arrival));
        Assert.Equal("fresh\r\n"u8.ToArray(), job.Body.ReadAll());
        Assert.Equal(Messages.Trace, job.Trace.ToArray());
        Assert.Null(job.Body.FilePath);
    }

    [Theory]
    [InlineData(200_000, 64 * 1024)] // spilled to a file while it arrived
    [InlineData(200_000, 1024 * 1024)] // in memory, too large to be kept in the database
    [InlineData(1_000, 100)]
    public async Task A_large_message_is_delivered_whole(int length, int memoryLimit)
    {
        // 2026-11: the body of a message that had gone to a file was delivered empty.
        byte[]? received = null;
        _router.To("example.com", new FakeAgent((job, _) =>
        {
            received = job.Body.ReadAll();
            return new(OutcomeKind.Delivered);
        }));
        _scheduler.Start();
        var body = Messages.Bytes(length);
        await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"), body, memoryLimit);
        await QueueEmptyAsync();
        Assert.Equal(body, received);
    }

    [Fact]
    public async Task Recipients_are_grouped_by_destination()
    {
        var one = new FakeAgent(OutcomeKind.Delivered);
        var two = new FakeAgent(OutcomeKind.Relayed);
        _router.To("example.com", one);
        _router.To("example.net", two, "relay");
        _router.To("example.edu", two, "relay");
        _scheduler.Start();
        await _scheduler.SubmitAsync(Messages.Envelope("a@example.com", "b@example.net", "c@example.com", "d@example.edu"));
        await QueueEmptyAsync();
        Assert.Equal([0, 2], Assert.Single(one.Jobs).Recipients.Select(recipient => recipient.Number));
        Assert.Equal([1, 3], Assert.Single(two.Jobs).Recipients.Select(recipient => recipient.Number));
    }

    [Fact]
    public async Task Retries_come_at_their_times_until_expiry_which_is_reported()
    {
        _settings = new ScheduleSettings { WarnAfter = TimeSpan.Zero };
        await RestartAsync();
        var agent = new FakeAgent(OutcomeKind.Deferred);
        _router.To("example.com", agent);
        var toSender = new FakeAgent(OutcomeKind.Delivered);
        _router.To("example.org", toSender);
        _scheduler.Start();
        var id = await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await IdleAsync();
        var elapsed = TimeSpan.Zero;
        foreach (var minutes in new[] { 5, 5, 15, 5, 5, 30, 5, 5, 60, 5, 5, 120, 5, 5, 120 })
        {
            var waiting = await WaitingAsync(id);
            Assert.Equal(_clock.GetUtcNow() + TimeSpan.FromMinutes(minutes), waiting.NextAttempt);
            Assert.Equal("said the fake", waiting.LastDiagnostic);
            var attempts = agent.Jobs.Count;
            await EventuallyAsync(() => _clock.Armed > 0);
            _clock.Advance(TimeSpan.FromMinutes(minutes) - TimeSpan.FromSeconds(1));
            Assert.Equal(attempts, agent.Jobs.Count);
            _clock.Advance(TimeSpan.FromSeconds(1));
            await EventuallyAsync(() => agent.Jobs.Count == attempts + 1);
            await IdleAsync();
            // A report under way must not meet the next leap of the clock.
            await EventuallyAsync(() => toSender.Jobs.Count == _bounces.Written.Count);
            await IdleAsync();
        }

        // Not until the queue is empty: the report leaves by itself, and while it is on its way no alarm is set to wait for.
        for (; _bounces.Written.IsEmpty && elapsed < TimeSpan.FromDays(8); elapsed += TimeSpan.FromHours(2))
        {
            var attempts = agent.Jobs.Count;
            await EventuallyAsync(() => _clock.Armed > 0);
            _clock.Advance(TimeSpan.FromHours(2));
            // The last step ends in a report, perhaps without another attempt.
            await EventuallyAsync(() => agent.Jobs.Count > attempts || !_bounces.Written.IsEmpty);
            await IdleAsync();
            await EventuallyAsync(() => toSender.Jobs.Count == _bounces.Written.Count);
            await IdleAsync();
        }

        var (bounced, outcome) = Assert.Single(_bounces.Written);
        Assert.Equal((id, "4.4.7", OutcomeKind.Failed), (bounced, outcome.Status, outcome.Kind));
        Assert.Contains("said the fake", outcome.Diagnostic, StringComparison.Ordinal);
        await QueueEmptyAsync();
        Assert.All(toSender.Jobs, job => Assert.Equal("ada@example.org", job.Recipients[0].Recipient.Address.ToString()));
        Assert.InRange(_clock.GetUtcNow() - agent.Jobs.First().Arrival, TimeSpan.FromDays(7), TimeSpan.FromDays(7) + TimeSpan.FromHours(2));
    }

    [Fact]
    public async Task The_sender_is_warned_once_for_each_recipient_also_over_a_restart()
    {
        _router.To("example.com", new FakeAgent(OutcomeKind.Deferred));
        _router.To("example.org", new FakeAgent(OutcomeKind.Delivered));
        _scheduler.Start();
        var envelope = Messages.Envelope("grace@example.com", "joan@example.com", "alan@example.com", "mary@example.com");
        NotifyOn[] notify = [NotifyOn.Default, NotifyOn.Never, NotifyOn.Delay | NotifyOn.Success, NotifyOn.Failure];
        var id = await _scheduler.SubmitAsync(envelope with { Recipients = [.. envelope.Recipients.Zip(notify, (recipient, on) => recipient with { Notify = on })] });
        await AdvanceAsync(TimeSpan.FromHours(4) - TimeSpan.FromMinutes(1));
        Assert.Empty(_bounces.Written);

        await AdvanceAsync(TimeSpan.FromHours(2));
        Assert.Equal([(id, 0), (id, 2)], _bounces.Written.Select(written => (written.Id, written.Outcome.Number)));
        Assert.All(_bounces.Written, written => Assert.Equal((OutcomeKind.Deferred, (DateTimeOffset?)_clock.GetUtcNow()),
            (written.Outcome.Kind, written.Outcome.RetryUntil - TimeSpan.FromDays(7) + TimeSpan.FromHours(6) - TimeSpan.FromMinutes(1))));

        await RestartAsync();
        _scheduler.Start();
        await AdvanceAsync(TimeSpan.FromHours(4));
        Assert.Equal(2, _bounces.Written.Count);
    }

    /// <summary>Lets an hour pass, and another, each with the attempts that fall due in it.</summary>
    private async Task AdvanceAsync(TimeSpan time)
    {
        for (var step = TimeSpan.FromMinutes(59); time > TimeSpan.Zero; time -= step)
        {
            await IdleAsync();
            step = time < step ? time : step;
            _clock.Advance(step);
            await EventuallyAsync(() => _scheduler.InMemory == 0);
            await Task.Delay(20);
        }

        await IdleAsync();
    }

    [Theory]
    [InlineData(true, OutcomeKind.Failed, "5.4.7")]
    [InlineData(false, OutcomeKind.Deferred, "4.2.0")]
    public async Task When_the_sender_s_time_is_up_a_message_is_returned_or_the_sender_told(bool isReturned, OutcomeKind kind, string status)
    {
        var agent = new FakeAgent(OutcomeKind.Deferred);
        _router.To("example.com", agent);
        _router.To("example.org", new FakeAgent(OutcomeKind.Delivered));
        _scheduler.Start();
        await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com") with { DeliverBy = new DeliverBy(_clock.GetUtcNow() + TimeSpan.FromMinutes(7), isReturned, IsTraced: false) });
        await AdvanceAsync(TimeSpan.FromMinutes(6));
        Assert.Empty(_bounces.Written);
        await AdvanceAsync(TimeSpan.FromMinutes(2));
        await EventuallyAsync(() => !_bounces.Written.IsEmpty);
        var (_, outcome) = Assert.Single(_bounces.Written);
        Assert.Equal((kind, status), (outcome.Kind, outcome.Status));
        await IdleAsync();
        Assert.Equal(isReturned ? 0 : 1, _spool.Length);
    }

    [Fact]
    public async Task Among_those_that_wait_the_higher_priority_goes_first()
    {
        var gate = new TaskCompletionSource();
        var agent = new FakeAgent(async (_, ct) =>
        {
            await gate.Task.WaitAsync(ct);
            return OutcomeKind.Delivered;
        })
        {
            AttemptsAtOnce = 1,
        };
        _router.To("example.com", agent);
        _scheduler.Start();
        await _scheduler.SubmitAsync(Messages.Envelope("first@example.com"));
        await EventuallyAsync(() => agent.Jobs.Count == 1);
        foreach (var priority in new[] { -3, 0, 5, 0, 9 })
        {
            await _scheduler.SubmitAsync(Messages.Envelope($"p{priority}@example.com") with { Priority = priority });
            await Task.Delay(30);
        }

        gate.SetResult();
        await QueueEmptyAsync();
        Assert.Equal([0, 9, 5, 0, 0, -3], agent.Jobs.Select(job => job.Envelope.Priority));
    }

    [Theory]
    [InlineData(OutcomeKind.Delivered, false, true)]
    [InlineData(OutcomeKind.Relayed, false, true)]
    [InlineData(OutcomeKind.Relayed, true, false)]
    public async Task Success_is_reported_where_asked_for_unless_the_next_hop_does(OutcomeKind kind, bool isPassedOn, bool isReported)
    {
        _router.To("example.com", new FakeAgent(kind) { IsReportPassedOn = isPassedOn });
        _router.To("example.org", new FakeAgent(OutcomeKind.Delivered));
        _scheduler.Start();
        var envelope = Messages.Envelope("grace@example.com", "joan@example.com");
        await _scheduler.SubmitAsync(envelope with { Recipients = [envelope.Recipients[0] with { Notify = NotifyOn.Success }, envelope.Recipients[1]] });
        await QueueEmptyAsync();
        Assert.Equal(isReported ? [0] : [], _bounces.Written.Select(written => written.Outcome.Number));
    }

    [Fact]
    public async Task A_failure_is_reported_to_the_sender_and_a_report_that_fails_is_not()
    {
        var refuses = new FakeAgent(OutcomeKind.Failed);
        _router.To("example.com", refuses);
        _router.To("example.org", refuses);
        _scheduler.Start();
        await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await EventuallyAsync(() => refuses.Jobs.Count == 2);
        await QueueEmptyAsync();
        Assert.Equal(2, _bounces.Written.Count);
        Assert.True(refuses.Jobs.Last().Envelope.Sender.IsNull);
    }

    [Fact]
    public async Task A_router_s_refusal_is_reported_without_an_attempt()
    {
        var agent = new FakeAgent(OutcomeKind.Delivered);
        _router.To("example.org", agent);
        _router.Routes["example.com"] = () => new Route(null, "local", new RecipientOutcome(0, OutcomeKind.Failed, "5.1.1", "no such user"));
        _scheduler.Start();
        await _scheduler.SubmitAsync(Messages.Envelope("x@example.org", "grace@example.com"));
        await QueueEmptyAsync();
        Assert.Equal((1, "5.1.1"), (Assert.Single(_bounces.Written).Outcome.Number, _bounces.Written.First().Outcome.Status));
        await EventuallyAsync(() => agent.Jobs.Count == 2);
    }

    [Fact]
    public async Task Held_mail_waits_without_attempts_until_a_flush_or_a_restart_finds_a_route()
    {
        _router.To("example.com", null, "held: no next hop");
        _scheduler.Start();
        var id = await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await IdleAsync();
        _clock.Advance(TimeSpan.FromDays(30));
        await IdleAsync();
        var waiting = await WaitingAsync(id);
        Assert.Equal((0, DateTimeOffset.MaxValue, "held: no next hop"), (waiting.Attempts, waiting.NextAttempt, waiting.LastDiagnostic));

        var agent = new FakeAgent(OutcomeKind.Deferred);
        _router.To("example.com", agent);
        await _spool.FlushAsync(id, null, Ct);
        await EventuallyAsync(() => agent.Jobs.Count == 1);

        _router.To("example.com", null);
        var second = await _scheduler.SubmitAsync(Messages.Envelope("joan@example.com"));
        await IdleAsync();
        Assert.Equal(DateTimeOffset.MaxValue, (await WaitingAsync(second)).NextAttempt);
        _router.To("example.com", agent);
        await RestartAsync();
        _scheduler.Start();
        await EventuallyAsync(() => agent.Jobs.Any(job => job.Id == second));
    }

    [Fact]
    public async Task A_slow_destination_fills_its_own_places_only()
    {
        var release = new TaskCompletionSource();
        var slow = new FakeAgent(async (_, ct) =>
        {
            await release.Task.WaitAsync(ct);
            return OutcomeKind.Relayed;
        });
        var quick = new FakeAgent(OutcomeKind.Relayed);
        _router.To("slow.example", slow);
        _router.To("quick.example", quick);
        _settings = new ScheduleSettings { AttemptsAtOnce = 10, AttemptsPerDestination = 4 };
        await RestartAsync();
        _scheduler.Start();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(n => _scheduler.SubmitAsync(Messages.Envelope($"u{n}@slow.example"))));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(n => _scheduler.SubmitAsync(Messages.Envelope($"u{n}@quick.example"))));
        await EventuallyAsync(() => quick.Jobs.Count == 50);
        Assert.Equal(4, slow.Jobs.Count);
        release.SetResult();
        await QueueEmptyAsync();
        Assert.Equal((50, 4), (slow.Jobs.Count, slow.MostAtOnce));
        Assert.InRange(quick.MostAtOnce, 1, 4);
    }

    [Fact]
    public async Task More_than_memory_holds_waits_in_the_spool_and_is_delivered_all_the_same()
    {
        var agent = new FakeAgent(async (_, ct) =>
        {
            await Task.Yield();
            return OutcomeKind.Delivered;
        });
        _router.To("example.com", agent);
        _settings = new ScheduleSettings { MessagesInMemory = 16, BodyMemoryBytes = 300 };
        await RestartAsync();
        _scheduler.Start();
        var ids = await Task.WhenAll(Enumerable.Range(0, 300).Select(n => _scheduler.SubmitAsync(Messages.Envelope($"u{n}@example.com"), Messages.Bytes(100))));
        await QueueEmptyAsync();
        Assert.Equal(ids.Order(), agent.Jobs.Select(job => job.Id).Order());
        Assert.All(agent.Jobs, job => Assert.Equal(100, job.Body.Length));
    }

    [Fact]
    public async Task After_a_restart_everything_due_is_resumed()
    {
        for (var i = 0; i < 20; i++)
            await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        var agent = new FakeAgent(OutcomeKind.Delivered);
        _router.To("example.com", agent);
        await RestartAsync();
        _scheduler.Start();
        await QueueEmptyAsync();
        Assert.Equal(20, agent.Jobs.Count);
    }

    [Fact]
    public async Task A_staged_copy_goes_to_the_agent_that_publishes_even_when_its_address_is_gone()
    {
        var agent = new FakeAgent(OutcomeKind.Delivered);
        _router.StagedRoute = new Route(agent, "local");
        _router.Routes["example.com"] = () => new Route(null, "local", new RecipientOutcome(0, OutcomeKind.Failed, "5.1.1", "no such user"));
        var id = await _spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        await _spool.MarkStagedAsync([new StagedCopy(id, 0, "/staging/x")], Ct);
        await RestartAsync();
        _scheduler.Start();
        await QueueEmptyAsync();
        Assert.Equal("/staging/x", Assert.Single(agent.Jobs).Recipients[0].StagedPath);
        Assert.Empty(_bounces.Written);
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
        _router.To("example.com", agent);
        if (fault == "router")
            _router.Routes["example.com"] = () => throw new IOException("directory down");
        _bounces.Failure = fault == "bounce" ? new IOException("no room for the report") : null;
        _scheduler.Start();
        var id = await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await IdleAsync();
        var waiting = await WaitingAsync(id);
        Assert.Equal((1, _clock.GetUtcNow() + TimeSpan.FromMinutes(5)), (waiting.Attempts, waiting.NextAttempt));
        Assert.Empty(_bounces.Written);
    }

    [Fact]
    public async Task An_outcome_that_cannot_be_recorded_is_recorded_later_without_another_attempt()
    {
        var agent = new FakeAgent(OutcomeKind.Relayed);
        _router.To("example.com", agent);
        _scheduler.Start();
        // It asks at once for what is due, which is a commit of its own.
        await EventuallyAsync(() => _spool.Writer.Commits == 1);
        var commits = 0;
        _spool.Writer.BeforeCommit = () =>
        {
            // The first is the submission.
            if (Interlocked.Increment(ref commits) is 2 or 3)
                throw new IOException("disk full");
        };
        var id = await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await EventuallyAsync(() => commits == 2);
        foreach (var seconds in new[] { 1, 2 })
        {
            await EventuallyAsync(() => _clock.Armed > 0);
            Assert.True(_spool.IsLeased(id, 0));
            _clock.Advance(TimeSpan.FromSeconds(seconds));
        }

        await EventuallyAsync(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return _spool.Length == 0;
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
        _router.To("example.com", agent);
        _scheduler.Start();
        var first = await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await EventuallyAsync(() => agent.Jobs.Count == 1);
        var second = await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.True(await _spool.RemoveAsync(second, Ct));
        release.SetResult();
        await QueueEmptyAsync();
        Assert.Equal(first, Assert.Single(agent.Jobs).Id);
    }

    [Fact]
    public async Task The_sender_is_told_of_a_delay_once()
    {
        var agent = new FakeAgent(OutcomeKind.Deferred);
        _router.To("example.com", agent);
        _router.To("example.org", new FakeAgent(OutcomeKind.Delivered));
        _scheduler.Start();
        var id = await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        for (var hour = 0; hour < 8; hour++)
        {
            await IdleAsync();
            Assert.Equal(hour >= 4, !_bounces.Written.IsEmpty);
            var attempts = agent.Jobs.Count;
            await EventuallyAsync(() => _clock.Armed > 0);
            _clock.Advance(TimeSpan.FromHours(1));
            await EventuallyAsync(() => agent.Jobs.Count > attempts);
            await EventuallyAsync(() => _spool.Leases.Count == 0 && _spool.Length == 1);
        }

        var (about, outcome) = Assert.Single(_bounces.Written);
        Assert.Equal((id, OutcomeKind.Deferred), (about, outcome.Kind));
        Assert.Equal(agent.Jobs.First().Arrival + TimeSpan.FromDays(7), outcome.RetryUntil);
        Assert.True((await WaitingAsync(id)).IsWarned);
    }

    [Fact]
    public async Task Late_mail_goes_to_the_backup_relay_and_its_sender_is_not_told()
    {
        _settings = new ScheduleSettings { BackupRelay = "backup.example:25" };
        await RestartAsync();
        var agent = new FakeAgent(OutcomeKind.Deferred) { IsRemote = true };
        var backup = new FakeAgent(OutcomeKind.Relayed) { IsRemote = true };
        _router.To("example.com", agent);
        _router.NextHops["backup.example:25"] = new Route(backup, "relay:backup");
        _scheduler.Start();
        var id = await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await IdleAsync();
        await EventuallyAsync(() => _clock.Armed > 0);
        _clock.Advance(TimeSpan.FromHours(5));
        await QueueEmptyAsync();
        Assert.Equal((id, 2), (Assert.Single(backup.Jobs).Id, agent.Jobs.Count));
        Assert.Empty(_bounces.Written);
    }

    [Fact]
    public async Task A_local_delay_does_not_go_to_the_backup_relay()
    {
        _settings = new ScheduleSettings { BackupRelay = "backup.example:25" };
        await RestartAsync();
        var agent = new FakeAgent(OutcomeKind.Deferred);
        _router.To("example.com", agent);
        _router.To("example.org", new FakeAgent(OutcomeKind.Delivered));
        _scheduler.Start();
        var id = await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await IdleAsync();
        await EventuallyAsync(() => _clock.Armed > 0);
        _clock.Advance(TimeSpan.FromHours(5));
        await EventuallyAsync(() => !_bounces.Written.IsEmpty);
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
        _settings = new ScheduleSettings { SilentReports = new HashSet<MessageSource> { MessageSource.Smtp } };
        await RestartAsync();
        var agent = new FakeAgent(OutcomeKind.Relayed) { IsRemote = isRemote };
        _router.To("example.com", agent);
        _scheduler.Start();
        await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com") with { Sender = Courier.Mail.Addresses.ReversePath.Null, Source = source, IsReport = isReport });
        await QueueEmptyAsync();
        Assert.Equal(attempts, agent.Jobs.Count);
    }

    [Fact]
    public async Task A_submit_delay_comes_before_the_first_attempt()
    {
        _settings = new ScheduleSettings { SubmitDelay = TimeSpan.FromMinutes(2) };
        await RestartAsync();
        var agent = new FakeAgent(OutcomeKind.Delivered);
        _router.To("example.com", agent);
        _scheduler.Start();
        var id = await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.Equal(_clock.GetUtcNow() + TimeSpan.FromMinutes(2), (await WaitingAsync(id)).NextAttempt);
        await EventuallyAsync(() => _clock.Armed > 0);
        Assert.Empty(agent.Jobs);
        _clock.Advance(TimeSpan.FromMinutes(2));
        await QueueEmptyAsync();
        Assert.Single(agent.Jobs);
    }

    [Fact]
    public async Task A_batch_has_no_more_recipients_than_its_setting()
    {
        _settings = new ScheduleSettings { RecipientsPerAttempt = 3 };
        await RestartAsync();
        var agent = new FakeAgent(OutcomeKind.Delivered);
        _router.To("example.com", agent);
        _scheduler.Start();
        await _scheduler.SubmitAsync(Messages.Envelope([.. Enumerable.Range(0, 8).Select(n => $"u{n}@example.com")]));
        await QueueEmptyAsync();
        Assert.Equal([2, 3, 3], agent.Jobs.Select(job => job.Recipients.Count).Order());
    }

    [Fact]
    public async Task A_stop_cancels_attempts_quickly_and_their_messages_stay_queued()
    {
        var agent = new FakeAgent(async (_, ct) =>
        {
            await Task.Delay(Timeout.Infinite, ct);
            return OutcomeKind.Relayed;
        });
        _router.To("example.com", agent);
        _scheduler.Start();
        var id = await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await EventuallyAsync(() => agent.Jobs.Count == 1);
        var begun = Stopwatch.GetTimestamp();
        await _scheduler.StopAsync();
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(1.5));
        Assert.Equal(0, (await WaitingAsync(id)).Attempts);
        // Accepting goes on until the listeners are closed.
        var late = await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.Equal([id, late], (await _spool.ListAsync(10, Ct)).Select(entry => entry.Id));
    }

    [Fact]
    public async Task An_idle_scheduler_sets_no_timer()
    {
        _router.To("example.com", new FakeAgent(OutcomeKind.Delivered));
        _scheduler.Start();
        await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await QueueEmptyAsync();
        Assert.Equal(0, _clock.Armed);
    }

    [Fact]
    public async Task Completions_of_many_messages_share_commits()
    {
        var all = new TaskCompletionSource();
        var count = 0;
        var agent = new FakeAgent(async (_, ct) =>
        {
            if (Interlocked.Increment(ref count) == 100)
                all.SetResult();
            await all.Task.WaitAsync(ct);
            return OutcomeKind.Delivered;
        })
        { AttemptsAtOnce = 100 };
        _router.To("example.com", agent);
        _scheduler.Start();
        for (var i = 0; i < 99; i++)
            await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        var before = _spool.Writer.Commits;
        await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await QueueEmptyAsync();
        Assert.InRange(_spool.Writer.Commits - before, 2, 60);
    }

    [Fact]
    public async Task Ten_thousand_queued_messages_are_opened_and_begun_within_seconds()
    {
        for (var batch = 0; batch < 40; batch++)
            await Task.WhenAll(Enumerable.Range(0, 250).Select(n => _spool.SubmitAsync(Messages.Envelope($"u{n}@example.com"))));
        var agent = new FakeAgent(OutcomeKind.Delivered);
        _router.To("example.com", agent);
        var begun = Stopwatch.GetTimestamp();
        await RestartAsync();
        _scheduler.Start();
        await EventuallyAsync(() => !agent.Jobs.IsEmpty);
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(30), $"{Stopwatch.GetElapsedTime(begun)}");
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
}
