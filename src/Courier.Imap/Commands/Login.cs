using Courier.Accounts;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mail.Sasl;

namespace Courier.Imap.Commands;

/// <summary>LOGIN: name and password as arguments.</summary>
/// <remarks>RFC 3501 §6.2.3: login = "LOGIN" SP userid SP password</remarks>
internal sealed record LoginCommand(SaslCredentials Credentials) : ImapCommand
{
    public static LoginCommand Parse(ref ImapParser p)
    {
        p.Space();
        var user = p.AstringText();
        p.Space();
        var password = p.AstringText();
        p.End();
        return new(new SaslCredentials("", user, password));
    }

    public override ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct) => CheckAsync(session, Credentials, "LOGIN", ct);

    /// <summary>Asks the accounts and logs in, or says no after a wait (RFC 5530 §3 for the codes). AUTHENTICATE ends here too.</summary>
    public static async ValueTask<Completion> CheckAsync(ImapSession session, SaslCredentials credentials, string mechanism, CancellationToken ct)
    {
        var (server, peer) = (session.Server, session.Connection.Remote);
        if (!Capabilities.AllowsLogin(session))
            return Completion.No("PRIVACYREQUIRED", "Passwords are taken only under TLS");
        await Task.Delay(server.Throttle.Penalty(peer.Address), server.Clock, ct);
        Account? account;
        try
        {
            account = await server.Accounts.AuthenticateAsync(credentials.User, credentials.Password, ct);
        }
        catch (IOException e)
        {
            Log.AccountsUnavailable(server.Logger, peer.ToString(), session.Connection.Id, e);
            Count("unavailable");
            return Completion.No("UNAVAILABLE", "Logins cannot be checked for the moment");
        }

        // Nobody may act as another yet: an authorization identity must be the name itself (RFC 4616 §2).
        var actsAsOther = credentials.AuthorizationId.Length > 0 && !string.Equals(credentials.AuthorizationId, credentials.User, StringComparison.OrdinalIgnoreCase);
        if (account is null || actsAsOther)
            return await RefuseAsync(session, credentials.User, mechanism, account is null ? "wrong name or password" : "may not act as another", ct);
        session.LogIn(account);
        Count("ok");
        Log.LoggedIn(server.Logger, account.Address.ToString(), peer.Address.ToString(), peer.Port, SessionRecord.Stls(session), mechanism, session.Connection.TlsDescription ?? "no TLS", session.Connection.Id);
        return Completion.Ok($"CAPABILITY {Capabilities.For(session)}", "Logged in");
    }

    private static async ValueTask<Completion> RefuseAsync(ImapSession session, string user, string mechanism, string reason, CancellationToken ct)
    {
        var (server, peer) = (session.Server, session.Connection.Remote);
        Count("refused");
        Log.LoginFailed(server.Logger, LogText.Clean(user), peer.Address.ToString(), peer.Port, mechanism, reason, session.Connection.Id);
        await Task.Delay(server.Throttle.Failed(peer.Address, session.Record.LoginFailures), server.Clock, ct);
        var refusal = Completion.No("AUTHENTICATIONFAILED", "Wrong name or password");
        return ++session.Record.LoginFailures < session.Limits.LoginFailures
            ? refusal
            : refusal with { Then = () => session.ByeAsync("Too many failed logins", "too many failed logins") };
    }

    private static void Count(string outcome) => ImapMeter.Logins.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
