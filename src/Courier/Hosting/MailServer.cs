using System.Net.Security;
using System.Security.Cryptography;
using Courier.Accounts;
using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.IO.Files;
using Courier.Mailboxes;
using Courier.Mta.Bounces;
using Courier.Mta.Delivery.Local;
using Courier.Mta.Delivery.Remote;
using Courier.Mta.Routing;
using Courier.Net;
using Courier.Queue;
using Courier.Queue.Handover;
using Courier.Queue.History;
using Courier.Queue.Scheduling;
using Courier.Web.Metrics;
using Microsoft.Extensions.Logging;

namespace Courier.Hosting;

/// <summary>The composition: makes every part from the settings, joins them, and opens the listeners.</summary>
/// <remarks>Started from the bottom up, stopped from the top down: no new work, then sessions, then attempts, then stores.</remarks>
internal sealed class MailServer : IAsyncDisposable
{
    /// <summary>How long sessions may take to say goodbye before their connections are broken.</summary>
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(1);

    private readonly Settings _settings;
    private readonly ILoggerFactory _logging;
    private readonly TimeProvider _clock;
    private readonly SqliteAccountDirectory _accounts;
    private readonly LocalDomains _addresses;
    private readonly ISpool _spool;
    private readonly MailStore _store;
    private readonly Sending _sending;
    private readonly EsmtpAgents _nextHops;
    private readonly LocalAgent _local;
    private readonly MessageHistory _history;
    private readonly TroubledRecipients _trouble;
    private readonly Scheduler _scheduler;
    private readonly SessionBoard _sessions;
    private readonly ListenerSet _listeners;
    private readonly IdleMemory _idleMemory;
    private readonly Func<SslServerAuthenticationOptions>? _tls;
    private MetricsEndpoint? _metrics;
    private SmtpServices? _smtp;
    private LocalDoor? _localDoor;
    private DropDirectory? _drop;
    private bool _stopped;

    private MailServer(Settings settings, ISpool spool, ILoggerFactory logging, TimeProvider clock)
    {
        (_settings, _spool, _logging, _clock) = (settings, spool, logging, clock);
        var values = settings.Defaults;
        Directory.CreateDirectory(Stores.StateDirectory(settings));
        _tls = CertificateSource.Of(settings, clock);
        _accounts = new SqliteAccountDirectory(
            Stores.AccountsFile(settings), new AccountSettings { DefaultDomain = values.Get(AccountKeys.DefaultDomain) }, clock, logging.CreateLogger<SqliteAccountDirectory>());
        _addresses = new LocalDomains(
            _accounts, new LocalDomainFiles(Stores.HostName(values), values.Get(AccountKeys.DefaultDomain)) { Locals = values.Get(AccountKeys.Locals), Hosted = values.Get(AccountKeys.HostedDomains) },
            clock, logging.CreateLogger<LocalDomains>());
        _store = new MailStore(Stores.Mailboxes(values), clock, logging.CreateLogger<MailStore>());
        _history = new MessageHistory(Stores.HistoryDirectory(settings), values.Get(QueueKeys.HistorySize), clock, logging.CreateLogger<MessageHistory>());
        _local = new LocalAgent(_spool, _addresses, new LocalDeliverySettings { AttemptsAtOnce = values.Get(QueueKeys.LocalAttempts), RefusesOverQuota = values.Get(RecipientKeys.OverQuota) == "refused" }, clock, logging.CreateLogger<LocalAgent>());
        _sending = new Sending(settings, clock, logging);
        _nextHops = new EsmtpAgents(_sending.Connector, _sending.Agents, logging.CreateLogger<EsmtpAgent>(), clock);
        _trouble = new TroubledRecipients(clock, values.Get(RecipientKeys.RefuseTroubled)!);
        _scheduler = new Scheduler(
            _spool, new Router(_addresses, _sending.Relay, _local, _nextHops.RouteTo, _sending.IdentityOf),
            new BounceWriter(Stores.HostName(values), OpenBuffer, ReportSettings.Of(values), clock) { ReportsToAccount = values.Get(ReportKeys.ReportsToAccount) }, ScheduleOf(values), clock, logging.CreateLogger<Scheduler>(), _history, _trouble);
        _listeners = new ListenerSet(settings, logging, _tls, _sessions = new SessionBoard(clock));
        _idleMemory = new IdleMemory(clock);
    }

    /// <summary>Returns once every listener is bound. Throws <see cref="StartException"/> for what the operator can mend.</summary>
    internal static async Task<MailServer> StartAsync(Settings settings, ILoggerFactory logging, TimeProvider clock)
    {
        MailServer server;
        ISpool? spool = null;
        try
        {
            spool = await Stores.OpenSpoolAsync(settings, clock, logging);
            server = new MailServer(settings, spool, logging, clock);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or CryptographicException)
        {
            if (spool is not null)
                await spool.DisposeAsync();
            throw new StartException(e.Message);
        }

        try
        {
            await server.OpenAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends everything; what is queued stays queued.</summary>
    internal async Task StopAsync()
    {
        if (_stopped)
            return;
        _stopped = true;
        _idleMemory.Dispose();
        if (_localDoor is { } door)
            await door.DisposeAsync();
        if (_drop is { } drop)
            await drop.DisposeAsync();
        await _listeners.StopAsync(_grace);
        _smtp?.Dispose();
        if (_metrics is { } metrics)
            await metrics.DisposeAsync();
        await _sending.StopAsync();
        await _scheduler.StopAsync();
        _history.Dispose();
        await _local.DisposeAsync();
        await _nextHops.DisposeAsync();
        _sending.Dispose();
        await _store.DisposeAsync();
        await _spool.DisposeAsync();
        _accounts.Dispose();
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task OpenAsync()
    {
        if (ListFiles.Problems(_settings) is { Count: > 0 } problems)
            throw new StartException(string.Join('\n', problems));
        _scheduler.Start();
        _sending.StartReports(_scheduler, OpenBuffer, _logging);
        var smtp = _smtp = new SmtpServices(_addresses, Archived(_scheduler), _local, Stores.StateDirectory(_settings), Stores.SpillDirectory(_settings), _tls, _clock, _logging, FlushAsync, _sending.Resolver, _trouble);
        _listeners.Start("smtp", smtp.Relay, isTls: false, SmtpServices.Refusal, smtp.TermsOf);
        _listeners.Start("submission", smtp.Submission, isTls: false, SmtpServices.Refusal, smtp.TermsOf);
        _listeners.Start("submissions", smtp.Submission, isTls: true, SmtpServices.Refusal, smtp.TermsOf);
        _listeners.Start("lmtp", smtp.Lmtp, isTls: false, SmtpServices.Refusal);
        var readers = new ReaderServices(_settings, _accounts, _store, _tls, _clock, _logging);
        readers.StartImap(_listeners);
        readers.StartPop3(_listeners);
        var reception = smtp.Local(_settings.Defaults);
        _localDoor = LocalDoor.Start(Stores.LocalSocket(_settings), reception, _spool, _sessions, _trouble, _logging.CreateLogger<LocalDoor>());
        _drop = DropDirectory.Start(Stores.DropDirectory(_settings), reception, _clock, _logging.CreateLogger<DropDirectory>());
        foreach (var endPoint in _settings.Defaults.Get(SettingTable.Listener("metrics")) ?? [])
            _metrics = await ListenerSet.BindingAsync("metrics", endPoint, () => MetricsEndpoint.StartAsync(endPoint, new MetricsLimits(), _logging, CancellationToken.None));
    }

    private ISubmission Archived(ISubmission submission) =>
        _settings.Defaults.Get(QueueKeys.Archive) is { } archive ? new MessageArchive(submission, archive, _clock) : submission;

    private ValueTask<int> FlushAsync(string domain, CancellationToken ct) => _spool.ChangeAsync(new QueueSelection { Domain = domain }, new QueueChange.Retry(), ct);

    private MessageBuffer OpenBuffer() => new(Stores.SpillDirectory(_settings), Stores.Spool(_settings).InlineLimitBytes);

    private static ScheduleSettings ScheduleOf(SettingsValues values) => new()
    {
        FirstRetry = values.Get(QueueKeys.RetryFirst),
        AttemptsPerRound = values.Get(QueueKeys.RetryRound),
        RoundWait = values.Get(QueueKeys.RetryRoundWait),
        Doublings = values.Get(QueueKeys.RetryDoublings),
        WarnAfter = values.Get(QueueKeys.WarnAfter),
        SilentReports = values.Get(ReportKeys.SilentReports)!,
        BackupRelay = values.Get(QueueKeys.BackupRelay),
        SubmitDelay = values.Get(QueueKeys.SubmitDelay),
        RecipientsPerAttempt = values.Get(QueueKeys.BatchSize),
        Expiry = values.Get(QueueKeys.QueueTime),
        AttemptsAtOnce = values.Get(QueueKeys.AttemptsAtOnce),
        AttemptsPerDestination = values.Get(QueueKeys.AttemptsPerDestination),
    };
}
