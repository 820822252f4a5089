namespace Courier.Pop3;

/// <summary>What one session may take, in octets, counts and time.</summary>
public sealed record Pop3Limits
{
    /// <summary>Longest command line with its CRLF.</summary>
    /// <remarks>RFC 2449 §4 asks for 255; AUTH with an initial response of the longest names and password that SASL takes here is
    /// 2,077.</remarks>
    public int LineBytes { get; init; } = 4096;

    /// <summary>How long a client may be silent.</summary>
    /// <remarks>RFC 1939 §3: at least 10 minutes.</remarks>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a client may leave our answers unread.</summary>
    /// <remarks>As long as it may be silent.</remarks>
    public TimeSpan ReplyTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a TLS handshake may take.</summary>
    /// <remarks>A few round trips and one signature, with room for slow lines.</remarks>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Commands that are malformed, unknown or out of place before the connection is closed.</summary>
    /// <remarks>No client makes 20 mistakes in a session.</remarks>
    public int BadCommands { get; init; } = 20;

    /// <summary>Failed logins before the connection is closed.</summary>
    /// <remarks>Room for a mistyped password, twice.</remarks>
    public int LoginFailures { get; init; } = 3;

    /// <summary>How long the answer to a failed login is held back.</summary>
    /// <remarks>Makes guessing slow and stays under the patience of people.</remarks>
    public TimeSpan LoginFailureDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Octets of an answer that are written before they are sent: what a session holds in memory of a message.</summary>
    /// <remarks>Larger pieces made no download faster.</remarks>
    public int PieceBytes { get; init; } = 32 << 10;

    /// <summary>Retrieved messages whose \Seen is kept back, so that those which are deleted at the end need no renaming first.</summary>
    /// <remarks>One batch is one commit of the mailbox.</remarks>
    public int SeenBatch { get; init; } = 64;
}
