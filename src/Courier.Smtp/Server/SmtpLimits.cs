namespace Courier.Smtp.Server;

/// <summary>What one session may take, in octets, counts and time.</summary>
public sealed record SmtpLimits
{
    /// <summary>Longest command line with its CRLF, AUTH aside.</summary>
    /// <remarks>RFC 5321 §4.5.3.1.4 asks for 512; the parameters of MAIL add to it: SIZE 26 (RFC 1870), BODY 17 (RFC 6152), AUTH 500
    /// (RFC 4954). The rest is room for parameters that we refuse by name.</remarks>
    public int CommandLineBytes { get; init; } = 2048;

    /// <summary>Longest line of an AUTH exchange.</summary>
    /// <remarks>RFC 4954 §4.</remarks>
    public int AuthLineBytes { get; init; } = 12288;

    /// <summary>Octets of a line that is too long which are read to find its end, before the connection is closed.</summary>
    /// <remarks>A client that has lost its place and sends a message as commands has lines of its own; no client has one of these.</remarks>
    public int EndlessLineBytes { get; init; } = 256 * 1024;

    /// <summary>Recipients of one message; more are told 452 and sent in a further one.</summary>
    /// <remarks>RFC 5321 §4.5.3.1.8 asks for at least 100. 1000 is what list servers send to.</remarks>
    public int Recipients { get; init; } = 1000;

    /// <summary>More recipients than that are refused for good: the message is not sent to them (Courier's <c>maxrcpts N hard</c>).</summary>
    public bool RefusesMoreRecipients { get; init; }

    /// <summary>Recipients that may be refused between two messages before the connection is closed.</summary>
    /// <remarks>As many as a message may have: more is somebody trying out names.</remarks>
    public int RefusedRecipients { get; init; } = 1000;

    /// <summary>Largest message in octets, dots and end line not counted.</summary>
    /// <remarks>What large providers take: 25 MB of attachments in base64, and some.</remarks>
    public long MessageBytes { get; init; } = 50 * 1024 * 1024;

    /// <summary>How long a message may be held back by FUTURERELEASE.</summary>
    /// <remarks>A month of holidays; what waits longer is a matter for a calendar.</remarks>
    public TimeSpan HoldTime { get; init; } = TimeSpan.FromDays(31);

    /// <summary>Messages in one session.</summary>
    /// <remarks>Hours of a busy connection: so that no peer keeps the settings of one day for ever.</remarks>
    public int Transactions { get; init; } = 100_000;

    /// <summary>Commands without any message kept among them.</summary>
    /// <remarks>Ten times what the recipients of one message need.</remarks>
    public int CommandsWithoutMessage { get; init; } = 10_000;

    /// <summary>Commands that are malformed or out of place before the connection is closed.</summary>
    /// <remarks>A client that pipelines a refused message makes a handful; what makes 20 is no mail client.</remarks>
    public int BadCommands { get; init; } = 20;

    /// <summary>From the permanent refusal of this number on, each is held back, by <see cref="RefusalDelay"/> at first and then by twice the time before.</summary>
    /// <remarks>Half of <see cref="BadCommands"/>; a list with a few members that have gone gets by. Courier: 1.</remarks>
    public int RefusalsBeforeDelay { get; init; } = 10;

    /// <summary>How long a refusal is held back at first.</summary>
    /// <remarks>Courier: 8 seconds.</remarks>
    public TimeSpan RefusalDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long it is held back at most.</summary>
    /// <remarks>Short against every client's time limit. Courier: 128 seconds.</remarks>
    public TimeSpan RefusalDelayMax { get; init; } = TimeSpan.FromSeconds(16);

    /// <summary>Failed logins before the connection is closed.</summary>
    /// <remarks>Room for a mistyped password, twice.</remarks>
    public int AuthFailures { get; init; } = 3;

    /// <summary>How long the answer to a failed login is held back.</summary>
    /// <remarks>Makes guessing slow and stays under the patience of people.</remarks>
    public TimeSpan AuthFailureDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a peer may take to send its next command.</summary>
    /// <remarks>RFC 5321 §4.5.3.2.7 asks for at least 5 minutes.</remarks>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a peer may be silent within a message.</summary>
    /// <remarks>Clients give up on a block after 3 minutes (RFC 5321 §4.5.3.2.5); §4.5.3.2.7 asks a server for 5.</remarks>
    public TimeSpan DataTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a whole message may take to arrive.</summary>
    /// <remarks>50 MiB at 120 kbit/s.</remarks>
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long keeping a message may take before the peer is told to try again.</summary>
    /// <remarks>Clients wait 10 minutes (RFC 5321 §4.5.3.2.6); an answer that nobody waits for makes duplicates.</remarks>
    public TimeSpan AcceptTimeout { get; init; } = TimeSpan.FromMinutes(9);

    /// <summary>How long a peer may leave our replies unread.</summary>
    /// <remarks>RFC 5321 §4.5.3.2.7, the same for the other direction.</remarks>
    public TimeSpan ReplyTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a TLS handshake may take.</summary>
    /// <remarks>A few round trips and one signature, with room for slow lines.</remarks>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
