using Courier.IO.Files;
using Courier.Queue;
using Courier.Queue.Scheduling;
using Courier.Queue.Sqlite;
using Courier.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Queue;

/// <summary>The alarm is right whatever happens between the look for the next due time and its answer.</summary>
public sealed class WakeUpTests
{
    [Theory]
    [InlineData(false)] // the answer is computed while the lease is held, and arrives after it has ended
    [InlineData(true)] // the lease ends first
    public async Task A_retry_time_written_while_the_next_due_time_is_looked_up_rings(bool leaseEndsFirst)
    {
        using var directory = new TemporaryDirectory();
        var clock = new ManualClock();
        await using var real = SqliteSpool.Open(new SpoolSettings { Directory = directory.Path }, clock, NullLogger.Instance);
        await using var spool = new PausingSpool(real);
        var attempt = new TaskCompletionSource();
        var agent = new FakeAgent(async (_, ct) =>
        {
            await attempt.Task.WaitAsync(ct);
            return OutcomeKind.Deferred;
        });
        var router = new FakeRouter();
        router.To("example.com", agent);
        await using var scheduler = new Scheduler(spool, router, new FakeBounces(), new ScheduleSettings(), clock, NullLogger.Instance);
        await real.SubmitAsync(Messages.Envelope("grace@example.com"));
        scheduler.Start();
        await spool.Asked.Task.WaitAsync(TimeSpan.FromSeconds(20));
        if (leaseEndsFirst)
            attempt.SetResult();
        else
            spool.MayRead.SetResult();
        if (leaseEndsFirst)
            await Eventually.IsAsync("the attempt is recorded", () => real.Leases.Count == 0);
        else
            await spool.Read.Task.WaitAsync(TimeSpan.FromSeconds(20));
        if (leaseEndsFirst)
            spool.MayRead.SetResult();
        else
            attempt.SetResult();
        await Eventually.IsAsync("the attempt is recorded", () => real.Leases.Count == 0 && scheduler.InMemory == 0);
        spool.MayAnswer.SetResult();
        await Eventually.IsAsync("the alarm is set", () => clock.Armed == 1);
        clock.Advance(TimeSpan.FromMinutes(5));
        await Eventually.IsAsync("the second attempt is made", () => agent.Jobs.Count == 2);
    }

    [Fact]
    public async Task A_fault_in_the_look_for_due_messages_does_not_stop_the_queue()
    {
        using var directory = new TemporaryDirectory();
        var clock = new ManualClock();
        await using var real = SqliteSpool.Open(new SpoolSettings { Directory = directory.Path }, clock, NullLogger.Instance);
        await using var spool = new PausingSpool(real) { Fault = new FormatException("not an address") };
        spool.MayRead.SetResult();
        spool.MayAnswer.SetResult();
        var agent = new FakeAgent(OutcomeKind.Delivered);
        var router = new FakeRouter();
        router.To("example.com", agent);
        await using var scheduler = new Scheduler(spool, router, new FakeBounces(), new ScheduleSettings(), clock, NullLogger.Instance);
        await real.SubmitAsync(Messages.Envelope("grace@example.com"));
        scheduler.Start();
        await Eventually.IsAsync("the alarm is set for another look", () => spool.Fault is null && clock.Armed == 1);
        clock.Advance(new ScheduleSettings().LongestStorageRetry);
        await Eventually.IsAsync("the message is attempted", () => agent.Jobs.Count == 1);
    }

    [Fact]
    public async Task With_one_place_in_memory_every_message_gets_its_turn()
    {
        using var directory = new TemporaryDirectory();
        var clock = new ManualClock();
        await using var spool = SqliteSpool.Open(new SpoolSettings { Directory = directory.Path }, clock, NullLogger.Instance);
        var agent = new FakeAgent(OutcomeKind.Delivered);
        var router = new FakeRouter();
        router.To("example.com", agent);
        await using var scheduler = new Scheduler(spool, router, new FakeBounces(), new ScheduleSettings { MessagesInMemory = 1 }, clock, NullLogger.Instance);
        scheduler.Start();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => scheduler.SubmitAsync(Messages.Envelope("grace@example.com"))));
        await Eventually.IsAsync("all are delivered", () => spool.Length == 0);
        Assert.Equal(200, agent.Jobs.Count);
    }

    /// <summary>A spool whose first look for the next due time waits before it reads and before it answers.</summary>
    private sealed class PausingSpool(ISpool real) : ISpool
    {
        private int _looks;

        internal TaskCompletionSource Asked { get; } = new();

        internal TaskCompletionSource MayRead { get; } = new();

        internal TaskCompletionSource Read { get; } = new();

        internal TaskCompletionSource MayAnswer { get; } = new();

        internal Exception? Fault { get; set; }

        public Action? Disturbed
        {
            get => real.Disturbed;
            set => real.Disturbed = value;
        }

        public async ValueTask<DateTimeOffset?> NextDueAsync(CancellationToken ct)
        {
            if (Interlocked.Increment(ref _looks) > 1)
                return await real.NextDueAsync(ct);
            Asked.SetResult();
            await MayRead.Task.WaitAsync(ct);
            var next = await real.NextDueAsync(ct);
            Read.SetResult();
            await MayAnswer.Task.WaitAsync(ct);
            return next;
        }

        public ValueTask<IReadOnlyList<QueueEntry>> LeaseDueAsync(DateTimeOffset now, int most, CancellationToken ct)
        {
            if (Fault is not { } fault)
                return real.LeaseDueAsync(now, most, ct);
            Fault = null;
            throw fault;
        }

        public ValueTask<QueueId> SubmitAsync(Submission submission, CancellationToken ct) => real.SubmitAsync(submission, ct);

        public ValueTask<QueueId> SubmitLeasedAsync(Submission submission, CancellationToken ct) => real.SubmitLeasedAsync(submission, ct);

        public bool IsLeased(QueueId id, int recipient) => real.IsLeased(id, recipient);

        public ValueTask MarkStagedAsync(IReadOnlyList<StagedCopy> copies, CancellationToken ct) => real.MarkStagedAsync(copies, ct);

        public ValueTask<IReadOnlyList<QueueId>> CompleteAsync(IReadOnlyList<RecipientUpdate> updates, IReadOnlyList<Submission> reports, CancellationToken ct) =>
            real.CompleteAsync(updates, reports, ct);

        public ValueTask<(ReadOnlyMemory<byte> Trace, MessageBody Body)?> OpenAsync(QueueId id, CancellationToken ct) => real.OpenAsync(id, ct);

        public ValueTask<IReadOnlySet<string>> StagedPathsAsync(CancellationToken ct) => real.StagedPathsAsync(ct);

        public ValueTask<IReadOnlyList<QueueEntry>> ListAsync(QueueSelection selection, int most, CancellationToken ct) => real.ListAsync(selection, most, ct);

        public ValueTask<QueueEntry?> FindAsync(QueueId id, CancellationToken ct) => real.FindAsync(id, ct);

        public ValueTask<int> ChangeAsync(QueueSelection selection, QueueChange change, CancellationToken ct) => real.ChangeAsync(selection, change, ct);

        public ValueTask RelinquishAsync(QueueId id, IReadOnlyList<int> recipients, CancellationToken ct) => real.RelinquishAsync(id, recipients, ct);

        public ValueTask<bool> RemoveAsync(QueueId id, CancellationToken ct) => real.RemoveAsync(id, ct);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
