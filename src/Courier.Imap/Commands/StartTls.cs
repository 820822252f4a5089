using System.Security.Authentication;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>STARTTLS: the connection continues under TLS; what the client sent ahead in clear is dropped with the old pipe.</summary>
/// <remarks>RFC 3501 §6.2.1: "STARTTLS"</remarks>
internal sealed record StartTlsCommand : ImapCommand
{
    private static readonly TimeSpan _handshakeTime = TimeSpan.FromSeconds(30);

    public static StartTlsCommand Parse(ref ImapParser p)
    {
        p.End();
        return new();
    }

    public override ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct) => new(
        session.Connection.IsSecure ? Completion.Bad("TLS is on already")
        : !Capabilities.OffersStartTls(session) ? Completion.Bad("TLS is not available")
        : Completion.Ok("Begin TLS negotiation now") with { Then = () => SecureAsync(session, ct) });

    private static async ValueTask SecureAsync(ImapSession session, CancellationToken ct)
    {
        await session.Writer.FlushAsync();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_handshakeTime);
        try
        {
            await session.Connection.SecureAsServerAsync(session.Server.Settings.StartTls!(), limit.Token);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException)
        {
            Log.TlsFailed(session.Server.Logger, session.Connection.Remote.ToString(), e.Message, session.Connection.Id);
            throw new ConnectionLostException("The TLS handshake failed", e);
        }
    }
}
