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

    /// <summary>How Courier calls this end.</summary>
    private string Event => Reason switch
    {
        "logout" => "LOGOUT",
        "timeout" => "TIMEOUT",
        _ => "DISCONNECTED",
    };

    /// <summary>What Courier adds to a line of a session under TLS.</summary>
    public static string Stls(ImapSession session) => session.Connection.IsSecure ? ", stls=1" : "";

    /// <summary>Octets of headers fetched.</summary>
    public long HeaderBytes { get; set; }

    /// <summary>Octets of everything else of messages.</summary>
    public long BodyBytes { get; set; }

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
        var (remote, traffic) = (session.Connection.Remote, session.Transport);
        Log.Ended(
            logger, Event, Account, remote.Address.ToString(), remote.Port, HeaderBytes, BodyBytes, traffic.BytesIn, traffic.BytesOut, seconds, Stls(session), Fetched, Appended, Expunged, Reason, id);
    }
}
