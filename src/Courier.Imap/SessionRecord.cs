namespace Courier.Imap;

/// <summary>What a session did, for the one line that is logged at its end.</summary>
internal sealed class SessionRecord(ImapSession session)
{
    private string? _reason;
    private readonly long _began = session.Server.Clock.GetTimestamp();

    public string Account => session.Account?.Address.ToString() ?? "(nobody)";

    /// <summary>Why the session ended: the first reason given is the cause.</summary>
    public string Reason
    {
        get => _reason ?? "logout";
        set => _reason ??= value;
    }

    public long Fetched { get; set; }

    public long Appended { get; set; }

    public long Expunged { get; set; }

    public int LoginFailures { get; set; }

    public void Write()
    {
        var (logger, id, peer) = (session.Server.Logger, session.Connection.Id, session.Connection.Remote.ToString());
        if (!session.IsLoggedIn)
        {
            Log.LeftWithoutLogin(logger, peer, Reason, id);
            return;
        }

        var seconds = (long)session.Server.Clock.GetElapsedTime(_began).TotalSeconds;
        Log.Ended(logger, Account, peer, Reason, seconds, session.Transport.BytesIn, session.Transport.BytesOut, Fetched, Appended, Expunged, id);
    }
}
