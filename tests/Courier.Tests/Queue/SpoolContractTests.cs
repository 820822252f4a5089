using Courier.Mail.Reports;
using Courier.Queue;

namespace Courier.Tests.Queue;

/// <summary>What every spool must do, whatever it is stored in. A driver inherits this and says how to open and reopen one.</summary>
public abstract class SpoolContractTests : IAsyncLifetime
{
    private protected ManualClock Clock { get; } = new();

    private protected ISpool Spool { get; private set; } = null!;

    private static CancellationToken Ct => CancellationToken.None;

    public async Task InitializeAsync() => Spool = await OpenAsync();

    public async Task DisposeAsync()
    {
        await Spool.DisposeAsync();
        await DropAsync();
    }

    private protected abstract Task<ISpool> OpenAsync();

    private protected abstract Task DropAsync();

    private protected async Task ReopenAsync()
    {
        await Spool.DisposeAsync();
        Spool = await OpenAsync();
    }

    private protected static RecipientUpdate Done(QueueId id, int recipient = 0) => new(id, recipient, null, null);

    [Fact]
    public async Task A_submitted_message_is_there_after_a_restart_with_everything_it_came_with()
    {
        var envelope = Messages.Envelope("grace@example.com", "joan@example.net") with { EnvelopeId = "QQ314159", ReturnFull = true, Is8Bit = true };
        envelope = envelope with { Recipients = [envelope.Recipients[0] with { OriginalRecipient = "rfc822;g@example.com", Notify = NotifyOn.Success | NotifyOn.Delay }, envelope.Recipients[1]] };
        var id = await Spool.SubmitAsync(envelope, "body\r\n"u8.ToArray());
        await ReopenAsync();
        var entry = await Spool.FindAsync(id, Ct);
        Assert.NotNull(entry);
        Assert.Equal(envelope.Sender, entry.Envelope.Sender);
        Assert.Equal(envelope.Recipients, entry.Envelope.Recipients);
        Assert.Equal(("QQ314159", true, true), (entry.Envelope.EnvelopeId, entry.Envelope.ReturnFull, entry.Envelope.Is8Bit));
        Assert.Equal(("192.0.2.1", 6L, Clock.GetUtcNow()), (entry.Origin, entry.Length, entry.Arrival));
        var (trace, body) = (await Spool.OpenAsync(id, Ct))!.Value;
        Assert.Equal(Messages.Trace, trace.ToArray());
        Assert.Equal("body\r\n"u8.ToArray(), body.ReadAll());
    }

    [Fact]
    public async Task The_virtual_host_of_a_message_is_kept_with_it()
    {
        var origin = new MessageOrigin("ada@example.org", System.Net.IPAddress.Parse("2001:db8::7"));
        var submission = Messages.Submission(Path.GetTempPath(), Messages.Envelope("grace@example.com")) with { Origin = origin.ToString() };
        using (submission.Body)
            await Spool.SubmitAsync(submission, Ct);
        await ReopenAsync();
        Assert.Equal(origin, MessageOrigin.Parse(Assert.Single(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct)).Origin));
    }

    [Theory]
    [InlineData(9, true, true)]
    [InlineData(-9, true, false)]
    [InlineData(-1, false, true)]
    [InlineData(0, false, false)]
    public async Task The_terms_of_a_message_are_kept_with_it(int priority, bool isReturned, bool isTraced)
    {
        var now = Clock.GetUtcNow();
        var envelope = Messages.Envelope("grace@example.com") with
        {
            Priority = priority,
            IsUtf8 = isTraced,
            RequireTls = isReturned,
            SecureOnly = !isReturned,
            IsVerp = isTraced,
            TlsIsOptional = !isReturned,
            HoldUntil = isTraced ? now + TimeSpan.FromHours(1) : null,
            DeliverBy = new DeliverBy(now + TimeSpan.FromHours(2), isReturned, isTraced),
        };
        var id = await Spool.SubmitAsync(envelope);
        await ReopenAsync();
        var found = (await Spool.FindAsync(id, Ct))!.Envelope;
        Assert.Equal(envelope, found with { Recipients = envelope.Recipients });
        await Spool.CompleteAsync([Done(id)], [], Ct);
        Assert.Null(await Spool.FindAsync(id, Ct));
    }

    [Fact]
    public async Task What_is_to_be_sent_later_is_not_due_before_nor_made_so()
    {
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com") with { HoldUntil = Clock.GetUtcNow() + TimeSpan.FromHours(1) });
        Assert.Equal(0, await Spool.ChangeAsync(QueueSelection.All, new QueueChange.Retry(), Ct));
        Assert.Empty(await Spool.LeaseDueAsync(Clock.GetUtcNow() + TimeSpan.FromMinutes(59), 10, Ct));
        Assert.Equal(id, Assert.Single(await Spool.LeaseDueAsync(Clock.GetUtcNow() + TimeSpan.FromHours(1), 10, Ct)).Id);
    }

    [Fact]
    public async Task That_the_sender_was_warned_is_remembered()
    {
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com", "joan@example.net") with { ReturnHeaders = true });
        var later = Clock.GetUtcNow() + TimeSpan.FromHours(1);
        await Spool.CompleteAsync([new(id, 0, later, "busy") { IsWarned = true }, new(id, 1, later, "busy")], [], Ct);
        await Spool.CompleteAsync([new(id, 0, later, "busy"), new(id, 1, later, "busy")], [], Ct);
        await ReopenAsync();
        var entry = await Spool.FindAsync(id, Ct);
        Assert.Equal([true, false], entry!.Recipients.Select(recipient => recipient.IsWarned));
        Assert.Equal((false, true), (entry.Envelope.ReturnFull, entry.Envelope.ReturnHeaders));
    }

    [Theory]
    [InlineData(0, 64)]
    [InlineData(1, 64)]
    [InlineData(1000, 64)] // spilled although it would fit inline
    [InlineData(128 * 1024, 1 << 20)] // at the inline limit
    [InlineData((128 * 1024) + 1, 1 << 20)] // over it, still in memory
    [InlineData(300_000, 4096)] // spilled
    public async Task A_body_of_any_size_comes_back_as_it_was(int length, int memoryLimit)
    {
        var bytes = Messages.Bytes(length);
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com"), bytes, memoryLimit);
        Assert.Equal(bytes, (await Spool.OpenAsync(id, Ct))!.Value.Body.ReadAll());
        await ReopenAsync();
        var (_, body) = (await Spool.OpenAsync(id, Ct))!.Value;
        Assert.Equal(length, body.Length);
        Assert.Equal(bytes, body.ReadAll());
    }

    [Fact]
    public async Task The_null_sender_stays_null()
    {
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com") with { Sender = Courier.Mail.Addresses.ReversePath.Null });
        Assert.True((await Spool.FindAsync(id, Ct))!.Envelope.Sender.IsNull);
    }

    [Fact]
    public async Task Ids_grow_and_are_never_given_twice_even_when_the_clock_is_set_back_over_a_restart()
    {
        var ids = new List<QueueId>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await Spool.SubmitAsync(Messages.Envelope("grace@example.com")));
            ids.Add(await Spool.SubmitAsync(Messages.Envelope("grace@example.com")));
            await Spool.CompleteAsync([Done(ids[^1])], [], Ct);
            Clock.SetBack(TimeSpan.FromHours(1));
            await ReopenAsync();
        }

        Assert.Equal(ids.Order(), ids);
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public async Task What_is_leased_is_not_leased_again_until_it_is_completed()
    {
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com", "joan@example.net"));
        var leased = Assert.Single(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct));
        Assert.Equal([0, 1], leased.Recipients.Select(recipient => recipient.Number));
        Assert.Empty(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct));
        Assert.Null(await Spool.NextDueAsync(Ct));

        var later = Clock.GetUtcNow() + TimeSpan.FromMinutes(5);
        await Spool.CompleteAsync([new RecipientUpdate(id, 1, later, "451 later")], [], Ct);
        Assert.Empty(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct));
        Assert.Equal(later, await Spool.NextDueAsync(Ct));
        var again = Assert.Single(await Spool.LeaseDueAsync(later, 10, Ct));
        var recipient = Assert.Single(again.Recipients);
        Assert.Equal((1, 1, "451 later"), (recipient.Number, recipient.Attempts, recipient.LastDiagnostic));
        Assert.Equal(2, again.Envelope.Recipients.Count);
    }

    [Fact]
    public async Task A_submission_with_a_lease_is_leased_to_its_submitter()
    {
        var submission = Messages.Submission(Path.GetTempPath(), Messages.Envelope("grace@example.com"));
        using var body = submission.Body;
        var id = await Spool.SubmitLeasedAsync(submission, Ct);
        Assert.True(Spool.IsLeased(id, 0));
        Assert.Empty(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct));
        await Spool.CompleteAsync([Done(id)], [], Ct);
        Assert.False(Spool.IsLeased(id, 0));
        Assert.Null(await Spool.FindAsync(id, Ct));
    }

    [Fact]
    public async Task Leases_end_with_the_process()
    {
        await Spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.Single(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct));
        await ReopenAsync();
        Assert.Single(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct));
    }

    [Fact]
    public async Task A_lease_takes_the_oldest_first_and_no_more_than_asked_for()
    {
        var ids = new List<QueueId>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await Spool.SubmitAsync(Messages.Envelope("grace@example.com")));
            Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(ids[..2], (await Spool.LeaseDueAsync(Clock.GetUtcNow(), 2, Ct)).Select(entry => entry.Id));
        Assert.Equal(ids[2..], (await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct)).Select(entry => entry.Id));
    }

    [Fact]
    public async Task A_higher_priority_is_leased_first_though_it_came_last()
    {
        var ids = new Dictionary<int, QueueId>();
        foreach (var priority in (int[])[0, -9, 4, 9, -1])
        {
            ids[priority] = await Spool.SubmitAsync(Messages.Envelope("grace@example.com") with { Priority = priority });
            Clock.Advance(TimeSpan.FromSeconds(1));
        }

        await Spool.SubmitAsync(Messages.Envelope("grace@example.com") with { Priority = 8, HoldUntil = Clock.GetUtcNow() + TimeSpan.FromHours(1) });
        Assert.Equal([ids[9], ids[4], ids[0]], (await Spool.LeaseDueAsync(Clock.GetUtcNow(), 3, Ct)).Select(entry => entry.Id));
        await ReopenAsync();
        Assert.Equal([ids[9], ids[4], ids[0], ids[-1], ids[-9]], (await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct)).Select(entry => entry.Id));
        Assert.Equal(Clock.GetUtcNow() + TimeSpan.FromHours(1), await Spool.NextDueAsync(Ct));
    }

    [Fact]
    public async Task A_staged_copy_takes_nobody_with_it_before_his_time()
    {
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com", "joan@example.net", "ida@example.edu"));
        await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct);
        await Spool.MarkStagedAsync([new StagedCopy(id, 0, "/maildir/courier/staging/x")], Ct);
        var later = Clock.GetUtcNow() + TimeSpan.FromHours(1);
        await Spool.CompleteAsync([new(id, 0, later, "x"), new(id, 1, later, "busy"), new(id, 2, later, "busy")], [], Ct);
        Assert.Equal(1, await Spool.ChangeAsync(new QueueSelection { Domain = "example.net" }, new QueueChange.Hold(), Ct));
        await ReopenAsync();
        Assert.Equal([0], Assert.Single(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct)).Recipients.Select(recipient => recipient.Number));
    }

    [Fact]
    public async Task A_message_is_forgotten_with_its_last_recipient_and_its_report_is_queued_in_the_same_step()
    {
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com", "joan@example.net"), Messages.Bytes(200_000));
        await Spool.CompleteAsync([Done(id, 0)], [], Ct);
        Assert.Equal([1], (await Spool.FindAsync(id, Ct))!.Recipients.Select(recipient => recipient.Number));
        var report = Messages.Submission(Path.GetTempPath(), Messages.Envelope("ada@example.org") with { Sender = Courier.Mail.Addresses.ReversePath.Null });
        using var body = report.Body;
        var reportId = Assert.Single(await Spool.CompleteAsync([Done(id, 1)], [report], Ct));
        Assert.Null(await Spool.FindAsync(id, Ct));
        Assert.Null(await Spool.OpenAsync(id, Ct));
        Assert.Equal([reportId], (await Spool.ListAsync(10, Ct)).Select(entry => entry.Id));
        Assert.Equal(reportId, Assert.Single(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct)).Id);
    }

    [Fact]
    public async Task Completing_what_is_gone_changes_nothing()
    {
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.True(await Spool.RemoveAsync(id, Ct));
        Assert.False(await Spool.RemoveAsync(id, Ct));
        await Spool.CompleteAsync([new RecipientUpdate(id, 0, Clock.GetUtcNow(), "late")], [], Ct);
        await Spool.MarkStagedAsync([new StagedCopy(id, 0, "/nowhere")], Ct);
        Assert.Empty(await Spool.ListAsync(10, Ct));
        Assert.Null(await Spool.NextDueAsync(Ct));
    }

    [Fact]
    public async Task A_removal_ends_the_leases_of_the_message()
    {
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.Single(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct));
        await Spool.RemoveAsync(id, Ct);
        Assert.False(Spool.IsLeased(id, 0));
    }

    [Fact]
    public async Task A_staged_copy_is_known_after_a_restart_and_comes_before_everything_else()
    {
        var first = await Spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        var second = await Spool.SubmitAsync(Messages.Envelope("grace@example.com", "joan@example.net"));
        Assert.Equal(2, (await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct)).Count);
        await Spool.MarkStagedAsync([new StagedCopy(second, 1, "/maildir/courier/staging/x")], Ct);
        await ReopenAsync();
        Assert.Equal(["/maildir/courier/staging/x"], await Spool.StagedPathsAsync(Ct));
        var leased = await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct);
        Assert.Equal([second, first], leased.Select(entry => entry.Id));
        Assert.Equal([null, "/maildir/courier/staging/x"], leased[0].Recipients.Select(recipient => recipient.StagedPath));
        await Spool.CompleteAsync([Done(second, 1)], [], Ct);
        Assert.Empty(await Spool.StagedPathsAsync(Ct));
    }

    [Fact]
    public async Task A_held_recipient_waits_for_a_flush_without_having_been_tried()
    {
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct);
        await Spool.CompleteAsync([new RecipientUpdate(id, 0, DateTimeOffset.MaxValue, "hold", IsAttempt: false)], [], Ct);
        Assert.Empty(await Spool.LeaseDueAsync(Clock.GetUtcNow() + TimeSpan.FromDays(1000), 10, Ct));
        var recipient = Assert.Single((await Spool.FindAsync(id, Ct))!.Recipients);
        Assert.Equal((0, DateTimeOffset.MaxValue), (recipient.Attempts, recipient.NextAttempt));
        Assert.Equal(1, await Spool.FlushAsync(null, null, Ct));
        Assert.Single(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct));
    }

    [Theory]
    [InlineData(true, null, 2)]
    [InlineData(false, "example.net", 2)]
    [InlineData(false, "EXAMPLE.net", 2)]
    [InlineData(false, "example.edu", 0)]
    [InlineData(false, null, 4)]
    public async Task A_flush_makes_due_what_it_names(bool byId, string? domain, int expected)
    {
        var later = Clock.GetUtcNow() + TimeSpan.FromHours(1);
        var ids = new List<QueueId>();
        for (var i = 0; i < 2; i++)
        {
            var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com", "joan@example.net"));
            ids.Add(id);
            await Spool.CompleteAsync([new RecipientUpdate(id, 0, later, "x"), new RecipientUpdate(id, 1, later, "x")], [], Ct);
        }

        Assert.Equal(expected, await Spool.FlushAsync(byId ? ids[1] : null, domain, Ct));
        Assert.Equal(expected, (await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct)).Sum(entry => entry.Recipients.Count));
    }

    [Fact]
    public async Task Whoever_listens_hears_of_submissions_reports_and_flushes()
    {
        var heard = 0;
        Spool.Disturbed = () => Interlocked.Increment(ref heard);
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.Equal(1, heard);
        var report = Messages.Submission(Path.GetTempPath(), Messages.Envelope("ada@example.org"));
        using var body = report.Body;
        await Spool.CompleteAsync([Done(id)], [report], Ct);
        Assert.Equal(2, heard);
        await Spool.FlushAsync(null, null, Ct);
        Assert.Equal(3, heard);
    }

    private async Task<QueueId[]> SubmitThreeAsync()
    {
        var sender = new Courier.Mail.Addresses.ReversePath(Courier.Mail.Addresses.MailAddress.Parse("Eve@example.edu"));
        return
        [
            await Spool.SubmitAsync(Messages.Envelope("grace@example.com", "joan@example.net")),
            await Spool.SubmitAsync(Messages.Envelope("joan@example.net") with { Sender = sender }),
            await Spool.SubmitAsync(Messages.Envelope("grace@example.com") with { Sender = Courier.Mail.Addresses.ReversePath.Null }),
        ];
    }

    [Theory]
    [InlineData(null, null, null, "0:0 0:1 1:0 2:0")]
    [InlineData("eve@EXAMPLE.edu", null, null, "1:0")]
    [InlineData("", null, null, "2:0")]
    [InlineData(null, "JOAN@example.net", null, "0:1 1:0")]
    [InlineData(null, null, "Example.com", "0:0 2:0")]
    [InlineData("ada@example.org", null, "example.net", "0:1")]
    [InlineData("ada@example.org", "nobody@example.net", null, "")]
    public async Task A_listing_shows_the_recipients_that_fit(string? sender, string? recipient, string? domain, string expected)
    {
        var ids = await SubmitThreeAsync();
        var listed = await Spool.ListAsync(new QueueSelection { Sender = sender, Recipient = recipient, Domain = domain }, 10, Ct);
        Assert.Equal(expected, string.Join(' ', listed.SelectMany(entry => entry.Recipients.Select(one => $"{Array.IndexOf(ids, entry.Id)}:{one.Number}"))));
        Assert.True((await Spool.ListAsync(QueueSelection.All, 2, Ct)).Count == 2);
    }

    [Fact]
    public async Task What_an_operator_holds_stays_held_over_flushes_and_restarts_until_it_is_released()
    {
        var ids = await SubmitThreeAsync();
        Assert.Equal(2, await Spool.ChangeAsync(new QueueSelection { Domain = "example.net" }, new QueueChange.Hold(), Ct));
        Assert.Equal(0, await Spool.ChangeAsync(new QueueSelection { Domain = "example.net" }, new QueueChange.Hold(), Ct));
        await Spool.FlushAsync(null, null, Ct);
        await ReopenAsync();
        Assert.Equal([(ids[0], 0), (ids[2], 0)], (await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct)).SelectMany(entry => entry.Recipients.Select(one => (entry.Id, one.Number))));
        Assert.Null(await Spool.NextDueAsync(Ct));
        Assert.Equal(WaitsFor.Operator, Assert.Single((await Spool.FindAsync(ids[1], Ct))!.Recipients).NextAttempt);
        Assert.Equal(1, await Spool.ChangeAsync(QueueSelection.Of(ids[1]), new QueueChange.Release(), Ct));
        Assert.Equal([ids[1]], (await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct)).Select(entry => entry.Id));
    }

    [Fact]
    public async Task A_hold_during_an_attempt_outlives_the_attempt()
    {
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com", "joan@example.net"));
        Assert.Single(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct));
        Assert.Equal(2, await Spool.ChangeAsync(QueueSelection.Of(id), new QueueChange.Hold(), Ct));
        Assert.False(Spool.IsLeased(id, 0));
        await Spool.CompleteAsync([new RecipientUpdate(id, 0, Clock.GetUtcNow(), "451 later"), Done(id, 1)], [], Ct);
        var waiting = Assert.Single((await Spool.FindAsync(id, Ct))!.Recipients);
        Assert.Equal((0, WaitsFor.Operator, "451 later"), (waiting.Number, waiting.NextAttempt, waiting.LastDiagnostic));
        Assert.Empty(await Spool.LeaseDueAsync(Clock.GetUtcNow() + TimeSpan.FromDays(9), 10, Ct));
    }

    [Fact]
    public async Task A_lease_that_was_taken_away_is_not_given_again_before_its_holder_lets_go()
    {
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.Single(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct));
        await Spool.ChangeAsync(QueueSelection.Of(id), new QueueChange.Cancel("not wanted"), Ct);
        Assert.False(Spool.IsLeased(id, 0));
        Assert.Empty(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct));
        var heard = 0;
        Spool.Disturbed = () => heard++;
        await Spool.RelinquishAsync(id, [0], Ct);
        Assert.Equal(1, heard);
        Assert.Equal("not wanted", Assert.Single(Assert.Single(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct)).Recipients).Cancelled);
        Assert.True(Spool.IsLeased(id, 0));
    }

    [Fact]
    public async Task A_recipient_cancelled_during_its_attempt_is_due_at_once_when_the_attempt_fails()
    {
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.Single(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct));
        await Spool.ChangeAsync(QueueSelection.Of(id), new QueueChange.Cancel("not wanted"), Ct);
        var heard = 0;
        Spool.Disturbed = () => heard++;
        await Spool.CompleteAsync([new RecipientUpdate(id, 0, Clock.GetUtcNow() + TimeSpan.FromHours(2), "451 later")], [], Ct);
        Assert.Equal(1, heard);
        Assert.Single(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct));
    }

    [Fact]
    public async Task A_next_hop_and_a_warning_are_kept()
    {
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com", "joan@example.net"));
        await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct);
        var later = Clock.GetUtcNow() + TimeSpan.FromMinutes(5);
        await Spool.CompleteAsync([new RecipientUpdate(id, 0, later, "x") { IsWarned = true, NextHop = "backup:25" }, new RecipientUpdate(id, 1, later, "x")], [], Ct);
        await Spool.CompleteAsync([new RecipientUpdate(id, 0, later, "y")], [], Ct);
        await ReopenAsync();
        Assert.Equal([(true, "backup:25"), (false, null)], (await Spool.FindAsync(id, Ct))!.Recipients.Select(one => (one.IsWarned, one.NextHop)));
        Assert.Equal(2, await Spool.ChangeAsync(QueueSelection.Of(id), new QueueChange.Reroute("other:26"), Ct));
        var leased = Assert.Single(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct));
        Assert.All(leased.Recipients, one => Assert.Equal("other:26", one.NextHop));
        Assert.Equal(2, await Spool.ChangeAsync(QueueSelection.Of(id), new QueueChange.Reroute(null), Ct));
        Assert.All((await Spool.FindAsync(id, Ct))!.Recipients, one => Assert.Null(one.NextHop));
    }

    [Fact]
    public async Task A_staged_copy_is_neither_held_nor_cancelled()
    {
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct);
        await Spool.MarkStagedAsync([new StagedCopy(id, 0, "/maildir/courier/staging/x")], Ct);
        Assert.Equal(0, await Spool.ChangeAsync(QueueSelection.Of(id), new QueueChange.Hold(), Ct));
        Assert.Equal(0, await Spool.ChangeAsync(QueueSelection.Of(id), new QueueChange.Cancel("x"), Ct));
        Assert.True(Spool.IsLeased(id, 0));
    }

    [Theory]
    [InlineData(MessageSource.Login, true)]
    [InlineData(MessageSource.Local, false)]
    public async Task The_way_a_message_came_is_kept(MessageSource source, bool isReport)
    {
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com") with { Source = source, IsReport = isReport });
        await ReopenAsync();
        var envelope = (await Spool.FindAsync(id, Ct))!.Envelope;
        Assert.Equal((source, isReport), (envelope.Source, envelope.IsReport));
    }

    [Fact]
    public async Task A_submission_with_a_delay_is_due_later()
    {
        var submission = Messages.Submission(Path.GetTempPath(), Messages.Envelope("grace@example.com")) with { Delay = TimeSpan.FromMinutes(3) };
        using var body = submission.Body;
        await Spool.SubmitAsync(submission, Ct);
        Assert.Empty(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct));
        Assert.Equal(Clock.GetUtcNow() + TimeSpan.FromMinutes(3), await Spool.NextDueAsync(Ct));
    }
}
