namespace Courier.Pop3.Commands;

/// <summary>STLS: begins TLS.</summary>
/// <remarks>RFC 2595 §4. What was said in the clear is forgotten, and what was sent behind the command is thrown away unread.</remarks>
internal sealed record StlsCommand : Pop3Command
{
    internal static Pop3Command? Parse(ReadOnlySpan<byte> arguments) => Arguments.AreNone(arguments) ? new StlsCommand() : null;

    internal override async ValueTask<Pop3Reply?> RunAsync(Pop3Session session, CancellationToken ct)
    {
        if (session.Connection.IsSecure || session.Server.Settings.Tls is not { } options)
            return Pop3Reply.NotNow;
        var chosen = options();
        session.Wire.Write(Pop3Reply.BeginTls);
        await session.Wire.FlushAsync();
        if (await session.Wire.SecureAsync(chosen) is { } reason)
        {
            Log.TlsFailed(session.Server.Logger, session.PeerName, reason);
            throw new SessionEndedException(farewell: null);
        }

        session.Name = null;
        return null;
    }
}
