using Courier.Mail.Addresses;
using Courier.Queue;
using Courier.Queue.Scheduling;
using Courier.Queue.Sqlite;
using Courier.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Queue;

/// <summary>What is noted of addresses whose mail failed or waits, through the scheduler.</summary>
public sealed class TroubledRecipientsTests
{
    private readonly ManualClock _clock = new();

    private static readonly MailAddress _grace = MailAddress.Parse("grace@example.com");

    /// <summary>Delivers one message to grace in this way, and says what is noted then.</summary>
    private async Task<TroubledRecipient?> AfterAsync(TroubledRecipients trouble, OutcomeKind kind, string? status = null, Envelope? envelope = null)
    {
        using var directory = new TemporaryDirectory();
        var router = new FakeRouter();
        var agent = new FakeAgent(kind) { DeferredStatus = status };
        router.To("example.com", agent);
        router.To("example.org", null);
        await using var spool = SqliteSpool.Open(new SpoolSettings { Directory = directory.Path }, _clock, NullLogger.Instance);
        await using var scheduler = new Scheduler(spool, router, new FakeBounces(), new ScheduleSettings(), _clock, NullLogger.Instance, trouble: trouble);
        scheduler.Start();
        await scheduler.SubmitAsync(envelope ?? Messages.Envelope("grace@example.com"));
        await Eventually.IsAsync("it was tried", () => !agent.Jobs.IsEmpty && scheduler.InMemory == 0 && spool.Leases.Count == 0);
        return trouble.Find(_grace, MessageSource.Smtp);
    }

    private TroubledRecipients Of(params MessageSource[] sources) => new(_clock, sources.ToHashSet());

    [Theory]
    [InlineData(OutcomeKind.Failed, null, true)]
    [InlineData(OutcomeKind.Deferred, "4.2.2", false)]
    [InlineData(OutcomeKind.Deferred, "4.3.1", null)] // our own disk says nothing of the address
    [InlineData(OutcomeKind.Delivered, null, null)]
    public async Task Failures_and_deferrals_are_noted(OutcomeKind kind, string? status, bool? isPermanent) =>
        Assert.Equal(isPermanent, (await AfterAsync(Of(MessageSource.Smtp), kind, status))?.IsPermanent);

    [Fact]
    public async Task A_success_or_two_hours_or_a_command_forget_it()
    {
        var trouble = Of(MessageSource.Smtp);
        Assert.NotNull(await AfterAsync(trouble, OutcomeKind.Failed));
        Assert.Null(await AfterAsync(trouble, OutcomeKind.Delivered));
        Assert.NotNull(await AfterAsync(trouble, OutcomeKind.Deferred, "4.4.1"));
        _clock.Advance(TroubledRecipients.Memory - TimeSpan.FromSeconds(1));
        Assert.NotNull(trouble.Find(MailAddress.Parse("Grace@EXAMPLE.com"), MessageSource.Smtp));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(trouble.Find(_grace, MessageSource.Smtp));
        Assert.Empty(trouble.All);
        Assert.NotNull(await AfterAsync(trouble, OutcomeKind.Failed));
        Assert.Equal(0, trouble.Clear(MailAddress.Parse("joan@example.com")));
        Assert.Equal(_grace, Assert.Single(trouble.All).Address);
        Assert.Equal(1, trouble.Clear(_grace));
        Assert.NotNull(await AfterAsync(trouble, OutcomeKind.Failed));
        Assert.Equal(1, trouble.Clear(null));
        Assert.Empty(trouble.All);
    }

    [Fact]
    public async Task Only_mail_of_the_ways_that_were_named_is_noted_and_refused()
    {
        var login = Messages.Envelope("grace@example.com") with { Source = MessageSource.Login };
        Assert.Null(await AfterAsync(Of(MessageSource.Smtp), OutcomeKind.Failed, envelope: login));
        var both = Of(MessageSource.Smtp, MessageSource.Login);
        Assert.NotNull(await AfterAsync(both, OutcomeKind.Failed, envelope: login));
        Assert.Null(both.Find(_grace, MessageSource.Local));
        Assert.Null(await AfterAsync(Of(MessageSource.Smtp), OutcomeKind.Failed, envelope: Messages.Envelope("grace@example.com") with { IsReport = true }));
        Assert.Null(await AfterAsync(Of(), OutcomeKind.Failed));
    }
}
