using Courier.Mail.Addresses;
using Courier.Queue;
using Courier.Queue.Scheduling;
using Courier.Queue.Sqlite;
using Courier.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Queue;

/// <summary>Servers that take a connection and never speak, by the hundred: they have neither the places of attempts nor those of messages for long.</summary>
public sealed class HangingDestinationsTests : IAsyncDisposable
{
    private static readonly ScheduleSettings _settings = new() { SlowAfter = TimeSpan.FromMilliseconds(50), StalledAfter = TimeSpan.FromMilliseconds(500), StalledWait = TimeSpan.FromSeconds(1) };

    private readonly TemporaryDirectory _directory = new();
    private readonly TaskCompletionSource _release = new();
    private readonly FakeRouter _router = new();
    private readonly FakeAgent _dead;
    private readonly FakeAgent _living = new(OutcomeKind.Relayed) { IsRemote = true };
    private readonly SqliteSpool _spool;
    private Scheduler? _scheduler;

    public HangingDestinationsTests()
    {
        _dead = new FakeAgent(async (_, ct) =>
        {
            await _release.Task.WaitAsync(ct);
            return OutcomeKind.Relayed;
        })
        { IsRemote = true };
        _spool = SqliteSpool.Open(new SpoolSettings { Directory = _directory.Path }, TimeProvider.System, NullLogger.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        _release.TrySetResult();
        if (_scheduler is not null)
            await _scheduler.DisposeAsync();
        await _spool.DisposeAsync();
        _directory.Dispose();
    }

    private Scheduler Start(ScheduleSettings settings, int dead, int living)
    {
        for (var n = 0; n < dead; n++)
            _router.To($"dead{n}.example", _dead);
        for (var n = 0; n < living; n++)
            _router.To($"living{n}.example", _living);
        _scheduler = new Scheduler(_spool, _router, new FakeBounces(), settings, TimeProvider.System, NullLogger.Instance);
        _scheduler.Start();
        return _scheduler;
    }

    private async Task ReleasedAllAreGoneAsync()
    {
        _release.SetResult();
        await Eventually.IsAsync("all are gone", () => _spool.Length == 0 && _scheduler!.InMemory == 0);
    }

    [Fact]
    public async Task A_thousand_hang_at_once_and_the_living_are_served()
    {
        var scheduler = Start(_settings with { AttemptsAtOnce = 200 }, dead: 1000, living: 50);
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(n => scheduler.SubmitAsync(Messages.Envelope($"u@dead{n}.example"))));
        await Task.WhenAll(Enumerable.Range(0, 500).Select(n => scheduler.SubmitAsync(Messages.Envelope($"u{n}@living{n % 50}.example"))));
        await Eventually.IsAsync("the living have theirs", () => _living.Jobs.Count == 500);
        await Eventually.IsAsync("each of the dead was tried", () => _dead.Jobs.Count == 1000);
        await ReleasedAllAreGoneAsync();
        Assert.Equal(1000, _dead.Jobs.Count);
    }

    [Fact]
    public async Task When_the_slow_lane_is_full_too_no_more_is_begun()
    {
        var scheduler = Start(_settings with { AttemptsAtOnce = 4, SlowAttempts = 6 }, dead: 30, living: 0);
        await Task.WhenAll(Enumerable.Range(0, 30).Select(n => scheduler.SubmitAsync(Messages.Envelope($"u@dead{n}.example"))));
        await Eventually.IsAsync("both lanes are full", () => _dead.Jobs.Count == 10);
        await Task.Delay(300);
        Assert.Equal(10, _dead.MostAtOnce);
        await ReleasedAllAreGoneAsync();
    }

    [Fact]
    public async Task What_waits_for_servers_that_hang_leaves_memory_to_other_mail_and_comes_back()
    {
        var scheduler = Start(_settings with { MessagesInMemory = 64 }, dead: 5, living: 4);
        // One sender, so that no place for senders of few is free for the living.
        await Task.WhenAll(Enumerable.Range(0, 500).Select(n => scheduler.SubmitAsync(Messages.Envelope($"u{n}@dead{n % 5}.example"))));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(n => scheduler.SubmitAsync(Messages.Envelope($"u{n}@living{n % 4}.example"))));
        await Eventually.IsAsync("the living have theirs", () => _living.Jobs.Count == 100);
        Assert.InRange(_dead.Jobs.Count, 5, 25);
        var waiting = await _spool.ListAsync(QueueSelection.All, 1000, CancellationToken.None);
        Assert.Contains(waiting, entry => entry.Recipients[0].LastDiagnostic == "Waits behind other mail: to:dead0.example does not answer");
        // It was not tried: its schedule of attempts has not begun.
        Assert.All(waiting, entry => Assert.Equal(0, entry.Recipients[0].Attempts));
        await ReleasedAllAreGoneAsync();
        Assert.Equal(500, _dead.Jobs.Select(job => job.Id).Distinct().Count());
    }

    /// <summary>Each message has one recipient at a server that hangs, and would be in memory for as long as that takes.</summary>
    [Fact]
    public async Task Messages_of_which_only_slow_attempts_are_left_give_up_their_places()
    {
        var scheduler = Start(_settings with { MessagesInMemory = 8, AttemptsAtOnce = 16 }, dead: 60, living: 3);
        for (var n = 0; n < 60; n++)
            await scheduler.SubmitAsync(Messages.Envelope("ada@living0.example", "ada@living1.example", "ada@living2.example", $"ada@dead{n}.example"));
        await Eventually.IsAsync("the living have theirs", () => _living.Jobs.Sum(job => job.Recipients.Count) == 180);
        await Eventually.IsAsync("each of the dead is being tried", () => _dead.Jobs.Count == 60);
        Assert.InRange(scheduler.InMemory, 60, 68);
        await ReleasedAllAreGoneAsync();
        Assert.Equal(60, _dead.Jobs.Count);
    }

    [Fact]
    public void A_message_gives_its_place_up_once_and_is_done_once()
    {
        var recipients = Enumerable.Range(0, 3).Select(n => new QueuedRecipient(n, new EnvelopeRecipient(MailAddress.Parse($"u{n}@example.com")), 0, default, null, null));
        var message = new QueuedMessage(new QueueId(1), Messages.Envelope("a@example.com"), default, [.. recipients]);
        Assert.False(message.Slow(1));
        Assert.Equal(QueuedMessage.Progress.Some, message.Settle(1, wereSlow: false));
        Assert.Equal(QueuedMessage.Progress.OnlySlow, message.Settle(1, wereSlow: false));
        Assert.Equal(QueuedMessage.Progress.DoneParked, message.Settle(1, wereSlow: true));
    }

    [Fact]
    public void Local_attempts_never_become_slow()
    {
        var clock = new ManualClock();
        var lanes = new AttemptLanes(new ScheduleSettings { AttemptsAtOnce = 1 }, clock, _ => { });
        var message = new QueuedMessage(new QueueId(1), Messages.Envelope("a@example.com"), default, []);
        var attempt = lanes.Begin(new Delivery(message, [], new FakeAgent(OutcomeKind.Delivered), "local"));
        clock.Advance(TimeSpan.FromHours(1));
        Assert.False(lanes.HasRoom());
        lanes.End(attempt);
        Assert.True(lanes.HasRoom());
        Assert.Equal(0, lanes.Count);
    }
}
