using System.Diagnostics;
using System.Text;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Mailboxes.Delivery;
using Courier.Mta.Delivery.Local;
using Courier.Queue;
using Courier.Queue.Sqlite;
using Courier.Tests.Queue;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Mta.Local;

/// <summary>Staged delivery into real Maildirs with a real spool.</summary>
#pragma warning disable CA1001 // xunit ends it by IAsyncLifetime
public sealed class LocalAgentTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeAccounts _accounts;
    private SqliteSpool _spool = null!;
    private LocalAgent _agent = null!;

    public LocalAgentTests() => _accounts = new FakeAccounts(_directory.Path);

    private static CancellationToken Ct => CancellationToken.None;

    public Task InitializeAsync()
    {
        Open();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _spool.DisposeAsync();
        _directory.Dispose();
    }

    private void Open()
    {
        _spool = SqliteSpool.Open(new SpoolSettings { Directory = _directory.Path }, TimeProvider.System, NullLogger.Instance);
        _agent = new LocalAgent(_spool, _accounts, new LocalDeliverySettings { Host = "mx.test" }, TimeProvider.System, NullLogger.Instance);
    }

    private async Task RestartAsync()
    {
        await _agent.DisposeAsync();
        await _spool.DisposeAsync();
        Open();
    }

    private async Task<DeliveryJob> QueueAsync(Envelope envelope, string body = "Subject: x\r\n\r\nHello\r\n")
    {
        var id = await _spool.SubmitAsync(envelope, Encoding.UTF8.GetBytes(body));
        return await JobAsync(id);
    }

    private async Task<DeliveryJob> JobAsync(QueueId id)
    {
        var entry = (await _spool.FindAsync(id, Ct))!;
        var (trace, body) = (await _spool.OpenAsync(id, Ct))!.Value;
        return new DeliveryJob(id, entry.Envelope, [.. entry.Recipients.Select(one => new JobRecipient(one.Number, one.Recipient, one.StagedPath))], trace, body, entry.Arrival, "local");
    }

    private string[] New(string user) => Directory.Exists(_accounts.Maildir(user) + "/new") ? Directory.GetFiles(_accounts.Maildir(user) + "/new") : [];

    private string[] Staging(string user) => Directory.Exists(_accounts.Maildir(user) + "/courier/staging") ? Directory.GetFiles(_accounts.Maildir(user) + "/courier/staging") : [];

    [Fact]
    public async Task A_message_lies_in_new_under_its_name_with_its_fields_on_top()
    {
        _accounts.Add("grace");
        var job = await QueueAsync(Messages.Envelope("grace@example.com"));
        var outcome = Assert.Single(await _agent.DeliverAsync(job, Ct));
        Assert.Equal((OutcomeKind.Delivered, "2.0.0"), (outcome.Kind, outcome.Status));
        var file = Assert.Single(New("grace"));
        Assert.Matches($@"^\d{{10}}\.M\d{{1,6}}Q{job.Id}R0\.mx\.test,S=\d+,W=\d+$", Path.GetFileName(file));
        Assert.Equal("Return-Path: <ada@example.org>\nDelivered-To: grace@example.com\nReceived: from test\nSubject: x\n\nHello\n", await File.ReadAllTextAsync(file));
        Assert.Contains($",S={new FileInfo(file).Length},", file, StringComparison.Ordinal);
        Assert.Empty(Staging("grace"));
    }

    [Fact]
    public async Task The_null_sender_gives_an_empty_return_path()
    {
        _accounts.Add("grace");
        await _agent.DeliverAsync(await QueueAsync(Messages.Envelope("grace@example.com") with { Sender = ReversePath.Null }), Ct);
        Assert.StartsWith("Return-Path: <>\n", await File.ReadAllTextAsync(Assert.Single(New("grace"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_recipient_gets_a_copy_and_an_answer_of_its_own()
    {
        _accounts.Add("grace");
        _accounts.Add("joan");
        File.WriteAllText(_accounts.Add("blocked"), "a file where the Maildir should be");
        var job = await QueueAsync(Messages.Envelope("grace@example.com", "nobody@example.com", "joan@example.com", "blocked@example.com"));
        var outcomes = await _agent.DeliverAsync(job, Ct);
        Assert.Equal(
            [(0, OutcomeKind.Delivered, "2.0.0"), (1, OutcomeKind.Failed, "5.1.1"), (2, OutcomeKind.Delivered, "2.0.0"), (3, OutcomeKind.Deferred, "4.3.0")],
            outcomes.Select(outcome => (outcome.Number, outcome.Kind, outcome.Status)));
        Assert.Single(New("grace"));
        Assert.Single(New("joan"));
    }

    [Theory]
    [InlineData(false, OutcomeKind.Deferred, "4.2.2")]
    [InlineData(true, OutcomeKind.Failed, "5.2.2")]
    public async Task A_mailbox_over_its_quota_takes_nothing(bool refuses, OutcomeKind kind, string status)
    {
        await _agent.DisposeAsync();
        _agent = new LocalAgent(_spool, _accounts, new LocalDeliverySettings { Host = "mx.test", RefusesOverQuota = refuses }, TimeProvider.System, NullLogger.Instance);
        Directory.CreateDirectory(_accounts.Add("grace"));
        _accounts.Add("joan");
        File.WriteAllText(_accounts.Maildir("grace") + "/maildirsize", "1000S\n900 1\n");
        var outcomes = await _agent.DeliverAsync(await QueueAsync(Messages.Envelope("grace@example.com", "joan@example.com"), "Subject: x\r\n\r\n" + new string('x', 100) + "\r\n"), Ct);
        Assert.Equal([(kind, status), (OutcomeKind.Delivered, "2.0.0")], outcomes.Select(outcome => (outcome.Kind, outcome.Status)));
        Assert.Empty(New("grace"));
    }

    [Theory]
    [InlineData("Delivered-To: grace@example.com\r\n", true)]
    [InlineData("X: y\r\nDELIVERED-TO:\t Grace@EXAMPLE.com \r\n", true)]
    [InlineData("Delivered-To: joan@example.com\r\n", false)]
    [InlineData("Subject: Delivered-To: grace@example.com\r\n", false)]
    [InlineData("\r\nDelivered-To: grace@example.com\r\n", false)]
    public async Task A_message_that_was_here_before_is_a_loop(string header, bool isLoop)
    {
        _accounts.Add("grace");
        var job = await QueueAsync(Messages.Envelope("grace@example.com"), header + "\r\nHello\r\n");
        var outcome = Assert.Single(await _agent.DeliverAsync(job, Ct));
        Assert.Equal(isLoop ? (OutcomeKind.Failed, "5.4.6") : (OutcomeKind.Delivered, "2.0.0"), (outcome.Kind, outcome.Status));
        Assert.Equal(isLoop ? 0 : 1, New("grace").Length);
    }

    [Fact]
    public async Task A_body_in_a_file_is_delivered_too()
    {
        _accounts.Add("grace");
        var bytes = Messages.Bytes(2_000_000);
        var id = await _spool.SubmitAsync(Messages.Envelope("grace@example.com"), [.. "Subject: big\r\n\r\n"u8, .. bytes]);
        await _agent.DeliverAsync(await JobAsync(id), Ct);
        var content = await File.ReadAllTextAsync(Assert.Single(New("grace")));
        Assert.EndsWith("\nSubject: big\n\n" + Encoding.ASCII.GetString(bytes).ReplaceLineEndings("\n"), content, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CrashPoint.AfterWrite)]
    [InlineData(CrashPoint.AfterCommit)]
    [InlineData(CrashPoint.AfterPublish)]
    [InlineData(CrashPoint.AfterUserDeletedIt)]
    public async Task After_a_crash_at_any_step_the_mailbox_gets_the_message_once(CrashPoint point)
    {
        var maildir = _accounts.Add("grace");
        var id = (await QueueAsync(Messages.Envelope("grace@example.com"))).Id;
        // What a process had done when it died:
        var staged = StagedMessage.Write(maildir, $"1795000000.M1Q{id}R0.mx.test", "Return-Path: <>\r\n"u8, MessageBody.OfBytes("Subject: x\r\n\r\nHello\r\n"u8.ToArray()));
        File.SetLastWriteTimeUtc(staged.Path, DateTime.UnixEpoch);
        if (point >= CrashPoint.AfterCommit)
            await _spool.MarkStagedAsync([new StagedCopy(id, 0, staged.Path)], Ct);
        if (point >= CrashPoint.AfterPublish)
            Assert.True(staged.Publish());
        if (point == CrashPoint.AfterUserDeletedIt)
            File.Delete(Assert.Single(New("grace")));
        await RestartAsync();

        // Another message first: its sweep must not take what is committed.
        await _agent.DeliverAsync(await QueueAsync(Messages.Envelope("grace@example.com"), "Subject: other\r\n\r\n"), Ct);
        var outcome = Assert.Single(await _agent.DeliverAsync(await JobAsync(id), Ct));
        Assert.Equal(OutcomeKind.Delivered, outcome.Kind);
        var copies = New("grace").Where(file => Path.GetFileName(file).Contains($"Q{id}R0", StringComparison.Ordinal)).ToList();
        Assert.Equal(point == CrashPoint.AfterUserDeletedIt ? 0 : 1, copies.Count);
        Assert.Empty(Staging("grace"));
    }

    public enum CrashPoint
    {
        AfterWrite,
        AfterCommit,
        AfterPublish,
        AfterUserDeletedIt,
    }

    [Fact]
    public async Task The_sweep_takes_only_old_copies_of_this_queue_and_very_old_strays()
    {
        var maildir = _accounts.Add("grace");
        await _agent.DeliverAsync(await QueueAsync(Messages.Envelope("grace@example.com")), Ct);
        var staging = maildir + "/courier/staging/";
        string[] gone = ["1795000000.M1Q65AR0.mx.test,S=1,W=1", "1795000000.M1Q65AR1.mx.test.part", "1795000000.M1P5Q1_a.mx.test,S=1,W=1"];
        string[] kept = ["1795000000.M1Q65BR0.other.host,S=1,W=1", "1795000000.M1Q65BR0.mx.test2,S=1,W=1", "1795000000.M2P5Q1_a.mx.test,S=1,W=1"];
        foreach (var name in gone.Concat(kept))
        {
            await File.WriteAllTextAsync(staging + name, "x");
            var age = name == gone[2] ? TimeSpan.FromHours(37) : TimeSpan.FromHours(1);
            File.SetLastWriteTimeUtc(staging + name, TimeProvider.System.GetUtcNow().UtcDateTime - age);
        }

        const string young = "1795000000.M9Q65AR0.mx.test,S=1,W=1";
        await RestartAsync();
        await File.WriteAllTextAsync(staging + young, "x");
        File.SetLastWriteTimeUtc(staging + young, TimeProvider.System.GetUtcNow().UtcDateTime + TimeSpan.FromSeconds(2));
        await _agent.DeliverAsync(await QueueAsync(Messages.Envelope("grace@example.com")), Ct);
        Assert.Equal(kept.Append(young).Order(StringComparer.Ordinal), Staging("grace").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Many_at_once_share_batches_and_a_lone_one_does_not_wait()
    {
        _accounts.Add("grace");
        var jobs = new List<DeliveryJob>();
        for (var i = 0; i < 100; i++)
            jobs.Add(await QueueAsync(Messages.Envelope("grace@example.com")));
        var results = await Task.WhenAll(jobs.Select(job => _agent.DeliverAsync(job, Ct).AsTask()));
        Assert.All(results, outcomes => Assert.Equal(OutcomeKind.Delivered, Assert.Single(outcomes).Kind));
        Assert.Equal(100, New("grace").Length);
        Assert.InRange(_agent.Batches, 4, 30);

        await using var patient = new LocalAgent(_spool, _accounts, new LocalDeliverySettings { BatchWait = TimeSpan.FromMinutes(1) }, TimeProvider.System, NullLogger.Instance);
        var begun = Stopwatch.GetTimestamp();
        await patient.DeliverAsync(jobs[0], Ct);
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_failed_commit_publishes_nothing_and_takes_nothing_back()
    {
        var maildir = _accounts.Add("grace");
        var job = await QueueAsync(Messages.Envelope("grace@example.com"));
        _spool.Writer.BeforeCommit = () => throw new IOException("disk full") { HResult = 28 };
        var outcome = Assert.Single(await _agent.DeliverAsync(job, Ct));
        Assert.Equal((OutcomeKind.Deferred, "4.3.1"), (outcome.Kind, outcome.Status));
        Assert.Empty(New("grace"));
        // In doubt: should the commit have reached the disk, this file is the message.
        Assert.Single(Staging("grace"));
        _spool.Writer.BeforeCommit = null;
        Assert.Equal(OutcomeKind.Delivered, Assert.Single(await _agent.DeliverAsync(job, Ct)).Kind);
        Assert.Single(New("grace"));
        Assert.True(Directory.Exists(maildir));
    }

    [Theory]
    [InlineData(28, "4.3.1", "disk is full")]
    [InlineData(122, "4.2.2", "quota")]
    [InlineData(13, "4.2.0", "permission")]
    [InlineData(30, "4.3.0", "read-only")]
    [InlineData(5, "4.3.0", "cannot be written")]
    public void Trouble_with_a_disk_is_temporary_and_said_plainly(int error, string status, string words)
    {
        var (code, diagnostic) = StorageTrouble.Describe(new IOException("x", error));
        Assert.Equal(status, code);
        Assert.Contains(words, diagnostic, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lmtp_delivers_before_it_answers_and_leaves_no_trace_in_the_queue()
    {
        _accounts.Add("grace");
        var envelope = Messages.Envelope("grace@example.com", "nobody@example.com", "grace@example.com");
        var outcomes = await _agent.DeliverNowAsync(envelope, Messages.Trace, MessageBody.OfBytes("Subject: now\r\n\r\n"u8.ToArray()), Ct);
        Assert.Equal([OutcomeKind.Delivered, OutcomeKind.Failed, OutcomeKind.Delivered], outcomes.Select(outcome => outcome.Kind));
        Assert.Equal(2, New("grace").Length);
        Assert.All(New("grace"), file => Assert.EndsWith("Received: from test\nSubject: now\n\n", File.ReadAllText(file), StringComparison.Ordinal));
        Assert.Empty(await _spool.ListAsync(10, Ct));
        Assert.Empty(Staging("grace"));
    }

    [Fact]
    public async Task A_directory_of_accounts_in_trouble_defers()
    {
        _accounts.Failure = new IOException("accounts.db is locked");
        var outcome = Assert.Single(await _agent.DeliverAsync(await QueueAsync(Messages.Envelope("grace@example.com")), Ct));
        Assert.Equal((OutcomeKind.Deferred, "4.3.0"), (outcome.Kind, outcome.Status));
    }

    [Theory]
    [InlineData("1795000000.M1Q65AR0.mx.test,S=1,W=1", true)]
    [InlineData("1795000000.M1Q65AR12.mx.test", true)]
    [InlineData("1795000000.M1Q65AR0.mx.test.part", true)]
    [InlineData("1795000000.M1Q65AR0.mx.testing,S=1", false)]
    [InlineData("1795000000.M1P12Q5_ab.mx.test,S=1", false)]
    [InlineData("1795000000.M1QR0.mx.test", false)]
    [InlineData("1795000000.M1Q65A.mx.test", false)]
    [InlineData("Q", false)]
    [InlineData("", false)]
    public void Names_of_the_queue_are_told_from_others(string name, bool expected) => Assert.Equal(expected, StagingFolder.IsOfQueue(name, "mx.test"));
}
