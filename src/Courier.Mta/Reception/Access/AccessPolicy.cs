using System.Net;
using Courier.Mail.Addresses;
using Courier.MailAuth.DnsLists;
using Courier.Net;
using Courier.Smtp.Replies;
using Courier.Smtp.Server;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Mta.Reception.Access;

/// <summary>Who may connect, on what terms, and where to mail is taken from whom. Answers at once: its lists are in memory, and looked after once a second.</summary>
public sealed class AccessPolicy
{
    private readonly AccessSettings _settings;
    private readonly WatchedList<AccessTable> _table;
    private readonly WatchedList<DomainSet> _domains;
    private readonly WatchedList<DomainSet> _percent;

    public AccessPolicy(AccessSettings settings, TimeProvider clock, ILogger logger)
    {
        _settings = settings;
        _table = new(settings.List is { } list ? [list] : [], (lines, problems) => new AccessTable([.. AccessTable.Read(lines, problems), .. settings.Rules]), clock, logger);
        _domains = new(WithDirectory(settings.DomainList), Domains, clock, logger);
        _percent = new(WithDirectory(settings.PercentList), Domains, clock, logger);

        DomainSet Domains(IReadOnlyList<SourceLine> lines, ICollection<LineProblem> problems) => DomainSet.Read(lines, settings.HostName, problems);
    }

    /// <summary>Everybody may connect, nobody relay.</summary>
    public static AccessPolicy Open { get; } = new(new AccessSettings("localhost"), TimeProvider.System, NullLogger.Instance);

    /// <summary>What the lists say of a peer.</summary>
    public AccessEntry EntryOf(Connection connection) => _table.Value.Find(connection.Local, connection.Remote);

    /// <summary>As it connects.</summary>
    public PeerTerms PeerTermsOf(Connection connection)
    {
        var entry = EntryOf(connection);
        // Not "null" alone, which would become no words by way of Memory's conversion.
        return new PeerTerms(entry.IsDenied ? ReceptionReplies.AccessDenied.ToBytes() : default(ReadOnlyMemory<byte>?), entry.ConnectionsMax);
    }

    /// <summary>As its session begins.</summary>
    public SessionTerms SessionTermsOf(Connection connection)
    {
        var entry = EntryOf(connection);
        return new SessionTerms
        {
            Refusal = entry.IsDenied ? ReceptionReplies.AccessDenied : null,
            GreetingDelay = IsKnown(entry, connection) ? TimeSpan.Zero : _settings.GreetingDelay,
            AuthRequired = entry.LoginRequired ?? _settings.LoginRequired,
            TlsRequired = entry.TlsRequired ?? _settings.TlsRequired,
            MessageBytes = entry.MessageBytes,
            IsForgiven = entry.IsForgiven || IPAddress.IsLoopback(connection.Remote.Address),
        };
    }

    /// <summary>The lists name its network and let it in; or it is on this machine.</summary>
    public bool IsKnown(SmtpPeer peer) => IsKnown(EntryOf(peer.Connection), peer.Connection);

    /// <summary>The lists let it send to anybody.</summary>
    public bool MayRelay(SmtpPeer peer) => EntryOf(peer.Connection).MayRelay;

    /// <summary>Mail for that domain of others is taken from anybody.</summary>
    public bool TakesMailFor(string domain) => _settings.Domains.Contains(domain) || _domains.Value.Contains(domain);

    /// <summary>What the peer is refused with at each recipient, or null. A login makes good for it.</summary>
    public SmtpReply? RefusalOf(SmtpPeer peer) => peer.User is null && EntryOf(peer.Connection).Block is { } text ? ReceptionReplies.Blocked(text) : null;

    /// <summary>What the lists in the DNS say of a peer; nothing of one that is known or that an access list has decided on.</summary>
    public ValueTask<DnsListVerdict> ListedAsync(Connection connection, CancellationToken ct)
    {
        var entry = EntryOf(connection);
        return _settings.Lists is not { IsEmpty: false } lists || entry.HasBlock || entry.MayRelay || IsKnown(entry, connection)
            ? new(DnsListVerdict.NotListed)
            : lists.FindAsync(connection.Remote.Address, ct);
    }

    /// <summary>As the session of another server begins: with what the lists in the DNS say, where that is to count at once.</summary>
    public async ValueTask<SessionTerms> SessionTermsAsync(Connection connection, CancellationToken ct)
    {
        var terms = SessionTermsOf(connection);
        return _settings.DropsListed && terms.Refusal is null && await ListedAsync(connection, ct) is { IsRefused: true } verdict
            ? terms with { Refusal = ReceptionReplies.Listed(verdict.Text) }
            : terms;
    }

    /// <summary>The address as it is meant: with what the lists put behind those of this peer.</summary>
    public MailAddress Complete(SmtpPeer peer, MailAddress recipient) =>
        EntryOf(peer.Connection).RelaySuffix is { Length: > 0 } suffix && MailAddress.TryParse(recipient + suffix, out var complete) ? complete! : recipient;

    /// <summary>Of <c>user%domain@ours</c> the address <c>user@domain</c>, where mail for that domain goes this way; else null.</summary>
    public MailAddress? BehindPercent(MailAddress recipient)
    {
        var percent = recipient.LocalPart.LastIndexOf('%');
        if (percent <= 0)
            return null;
        var domain = recipient.LocalPart[(percent + 1)..];
        return (_settings.PercentDomains.Contains(domain) || _percent.Value.Contains(domain))
            && MailAddress.TryParse($"{recipient.LocalPart[..percent]}@{domain}", out var behind) ? behind : null;
    }

    private static bool IsKnown(AccessEntry entry, Connection connection) => entry.IsAllowed || IPAddress.IsLoopback(connection.Remote.Address);

    private static IReadOnlyList<string> WithDirectory(string? list) => list is null ? [] : [list, list + ".dir"];
}
