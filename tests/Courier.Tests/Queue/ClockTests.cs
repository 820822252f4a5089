using Courier.Queue;
using Courier.Queue.Scheduling;
using Courier.Queue.Sqlite;
using Courier.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Queue;

/// <summary>The clock is set forward or back while mail waits: nothing is given up early, nothing is stuck, and retries go on.</summary>
public sealed class ClockTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualClock _clock = new();
    private readonly FakeRouter _router = new();
    private readonly FakeAgent _agent = new(OutcomeKind.Deferred);
    private readonly FakeBounces _bounces = new();
    private SqliteSpool _spool = null!;
    private Scheduler _scheduler = null!;

    public async ValueTask DisposeAsync()
    {
        await _scheduler.DisposeAsync();
        await _spool.DisposeAsync();
        _directory.Dispose();
    }

    private void Start()
    {
        _router.To("example.com", _agent);
        _router.To("example.org", new FakeAgent(OutcomeKind.Delivered));
        _spool = SqliteSpool.Open(new SpoolSettings { Directory = _directory.Path }, _clock, NullLogger.Instance);
        _scheduler = new Scheduler(_spool, _router, _bounces, new ScheduleSettings(), _clock, NullLogger.Instance);
        _scheduler.Start();
    }

    private Task AttemptsAsync(int count) => Eventually.IsAsync($"attempt {count}", () => _agent.Jobs.Count >= count && _scheduler.InMemory == 0 && _spool.Leases.Count == 0);

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(30)]
    [InlineData(-30)]
    public async Task Retries_go_on_and_nothing_is_reported_when_the_clock_is_set(int days)
    {
        Start();
        var id = await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await AttemptsAsync(1);
        _clock.Set(TimeSpan.FromDays(days));
        for (var attempt = 2; attempt <= 4; attempt++)
        {
            // Not one attempt more than the schedule has, and not one less: 5, 5, 15 minutes.
            _clock.Advance(TimeSpan.FromMinutes(4));
            await AttemptsAsync(attempt - 1);
            Assert.Equal(attempt - 1, _agent.Jobs.Count);
            _clock.Advance(TimeSpan.FromMinutes(attempt == 4 ? 12 : 2));
            await AttemptsAsync(attempt);
        }

        Assert.Empty(_bounces.Written);
        Assert.Equal(4, Assert.Single((await _spool.FindAsync(id, CancellationToken.None))!.Recipients).Attempts);
    }

    [Fact]
    public async Task A_message_lives_its_days_though_the_clock_left_some_out()
    {
        Start();
        await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await AttemptsAsync(1);
        _clock.Set(TimeSpan.FromDays(6));
        var warned = false;
        for (var hours = 0; hours < (24 * 7) - 4; hours += 2)
        {
            var made = _agent.Jobs.Count;
            _clock.Advance(TimeSpan.FromHours(2));
            await AttemptsAsync(made + 1);
            Assert.DoesNotContain(_bounces.Written, one => one.Outcome.Kind == OutcomeKind.Failed);
            warned |= !_bounces.Written.IsEmpty;
        }

        Assert.True(warned);
        for (var hours = 0; hours < 10 && !_bounces.Written.Any(one => one.Outcome.Kind == OutcomeKind.Failed); hours += 2)
        {
            _clock.Advance(TimeSpan.FromHours(2));
            await Eventually.IsAsync("it is idle", () => _scheduler.InMemory == 0 && _spool.Leases.Count == 0);
        }

        await Eventually.IsAsync("it is given up", () => _bounces.Written.Any(one => one.Outcome.Kind == OutcomeKind.Failed));
    }

    [Fact]
    public async Task What_a_wrong_clock_of_an_earlier_run_put_off_is_tried_at_the_start()
    {
        _clock.Set(TimeSpan.FromDays(400));
        Start();
        await _scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await AttemptsAsync(1);
        await _scheduler.DisposeAsync();
        await _spool.DisposeAsync();
        _clock.Set(TimeSpan.FromDays(-400));
        Start();
        await AttemptsAsync(2);
    }
}
