using Courier.Accounts;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Net;
using Courier.Queue;
using Courier.Smtp.Replies;
using Courier.Smtp.Server;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Reception;

/// <summary>Mail from other servers (RFC 5321): for our own people from anybody, for others only from those who may relay: peers of
/// the networks that the operator named, and those who logged in. The null sender is taken like any other (§4.5.5).</summary>
public sealed class RelayReception(
    ReceptionSettings settings, IAccountDirectory accounts, ISubmission submission, TimeProvider clock, ILogger<RelayReception> logger) : IReception
{
    private readonly Intake _intake = new(settings, accounts, clock, logger);

    public ValueTask<SessionTerms> WelcomeAsync(Connection connection, CancellationToken ct) => _intake.WelcomeAsync(connection, ct);

    public ValueTask<string?> AuthenticateAsync(string user, string password, CancellationToken ct) => _intake.AuthenticateAsync(user, password, ct);

    public ValueTask<SmtpReply> BeginAsync(SmtpTransaction transaction, CancellationToken ct) => _intake.BeginAsync(transaction, ct);

    public ValueTask<(SmtpReply Reply, MailAddress? Address)> AddRecipientAsync(SmtpTransaction transaction, MailAddress? recipient, CancellationToken ct) =>
        _intake.AddRecipientAsync(transaction, recipient, _intake.IsFriend(transaction.Peer), ct);

    public ValueTask<SmtpReply> VerifyAsync(SmtpPeer peer, MailAddress address, bool expands, CancellationToken ct) => _intake.VerifyAsync(peer, address, expands, ct);

    public ValueTask<SmtpReply> FlushAsync(SmtpPeer peer, string? domain, CancellationToken ct) => _intake.FlushAsync(peer, domain, ct);

    public MessageBuffer OpenBuffer() => _intake.OpenBuffer();

    public ValueTask<IReadOnlyList<SmtpReply>> AcceptAsync(SmtpTransaction transaction, MessageBuffer message, CancellationToken ct) =>
        _intake.AcceptAsync(transaction, message, isSubmitted: false, submission, ct);
}
