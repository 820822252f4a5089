using Courier.Accounts;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Net;
using Courier.Queue;
using Courier.Smtp.Replies;
using Courier.Smtp.Server;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Reception;

/// <summary>Mail from our users' programs (RFC 6409): only after a login (§4.3), then to anybody; what the program left out of the
/// header is added (§8).</summary>
public sealed class SubmissionReception(
    ReceptionSettings settings, IAccountDirectory accounts, ISubmission submission, TimeProvider clock, ILogger<SubmissionReception> logger) : IReception
{
    private readonly Intake _intake = new(settings, accounts, clock, logger);

    public ValueTask<SessionTerms> WelcomeAsync(Connection connection, CancellationToken ct) => new(_intake.Welcome(connection));

    public ValueTask<string?> AuthenticateAsync(string user, string password, CancellationToken ct) => _intake.AuthenticateAsync(user, password, ct);

    // The session asks for the login before it asks us; a listener that was set up without that must not become an open relay.
    public ValueTask<SmtpReply> BeginAsync(SmtpTransaction transaction, CancellationToken ct) =>
        transaction.Peer.User is null ? new(ReceptionReplies.LoginNeeded) : _intake.BeginAsync(transaction, ct);

    public ValueTask<(SmtpReply Reply, MailAddress? Address)> AddRecipientAsync(SmtpTransaction transaction, MailAddress? recipient, CancellationToken ct) =>
        _intake.AddRecipientAsync(transaction, recipient, transaction.Peer.User is not null, ct);

    public ValueTask<SmtpReply> VerifyAsync(SmtpPeer peer, MailAddress address, bool expands, CancellationToken ct) => _intake.VerifyAsync(peer, address, expands, ct);

    public ValueTask<SmtpReply> FlushAsync(SmtpPeer peer, string? domain, CancellationToken ct) => _intake.FlushAsync(peer, domain, ct);

    public MessageBuffer OpenBuffer() => _intake.OpenBuffer();

    public ValueTask<IReadOnlyList<SmtpReply>> AcceptAsync(SmtpTransaction transaction, MessageBuffer message, CancellationToken ct) =>
        _intake.AcceptAsync(transaction, message, isSubmitted: true, submission, ct);
}
