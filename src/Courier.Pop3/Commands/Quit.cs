namespace Courier.Pop3.Commands;

/// <summary>QUIT: removes what was deleted, and ends the session.</summary>
/// <remarks>RFC 1939 §6: the only way into the UPDATE state. A failure is told, and the connection ends all the same.</remarks>
internal sealed record QuitCommand : Pop3Command
{
    internal static Pop3Command? Parse(ReadOnlySpan<byte> arguments) => Arguments.AreNone(arguments) ? new QuitCommand() : null;

    internal override async ValueTask<Pop3Reply?> RunAsync(Pop3Session session, CancellationToken ct)
    {
        if (session.Maildrop is not { DeletedCount: > 0 } maildrop)
            return session.Close(Pop3Reply.Goodbye);
        try
        {
            // Not tied to the stop of the server: half an update would be the worst.
            if (!await maildrop.UpdateAsync(CancellationToken.None))
                return session.Close(Pop3Reply.NotRemoved);
            session.Traffic.Event = "LOGOUT";
            session.Traffic.Removed = maildrop.DeletedCount;
            Counters.Removed.Add(maildrop.DeletedCount);
            return session.Close(Pop3Reply.Goodbye);
        }
        catch (IOException e)
        {
            Log.LocalTrouble(session.Server.Logger, session.PeerName, e);
            return session.Close(Pop3Reply.NotRemoved);
        }
    }
}

/// <summary>NOOP: nothing.</summary>
/// <remarks>RFC 1939 §5.</remarks>
internal sealed record NoopCommand : Pop3Command
{
    internal static Pop3Command? Parse(ReadOnlySpan<byte> arguments) => Arguments.AreNone(arguments) ? new NoopCommand() : null;

    internal override ValueTask<Pop3Reply?> RunAsync(Pop3Session session, CancellationToken ct) => new(Pop3Reply.Done);
}
