using System.Collections.Concurrent;
using Courier.Configuration;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Net;
using Courier.Smtp.Replies;
using Courier.Smtp.Server;

namespace Courier.Hosting;

/// <summary>Who logged in is received by the settings of his domain: his is the virtual host then. Before that the listener's hold.</summary>
/// <param name="values">What holds for the listener and the address that was connected to.</param>
/// <param name="make">Makes the reception for some values; called once for each distinct set of values.</param>
internal sealed class DomainReception(SettingsValues values, Func<SettingsValues, IReception> make) : IReception
{
    private readonly ConcurrentDictionary<SettingsValues, IReception> _made = new();
    private readonly IReception _usual = make(values);

    public ValueTask<SessionTerms> WelcomeAsync(Connection connection, CancellationToken ct) => _usual.WelcomeAsync(connection, ct);

    public ValueTask<string?> AuthenticateAsync(string user, string password, CancellationToken ct) => _usual.AuthenticateAsync(user, password, ct);

    public ValueTask<SmtpReply> BeginAsync(SmtpTransaction transaction, CancellationToken ct) => For(transaction.Peer).BeginAsync(transaction, ct);

    public ValueTask<(SmtpReply Reply, MailAddress? Address)> AddRecipientAsync(SmtpTransaction transaction, MailAddress? recipient, CancellationToken ct) =>
        For(transaction.Peer).AddRecipientAsync(transaction, recipient, ct);

    public ValueTask<SmtpReply> VerifyAsync(SmtpPeer peer, MailAddress address, bool expands, CancellationToken ct) => For(peer).VerifyAsync(peer, address, expands, ct);

    public ValueTask<SmtpReply> FlushAsync(SmtpPeer peer, string? domain, CancellationToken ct) => For(peer).FlushAsync(peer, domain, ct);

    public MessageBuffer OpenBuffer() => _usual.OpenBuffer();

    public ValueTask<IReadOnlyList<SmtpReply>> AcceptAsync(SmtpTransaction transaction, MessageBuffer message, CancellationToken ct) =>
        For(transaction.Peer).AcceptAsync(transaction, message, ct);

    private IReception For(SmtpPeer peer)
    {
        if (peer.User is not { } user)
            return _usual;
        var own = values.ForDomain(user[(user.LastIndexOf('@') + 1)..]);
        return ReferenceEquals(own, values) ? _usual : _made.GetOrAdd(own, make);
    }
}
