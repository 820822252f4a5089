using System.Net;
using System.Text;
using Courier.Accounts;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Mail.Reports;
using Courier.Mta.Reception.Access;
using Courier.Mta.Reception.Bodies;
using Courier.Mta.Reception.Headers;
using Courier.Mta.Reception.Senders;
using Courier.Net;
using Courier.Queue;
using Courier.Smtp.Replies;
using Courier.Smtp.Server;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Reception;

/// <summary>What the receptions have in common: room on the disk, buffers, loops, trace fields, the envelope.</summary>
internal sealed class Intake
{
    private readonly ReceptionSettings _settings;
    private readonly IAccountDirectory _accounts;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly FreeSpace _space;
    private readonly HeaderRewriter _rewriter;
    private readonly RecipientVerdicts _verdicts;

    internal Intake(ReceptionSettings settings, IAccountDirectory accounts, TimeProvider clock, ILogger logger)
    {
        (_settings, _accounts, _clock, _logger) = (settings, accounts, clock, logger);
        _space = new FreeSpace(settings.SpoolDirectory, settings.FreeMin, clock, logger);
        _verdicts = new RecipientVerdicts(settings, accounts, clock);
        Recipients = new RecipientPolicy(settings, accounts, _verdicts, logger);
        Senders = new SenderPolicy(settings.Senders, accounts, settings.Limits.HeaderBytes, logger);
        Verification = new AddressVerification(settings, accounts);
        _rewriter = new HeaderRewriter(settings.Limits.HeaderBytes, OpenBuffer);
    }

    internal RecipientPolicy Recipients { get; }

    internal SenderPolicy Senders { get; }

    internal AddressVerification Verification { get; }

    /// <summary>What is asked of a sender, and then of the disk.</summary>
    internal async ValueTask<SmtpReply> BeginAsync(SmtpTransaction transaction, CancellationToken ct) =>
        await Senders.CheckSenderAsync(transaction, EntryOf(transaction.Peer), IsFriend(transaction.Peer), ct) ?? Begin(transaction);

    internal ValueTask<SmtpReply> VerifyAsync(SmtpPeer peer, MailAddress address, bool expands, CancellationToken ct) =>
        Verification.AnswerAsync(address, expands, EntryOf(peer), IsFriend(peer), ct);

    internal async ValueTask<string?> AuthenticateAsync(string user, string password, CancellationToken ct) =>
        (await _accounts.AuthenticateAsync(user, password, ct))?.Address.ToString();

    /// <summary>RFC 1870 §6.1: a message that there is no room for now is asked to come later, before it is sent.</summary>
    internal SmtpReply Begin(SmtpTransaction transaction) =>
        !_space.HasRoomFor(transaction.Mail.Size ?? 0) ? ReceptionReplies.NoSpace
        : !TakesMessage(transaction) ? ReceptionReplies.TooMuchMail
        : transaction.Mail.Priority > 0 && !MayPrioritise(transaction.Peer) ? ReceptionReplies.PriorityLowered
        : ReceptionReplies.SenderOk;

    /// <summary>Whom we do a favour for: peers of our networks, and those who logged in.</summary>
    internal bool IsFriend(SmtpPeer peer) => peer.User is not null || IsTrusted(peer);

    /// <summary>Of strangers alone nobody knows whether their return path is their own.</summary>
    internal MessageSource SourceOf(SmtpPeer peer) => IsFriend(peer) ? MessageSource.Login : MessageSource.Smtp;

    /// <summary>By its address.</summary>
    private bool IsTrusted(SmtpPeer peer)
    {
        foreach (var network in _settings.Networks)
            if (network.Contains(peer.Connection.Remote.Address))
                return true;
        return _settings.Access.MayRelay(peer);
    }

    /// <summary>What holds for a peer's session.</summary>
    internal SessionTerms Welcome(Connection connection) => _settings.Access.SessionTermsOf(connection);

    /// <summary>The same for another server's: not that of a user, who may well be at an address that is listed.</summary>
    internal ValueTask<SessionTerms> WelcomeAsync(Connection connection, CancellationToken ct) => _settings.Access.SessionTermsAsync(connection, ct);

    /// <summary>RFC 6710 §5: strangers may put themselves behind others only.</summary>
    private bool MayPrioritise(SmtpPeer peer) => IsFriend(peer);

    /// <summary>Whether mail is taken for a recipient, and now.</summary>
    internal async ValueTask<(SmtpReply Reply, MailAddress? Address)> AddRecipientAsync(
        SmtpTransaction transaction, MailAddress? recipient, bool mayRelay, CancellationToken ct)
    {
        var named = Named(transaction.Peer, recipient);
        if (named is not null && Senders.IsTrap(named))
            return (ReceptionReplies.RecipientOk, named);
        var (reply, address) = await Recipients.AdmitAsync(transaction, named, mayRelay, SourceOf(transaction.Peer), ct);
        if (address is not null && await IsPutOffAsync(transaction, address, ct))
        {
            Log.Greylisted(_logger, PeerOf(transaction), transaction.Mail.Sender.ToString(), address.ToString());
            return (ReceptionReplies.Greylisted, null);
        }

        if (address is null || _settings.Rates.TakesRecipient(transaction.Peer, IsTrusted(transaction.Peer)))
            return (reply, address);
        Log.TooMuch(_logger, PeerOf(transaction), transaction.Peer.User ?? "", transaction.Mail.Sender.ToString());
        return (ReceptionReplies.TooMuchMail, null);
    }

    private async ValueTask<bool> IsPutOffAsync(SmtpTransaction transaction, MailAddress recipient, CancellationToken ct) =>
        _settings.Greylist is { } greylist && !IsFriend(transaction.Peer) && !_settings.Access.IsKnown(transaction.Peer)
        && !(await _settings.Access.ListedAsync(transaction.Peer.Connection, ct)).IsAllowed
        && !greylist.Admits(transaction.Peer.Connection.Remote.Address, transaction.Mail.Sender, recipient);

    private bool TakesMessage(SmtpTransaction transaction)
    {
        if (_settings.Rates.TakesMessage(transaction.Peer, IsTrusted(transaction.Peer)))
            return true;
        Log.TooMuch(_logger, PeerOf(transaction), transaction.Peer.User ?? "", transaction.Mail.Sender.ToString());
        return false;
    }

    /// <summary>RFC 1985 §5.3.</summary>
    internal async ValueTask<SmtpReply> FlushAsync(SmtpPeer peer, string? domain, CancellationToken ct)
    {
        if (!IsFriend(peer))
            return ReceptionReplies.FlushDenied;
        if (domain is null || _settings.Flush is not { } flush)
            return ReceptionReplies.CannotFlush;
        var count = await flush(domain, ct);
        return count == 0 ? ReceptionReplies.NothingWaits : ReceptionReplies.Flushed(count, domain);
    }

    /// <summary>The whole way of a message through SMTP's receptions.</summary>
    internal async ValueTask<IReadOnlyList<SmtpReply>> AcceptAsync(
        SmtpTransaction transaction, MessageBuffer received, bool isSubmitted, ISubmission submission, CancellationToken ct)
    {
        using var rewritten = _rewriter.Rewrite(received, EntryOf(transaction.Peer).Over(_settings.Headers), isSubmitted);
        if (await Senders.CheckMessageAsync(transaction, rewritten ?? received, ct) is { } unwanted)
            return [unwanted];
        using var recoded = await RecodeAsync(transaction, rewritten ?? received, ct);
        var message = recoded ?? rewritten ?? received;
        var taken = Take(transaction, message, "ESMTP", isSubmitted, is8Bit: recoded is null ? transaction.Mail.Is8Bit : BodyRecoder.Is8Bit(recoded));
        if (taken.Refusal is { } refusal)
            return [refusal];
        var refusals = await _verdicts.OfAsync(transaction.Recipients, taken.Trace.Length + message.Length, ct);
        if (Array.TrueForAll(refusals, static one => one is not null))
            return transaction.Mail.WantsEachReply ? [.. refusals.Select(static one => one!)] : [RecipientVerdicts.Together(refusals)];
        // Who did not ask for each answer has one message taken, and gets reports.
        var some = transaction.Mail.WantsEachReply && Array.Exists(refusals, static one => one is not null);
        if (some)
        {
            var takers = transaction.Recipients.Where((_, number) => refusals[number] is null).Select(static recipient => recipient.Address).ToHashSet();
            taken = taken with { Envelope = taken.Envelope with { Recipients = [.. taken.Envelope.Recipients.Where(recipient => takers.Contains(recipient.Address))] } };
        }

        var accepted = await Handover.SubmitAsync(taken, transaction, message, _settings.VirtualHost, submission, _logger, ct);
        return some ? [.. refusals.Select(one => one ?? accepted)] : [accepted];
    }

    /// <summary>The message with its parts encoded as the operator wants them; null where they are so already.</summary>
    internal ValueTask<MessageBuffer?> RecodeAsync(SmtpTransaction transaction, MessageBuffer message, CancellationToken ct) =>
        BodyRecoder.RecodeAsync(message, EntryOf(transaction.Peer).Body ?? _settings.Body, OpenBuffer, ct);

    /// <summary>RFC 5321 §4.1.3: an address at the literal of the address that the peer has reached us by is one of ours.</summary>
    private MailAddress? Named(SmtpPeer peer, MailAddress? recipient) =>
        recipient is { Domain: ['[', .. var literal, ']'] } && _settings.Headers.Domain is { } domain && IsOurs(peer, literal)
            && MailAddress.TryParse($"{recipient.ToString()[..^(recipient.Domain.Length + 1)]}@{domain}", out var named)
            ? named
            : recipient;

    private static bool IsOurs(SmtpPeer peer, string literal) =>
        IPAddress.TryParse(literal.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase) ? literal[5..] : literal, out var address) && address.Equals(peer.Connection.Local.Address);

    internal MessageBuffer OpenBuffer() => new(_settings.SpoolDirectory, _settings.Limits.MessageMemoryBytes);

    /// <summary>Looks at a whole message and makes what goes above it.</summary>
    /// <param name="transaction">Its envelope.</param>
    /// <param name="message">Its bytes.</param>
    /// <param name="protocol">ESMTP or LMTP.</param>
    /// <param name="isSubmitted">It comes from a user's program; null where nothing is to be added.</param>
    /// <param name="is8Bit">It may hold octets above 127.</param>
    internal Taken Take(SmtpTransaction transaction, MessageBuffer message, string protocol, bool? isSubmitted, bool is8Bit)
    {
        if (!_space.HasRoomFor(message.Length))
            return Taken.Refused(ReceptionReplies.NoSpace);
        var header = HeaderSummary.Of(message, _settings.Limits.HeaderBytes);
        if (_settings.Limits.Refuse(header) is { } tooLarge)
            return Taken.Refused(tooLarge);
        if (header.Received > _settings.Limits.ReceivedFields)
        {
            Log.Loop(_logger, PeerOf(transaction), transaction.Mail.Sender.ToString(), header.Received);
            return Taken.Refused(ReceptionReplies.Loop);
        }

        var now = _clock.GetUtcNow();
        var id = TraceFields.NewId(transaction.Peer, now);
        var trace = TraceFields.Received(transaction, _settings.HostName, protocol, id, now);
        if (isSubmitted is { } submitted)
            trace.Complete(header, EntryOf(transaction.Peer).Over(_settings.Headers), _settings.HostName, submitted, now);
        if (!header.IsHeader)
            trace.Append("\r\n");
        return new Taken(null, id, Encoding.UTF8.GetBytes(trace.ToString()), EnvelopeOf(transaction, now) with { Is8Bit = is8Bit, TlsIsOptional = header.TlsIsOptional && !transaction.Mail.RequireTls });
    }

    private AccessEntry EntryOf(SmtpPeer peer) => _settings.Access.EntryOf(peer.Connection);

    internal static string PeerOf(SmtpTransaction transaction) => transaction.Peer.Connection.Remote.Address.ToString();

    private Envelope EnvelopeOf(SmtpTransaction transaction, DateTimeOffset now)
    {
        var mail = transaction.Mail;
        var usual = EntryOf(transaction.Peer);
        var content = mail.Return == ReturnContent.Unsaid ? usual.Return : mail.Return;
        var released = mail.HoldUntil ?? (mail.HoldFor is { } span ? now + span : null);
        return new(mail.Sender, RecipientsOf(transaction.Recipients, usual.Notify))
        {
            HoldUntil = released > now ? released : null,
            // RFC 4865 §5: the time for delivery begins with the release.
            DeliverBy = mail.By is { } by ? new DeliverBy((released > now ? released.Value : now) + by.Within, by.IsReturned, by.IsTraced) : null,
            Priority = Math.Min(mail.Priority, MayPrioritise(transaction.Peer) ? int.MaxValue : 0),
            RequireTls = mail.RequireTls,
            SecureOnly = mail.SecureOnly,
            IsVerp = mail.IsVerp,
            Source = SourceOf(transaction.Peer),
            IsUtf8 = mail.IsUtf8,
            EnvelopeId = mail.EnvelopeId,
            ReturnFull = content == ReturnContent.Full,
            ReturnHeaders = content == ReturnContent.Headers,
        };
    }

    /// <summary>RFC 5321 §4.1.1.3 lets a recipient be named twice; one copy is enough, and what was said first of it counts.</summary>
    private static EnvelopeRecipient[] RecipientsOf(List<SmtpRecipient> recipients, NotifyOn usual) => recipients is [var only]
        ? [Queued(only, usual)]
        : [.. recipients.DistinctBy(static recipient => recipient.Address).Select(recipient => Queued(recipient, usual))];

    private static EnvelopeRecipient Queued(SmtpRecipient recipient, NotifyOn usual) =>
        new(recipient.Address, recipient.OriginalRecipient, recipient.Notify == NotifyOn.Default ? usual : recipient.Notify);
}

/// <summary>A message that was looked at: either refused, or ready to be handed in.</summary>
internal sealed record Taken(SmtpReply? Refusal, string Id, ReadOnlyMemory<byte> Trace, Envelope Envelope)
{
    internal static Taken Refused(SmtpReply reply) => new(reply, "", default, new(ReversePath.Null, []));
}
