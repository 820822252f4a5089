using System.Net.Security;
using Courier.Accounts;
using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.IO.Platform;
using Courier.Mta.Delivery.Local;
using Courier.Mta.Reception;
using Courier.Net;
using Courier.Net.Dns;
using Courier.Queue;
using Courier.Queue.Handover;
using Courier.Queue.Scheduling;
using Courier.Smtp.Server;
using Microsoft.Extensions.Logging;

namespace Courier.Hosting;

/// <summary>The three services that speak SMTP, each for the settings of a context.</summary>
internal sealed class SmtpServices(
    IAccountDirectory accounts, ISubmission submission, LocalAgent local, string stateDirectory, string spillDirectory, Func<SslServerAuthenticationOptions>? tls, TimeProvider clock, ILoggerFactory logging,
    Func<string, CancellationToken, ValueTask<int>> flush, IDnsResolver resolver, TroubledRecipients trouble) : IDisposable
{
    /// <summary>RFC 5321 §3.8: 421 and close.</summary>
    internal static ReadOnlyMemory<byte> Refusal { get; } = ReceptionReplies.TooManyConnections.ToBytes();

    private readonly ReceptionPolicies _policies = new(resolver, clock, logging);

    public void Dispose() => _policies.Dispose();

    /// <summary>What holds for a peer of the services that others reach, as it connects.</summary>
    internal PeerTerms TermsOf(SettingsValues values, Connection connection) => _policies.AccessOf(values).PeerTermsOf(connection);

    internal SessionStart Relay(SettingsValues values) => Serve(
        values, SmtpRole.Relay, new DomainReception(values, own => new RelayReception(OpenReceptionOf(own), accounts, submission, clock, logging.CreateLogger<RelayReception>())));

    internal SessionStart Submission(SettingsValues values) => Serve(
        values, SmtpRole.Submission, new DomainReception(values, own => new SubmissionReception(OpenReceptionOf(own), accounts, submission, clock, logging.CreateLogger<SubmissionReception>())));

    internal SessionStart Lmtp(SettingsValues values) => Serve(
        values, SmtpRole.Lmtp, new LmtpReception(ReceptionOf(values), accounts, local.DeliverNowAsync, clock, logging.CreateLogger<LmtpReception>()));

    /// <summary>Mail of programs on this machine.</summary>
    internal LocalReception Local(SettingsValues values) => new(
        ReceptionOf(values), new SubmissionFileLimits { MessageBytes = values.Get(LimitKeys.MessageSize) }, submission, clock, logging.CreateLogger<LocalReception>());

    private SessionStart Serve(SettingsValues values, SmtpRole role, IReception reception)
    {
        var settings = new SmtpServerSettings(Stores.HostName(values), role)
        {
            Tls = tls,
            AuthOffered = role != SmtpRole.Lmtp,
            Offered = SmtpServerSettings.OfferedBy(role) & ~values.Get(ExtensionKeys.Withheld),
            XClientPeers = values.Get(ProxyKeys.XClientPeers) ?? [],
            XForwardPeers = values.Get(ProxyKeys.XForwardPeers) ?? [],
            CleartextLogins = Values.CleartextLogins(values),
            Greeting = role == SmtpRole.Lmtp ? null : values.Get(ServerKeys.Greeting),
            PathDomain = HeaderValues.CompletionOf(values, role == SmtpRole.Submission),
            Limits = new SmtpLimits
            {
                MessageBytes = values.Get(LimitKeys.MessageSize),
                Recipients = values.Get(LimitKeys.Recipients),
                RefusesMoreRecipients = values.Get(LimitKeys.RecipientsBeyond) == "refused",
                RefusalsBeforeDelay = values.Get(LimitKeys.RefusalsBeforeDelay),
                RefusalDelay = values.Get(LimitKeys.RefusalDelay),
                RefusalDelayMax = values.Get(LimitKeys.RefusalDelayMax),
                CommandTimeout = values.Get(LimitKeys.CommandTimeout),
                DataTimeout = values.Get(LimitKeys.DataTimeout),
            },
        };
        return new SmtpServer(settings, reception, logging.CreateLogger<SmtpServer>(), clock).ServeAsync;
    }

    /// <summary>For services that others reach.</summary>
    private ReceptionSettings OpenReceptionOf(SettingsValues values) => ReceptionOf(values) with { Access = _policies.AccessOf(values), Rates = _policies.RatesOf(values), Greylist = _policies.GreylistOf(values, stateDirectory) };

    private ReceptionSettings ReceptionOf(SettingsValues values) => new(Stores.HostName(values), spillDirectory)
    {
        Flush = flush,
        VirtualHost = values.VirtualHost,
        Networks = values.Get(RelayKeys.Networks) ?? [],
        Limits = new ReceptionLimits
        {
            HeaderBytes = (int)values.Get(LimitKeys.HeaderSize),
            HeaderFields = values.Get(LimitKeys.HeaderFields),
            ReceivedFields = values.Get(LimitKeys.ReceivedFields),
        },
        FreeMin = new FileSystemRoom(values.Get(LimitKeys.FreeSpace), values.Get(LimitKeys.FreeFiles)),
        Postmaster = values.Get(AccountKeys.Postmaster),
        Headers = HeaderValues.Of(values),
        Body = BodyKeys.ChangesOf(values.Get(BodyKeys.Convert)),
        Trouble = trouble,
        RefusesOverQuota = values.Get(RecipientKeys.OverQuota) == "refused",
        Senders = SenderValues.Of(values, resolver),
        Verify = SenderValues.AudienceOf(values.Get(RecipientKeys.Verify)),
        Expand = SenderValues.AudienceOf(values.Get(RecipientKeys.Expand)),
    };
}
