using Courier.Queue;
using Courier.Queue.Sqlite;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Queue;

/// <summary>Any sequence of operations, restarts among them, leaves the spool as a few lines of in-memory model say.</summary>
public sealed class SpoolModelTests
{
    private sealed class ModelRecipient
    {
        internal DateTimeOffset? Next;
        internal int Attempts;
        internal string? Staged;
        internal bool Leased;
    }

    [Fact]
    public void Any_sequence_of_operations_matches_the_model()
    {
        var steps = Gen.Choose(0, 7).SelectMany(kind => Gen.Choose(0, 1000).Select(pick => (Kind: kind, Pick: pick)));
        var sequences = steps.ListOf(30).Select(list => list.ToArray()).ToArbitrary();
        var config = Config.QuickThrowOnFailure.WithMaxTest(25);
        Check.One(config, Prop.ForAll(sequences, sequence => RunAsync(sequence).GetAwaiter().GetResult()));
    }

    private static async Task<bool> RunAsync((int Kind, int Pick)[] sequence)
    {
        using var directory = new TemporaryDirectory();
        var clock = new ManualClock();
        var settings = new SpoolSettings { Directory = directory.Path, InlineLimitBytes = 512 };
        var spool = SqliteSpool.Open(settings, clock, NullLogger.Instance);
        var model = new SortedDictionary<long, ModelRecipient[]>();
        try
        {
            foreach (var (kind, pick) in sequence)
            {
                if (kind == 7)
                {
                    await spool.DisposeAsync();
                    spool = SqliteSpool.Open(settings, clock, NullLogger.Instance);
                    Restarted(model, clock.GetUtcNow());
                }
                else
                {
                    await StepAsync(spool, model, clock, kind, pick);
                }

                await CompareAsync(spool, model, settings);
            }

            return true;
        }
        finally
        {
            await spool.DisposeAsync();
        }
    }

    private static async Task StepAsync(SqliteSpool spool, SortedDictionary<long, ModelRecipient[]> model, ManualClock clock, int kind, int pick)
    {
        var ct = CancellationToken.None;
        var now = clock.GetUtcNow();
        // Every other choice falls on a message that is not there.
        var id = new QueueId(model.Count == 0 || pick % 5 == 0 ? pick + 1 : model.Keys.ElementAt(pick % model.Count));
        var recipients = model.GetValueOrDefault(id.Value);
        var number = recipients is null ? 0 : pick / 7 % recipients.Length;
        switch (kind)
        {
            case 0:
                var count = 1 + (pick % 3);
                var envelope = Messages.Envelope([.. Enumerable.Range(0, count).Select(n => $"u{n}@d{n}.example")]);
                var submitted = await spool.SubmitAsync(envelope, Messages.Bytes(pick));
                model.Add(submitted.Value, [.. Enumerable.Range(0, count).Select(_ => new ModelRecipient { Next = now })]);
                break;
            case 1:
                var leased = await spool.LeaseDueAsync(now, 3, ct);
                Assert.True(leased.Count <= 3);
                Assert.True(leased.Count == 3 || !model.Values.Any(message => message.Any(recipient => IsDue(recipient, now) && !Named(leased, model, recipient))));
                foreach (var recipient in leased.SelectMany(entry => entry.Recipients.Select(one => model[entry.Id.Value][one.Number])))
                {
                    Assert.False(recipient.Leased);
                    Assert.NotNull(recipient.Next);
                    recipient.Leased = true;
                }

                break;
            case 2:
            case 3:
                DateTimeOffset? next = kind == 2 ? null : pick % 4 == 0 ? DateTimeOffset.MaxValue : now + TimeSpan.FromMinutes(pick);
                await spool.CompleteAsync([new RecipientUpdate(id, number, next, "x", IsAttempt: pick % 2 == 0)], [], ct);
                if (recipients is null)
                    break;
                if (recipients[number].Next is not null)
                {
                    recipients[number].Next = next;
                    recipients[number].Attempts += pick % 2 == 0 ? 1 : 0;
                }

                recipients[number].Leased = false;
                if (recipients.All(recipient => recipient.Next is null))
                    model.Remove(id.Value);
                break;
            case 4:
                var flushed = await spool.FlushAsync(pick % 2 == 0 ? id : null, pick % 3 == 0 ? "d1.example" : null, ct);
                Assert.Equal(Flush(model, now, pick % 2 == 0 ? id.Value : null, pick % 3 == 0 ? 1 : null), flushed);
                break;
            case 5:
                Assert.Equal(model.Remove(id.Value), await spool.RemoveAsync(id, ct));
                break;
            case 6:
                clock.Advance(TimeSpan.FromMinutes(pick / 10.0));
                await spool.MarkStagedAsync([new StagedCopy(id, number, "/s/" + pick)], ct);
                if (recipients is not null && recipients[number].Next is not null)
                    recipients[number].Staged = "/s/" + pick;
                break;
        }
    }

    private static bool IsDue(ModelRecipient recipient, DateTimeOffset now) => !recipient.Leased && recipient.Next <= now;

    private static bool Named(IReadOnlyList<QueueEntry> leased, SortedDictionary<long, ModelRecipient[]> model, ModelRecipient recipient) =>
        leased.Any(entry => entry.Recipients.Any(one => ReferenceEquals(model[entry.Id.Value][one.Number], recipient)));

    private static int Flush(SortedDictionary<long, ModelRecipient[]> model, DateTimeOffset now, long? id, int? number)
    {
        var flushed = 0;
        foreach (var (key, recipients) in model)
        {
            for (var n = 0; n < recipients.Length; n++)
            {
                if ((id is not null && id != key) || (number is not null && number != n) || recipients[n].Next is not { } next || next <= now)
                    continue;
                recipients[n].Next = now;
                flushed++;
            }
        }

        return flushed;
    }

    private static void Restarted(SortedDictionary<long, ModelRecipient[]> model, DateTimeOffset now)
    {
        foreach (var recipient in model.Values.SelectMany(recipients => recipients))
        {
            recipient.Leased = false;
            if (recipient.Next == DateTimeOffset.MaxValue)
                recipient.Next = now;
        }
    }

    private static async Task CompareAsync(SqliteSpool spool, SortedDictionary<long, ModelRecipient[]> model, SpoolSettings settings)
    {
        var ct = CancellationToken.None;
        var entries = await spool.ListAsync(int.MaxValue, ct);
        Assert.Equal(model.Keys, entries.Select(entry => entry.Id.Value));
        Assert.Equal(model.Count, spool.Length);
        foreach (var entry in entries)
        {
            var expected = model[entry.Id.Value].Select((recipient, number) => (number, recipient)).Where(pair => pair.recipient.Next is not null);
            Assert.Equal(
                expected.Select(pair => (pair.number, pair.recipient.Next!.Value.ToUnixTimeMilliseconds(), pair.recipient.Attempts, pair.recipient.Staged)),
                entry.Recipients.Select(one => (one.Number, one.NextAttempt.ToUnixTimeMilliseconds(), one.Attempts, one.StagedPath)));
            foreach (var (number, recipient) in expected)
                Assert.Equal(recipient.Leased, spool.IsLeased(entry.Id, number));
        }

        var free = model.Values.SelectMany(recipients => recipients).Where(recipient => recipient is { Leased: false, Next: not null }).Select(recipient => recipient.Next!.Value).ToList();
        free.RemoveAll(time => time == DateTimeOffset.MaxValue);
        Assert.Equal(free.Count == 0 ? null : free.Min().ToUnixTimeMilliseconds(), (await spool.NextDueAsync(ct))?.ToUnixTimeMilliseconds());
        // Large bodies have a file each, and nobody else has.
        Assert.Equal(entries.Count(entry => entry.Length > settings.InlineLimitBytes), Directory.GetFiles(settings.BodyDirectory).Length - 1);
    }
}
