using System.Net.Security;
using System.Security.Cryptography;
using Courier.Mail.Sasl;
using Courier.Net;
using Courier.Smtp.Grammar;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Server;

/// <summary>STARTTLS and AUTH: who the peer is, and that nobody listens.</summary>
internal static class SecurityVerbs
{
    /// <summary>STARTTLS: RFC 3207. Not tied to a phase by the RFC; what was said in the clear is forgotten.</summary>
    public static async ValueTask<SmtpReply?> SecureAsync(SmtpSession session)
    {
        if (session.Connection.IsSecure)
            return Reply.BadSequence;
        if (session.Settings.Tls is not { } options)
            return Reply.NotImplemented;
        SslServerAuthenticationOptions chosen;
        try
        {
            chosen = options();
        }
        catch (Exception e) when (e is IOException or CryptographicException)
        {
            Log.LocalTrouble(session.Logger, session.PeerName, e);
            return Reply.TlsTrouble;
        }

        session.Wire.Write(Reply.ReadyForTls);
        await session.Wire.FlushAsync();
        if (await session.Wire.SecureAsync(chosen) is { } reason)
        {
            Log.TlsFailed(session.Logger, session.PeerName, reason);
            throw new SessionEndedException(farewell: null);
        }

        session.Peer = null;
        session.DropTransaction();
        return null;
    }

    /// <summary>Why AUTH would be refused now, or null.</summary>
    public static SmtpReply? AuthProblem(SmtpSession session)
    {
        if (!session.Settings.HasAuth)
            return Reply.NotImplemented;
        if (session.User is not null)
            return Reply.BadSequence;           // RFC 4954 §4: once
        if (session.Connection.IsSecure)
            return null;
        if (session.TlsRequired)
            return Reply.TlsRequired;
        return session.Settings.CleartextLogins.Allows(session.Connection.Remote.Address) ? null : Reply.EncryptionNeeded;
    }

    /// <summary>AUTH: RFC 4954.</summary>
    public static async ValueTask<SmtpReply?> AuthenticateAsync(SmtpSession session, Auth command)
    {
        if (AuthProblem(session) is { } problem)
            return problem;
        var (credentials, refusal) = await AuthDialogue.RunAsync(command, session.Wire);
        if (credentials is null)
            return refusal;
        string? user;
        try
        {
            user = await LookUpAsync(session, credentials);
        }
        catch (IOException e)
        {
            Log.LocalTrouble(session.Logger, session.PeerName, e);
            return Reply.LoginTrouble;
        }

        if (user is null)
            return await RefuseLoginAsync(session, credentials);
        session.User = user;
        session.Peer = session.Peer! with { User = user };
        Log.LoggedIn(session.Logger, session.PeerName, user);
        return Reply.Authenticated;
    }

    // Acting as somebody else (RFC 4616 §2) is nobody's right here.
    private static async ValueTask<string?> LookUpAsync(SmtpSession session, SaslCredentials given) =>
        given.AuthorizationId.Length == 0 || string.Equals(given.AuthorizationId, given.User, StringComparison.OrdinalIgnoreCase)
            ? await session.Reception.AuthenticateAsync(given.User, given.Password, session.Stopping)
            : null;

    private static async ValueTask<SmtpReply> RefuseLoginAsync(SmtpSession session, SaslCredentials given)
    {
        Counters.AuthFailures.Add(1);
        Log.LoginFailed(session.Logger, session.PeerName, string.Concat(given.User.Select(c => char.IsControl(c) ? '?' : c)));
        await session.PauseAsync(session.Limits.AuthFailureDelay);
        return session.Patience.AuthFailure() ? Reply.BadCredentials : session.Close(Reply.TooManyLogins);
    }
}
