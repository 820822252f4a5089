using System.Globalization;

namespace Courier.Smtp.Replies;

/// <summary>Every reply that we originate, with its code of RFC 3463. Public text is generic: what the operator needs is in the log.</summary>
public static class Reply
{
    /// <summary>Good-bye to QUIT.</summary>
    public static SmtpReply Closing { get; } = new(221, new(2, 0, 0), "Goodbye");

    /// <summary>STARTTLS was taken: the handshake may begin.</summary>
    public static SmtpReply ReadyForTls { get; } = new(220, new(2, 0, 0), "Ready to start TLS");

    /// <summary>HELP.</summary>
    public static SmtpReply Help { get; } = new(214, new(2, 0, 0), "See RFC 5321");

    /// <summary>The password was right.</summary>
    public static SmtpReply Authenticated { get; } = new(235, new(2, 7, 0), "Authentication succeeded");

    /// <summary>NOOP and RSET.</summary>
    public static SmtpReply Ok { get; } = new(250, new(2, 0, 0), "OK");

    /// <summary>BDAT: so much of the message has come, and more is to follow.</summary>
    public static SmtpReply ChunkTaken { get; } = new(250, new(2, 0, 0), "Continue");

    /// <summary>VRFY: addresses are not given away to whoever asks.</summary>
    public static SmtpReply CannotVerify { get; } = new(252, new(2, 0, 0), "Cannot verify, but will take a message and try");

    /// <summary>DATA was taken: the message may follow.</summary>
    public static SmtpReply StartInput { get; } = new(354, null, "Start mail input; end with <CRLF>.<CRLF>");

    /// <summary>A fault of ours; the connection is closed.</summary>
    public static SmtpReply Fault { get; } = new(421, new(4, 3, 0), "Local trouble, try again later");

    /// <summary>The server stops.</summary>
    public static SmtpReply ShuttingDown { get; } = new(421, new(4, 3, 2), "Service is shutting down, try again later");

    /// <summary>Nothing came for longer than the limit.</summary>
    public static SmtpReply TimedOut { get; } = new(421, new(4, 4, 2), "Timed out waiting for input");

    /// <summary>Too many commands that made no sense, were out of place or led to no message.</summary>
    public static SmtpReply TooManyErrors { get; } = new(421, new(4, 7, 0), "Too many errors");

    /// <summary>Too many passwords that were wrong.</summary>
    public static SmtpReply TooManyLogins { get; } = new(421, new(4, 7, 0), "Too many failed logins");

    /// <summary>More messages in one session than allowed: connect anew.</summary>
    public static SmtpReply TooManyMessages { get; } = new(421, new(4, 7, 0), "Too many messages in one session, connect again");

    /// <summary>A line of another protocol came.</summary>
    public static SmtpReply ForeignProtocol { get; } = new(421, new(4, 7, 0), "This is a mail server");

    /// <summary>The message or an answer about it could not be stored or found out now.</summary>
    public static SmtpReply StorageTrouble { get; } = new(451, new(4, 3, 0), "Local trouble, try again later");

    /// <summary>More recipients than one message may have.</summary>
    public static SmtpReply TooManyRecipients { get; } = new(452, new(4, 5, 3), "Too many recipients, send the rest in another message");

    /// <summary>More recipients than one message may have, where the operator wants them refused for good.</summary>
    public static SmtpReply FarTooManyRecipients { get; } = new(550, new(5, 5, 3), "Too many recipients, the message is not sent to this one");

    /// <summary>Passwords cannot be verified now.</summary>
    public static SmtpReply LoginTrouble { get; } = new(454, new(4, 7, 0), "Temporary authentication failure");

    /// <summary>TLS was asked for but cannot be had now.</summary>
    public static SmtpReply TlsTrouble { get; } = new(454, new(4, 7, 0), "TLS not available due to temporary reason");

    /// <summary>A word that is no command.</summary>
    public static SmtpReply UnknownCommand { get; } = new(500, new(5, 5, 1), "Command unrecognized");

    /// <summary>Control or non-ASCII characters in a command.</summary>
    public static SmtpReply BadCharacters { get; } = new(500, new(5, 5, 2), "Command contains characters that are not allowed");

    /// <summary>A command line longer than the limit.</summary>
    public static SmtpReply LineTooLong { get; } = new(500, new(5, 5, 2), "Line too long");

    /// <summary>An AUTH line longer than RFC 4954 §4 allows.</summary>
    public static SmtpReply AuthLineTooLong { get; } = new(500, new(5, 5, 6), "Authentication exchange line is too long");

    /// <summary>A command with bad arguments.</summary>
    public static SmtpReply BadArguments { get; } = new(501, new(5, 5, 4), "Syntax error in parameters or arguments");

    /// <summary>MAIL with a malformed address.</summary>
    public static SmtpReply BadSender { get; } = new(501, new(5, 1, 7), "Bad sender address syntax");

    /// <summary>RCPT with a malformed address.</summary>
    public static SmtpReply BadRecipient { get; } = new(501, new(5, 1, 3), "Bad recipient address syntax");

    /// <summary>AUTH responses that are no base64 or no proper message of the mechanism.</summary>
    public static SmtpReply BadAuthResponse { get; } = new(501, new(5, 5, 2), "Cannot decode the authentication response");

    /// <summary>The client gave the exchange up with <c>*</c>.</summary>
    public static SmtpReply AuthCancelled { get; } = new(501, new(5, 7, 0), "Authentication cancelled");

    /// <summary>EXPN where it is not answered, and STARTTLS or AUTH where they are not offered.</summary>
    public static SmtpReply NotImplemented { get; } = new(502, new(5, 5, 1), "Command not implemented");

    /// <summary>A command out of its place.</summary>
    public static SmtpReply BadSequence { get; } = new(503, new(5, 5, 1), "Bad sequence of commands");

    /// <summary>DATA before any recipient was taken (RFC 5321 §3.3, RFC 2033 §4.2).</summary>
    public static SmtpReply NoRecipients { get; } = new(503, new(5, 5, 1), "No valid recipients");

    /// <summary>BDAT without a length that can be read; the connection is closed, since where the next command begins is not known.</summary>
    public static SmtpReply BadChunkSize { get; } = new(501, new(5, 5, 4), "Bad chunk size, closing the connection");

    /// <summary>DATA where the message was announced as binary (RFC 3030 §3).</summary>
    public static SmtpReply BinaryNeedsChunks { get; } = new(503, new(5, 5, 1), "A binary message is sent with BDAT");

    /// <summary>AUTH with a mechanism we do not have.</summary>
    public static SmtpReply UnknownMechanism { get; } = new(504, new(5, 5, 4), "Authentication mechanism not supported");

    /// <summary>MAIL before AUTH where a login is required.</summary>
    public static SmtpReply AuthRequired { get; } = new(530, new(5, 7, 0), "Authentication required");

    /// <summary>AUTH or MAIL before STARTTLS where encryption is required.</summary>
    public static SmtpReply TlsRequired { get; } = new(530, new(5, 7, 0), "Must issue a STARTTLS command first");

    /// <summary>Name or password are wrong.</summary>
    public static SmtpReply BadCredentials { get; } = new(535, new(5, 7, 8), "Authentication credentials invalid");

    /// <summary>AUTH in the clear where that is not allowed.</summary>
    public static SmtpReply EncryptionNeeded { get; } = new(538, new(5, 7, 11), "Encryption required for authentication");

    /// <summary>The peer did not wait for the greeting (RFC 5321 §4.3.1); the connection is closed.</summary>
    public static SmtpReply SpokeFirst { get; } = new(554, new(5, 5, 1), "You spoke before the greeting");

    /// <summary>HOLDFOR or HOLDUNTIL lie further ahead than EHLO said.</summary>
    public static SmtpReply HoldTooLong { get; } = new(501, new(5, 5, 4), "Hold time is longer than allowed");

    /// <summary>MAIL with an address beyond ASCII and without SMTPUTF8 (RFC 6531 §3.5).</summary>
    public static SmtpReply SenderNotAscii { get; } = new(550, new(5, 6, 7), "Non-ASCII sender needs SMTPUTF8");

    /// <summary>RCPT likewise.</summary>
    public static SmtpReply RecipientNotAscii { get; } = new(553, new(5, 6, 7), "Non-ASCII recipient needs SMTPUTF8");

    /// <summary>The message is larger than allowed, declared or found to be so.</summary>
    public static SmtpReply TooLarge { get; } = new(552, new(5, 3, 4), "Message size exceeds the limit");

    /// <summary>A parameter of MAIL or RCPT that we did not offer.</summary>
    public static SmtpReply UnknownParameter { get; } = new(555, new(5, 5, 4), "Parameter not recognized");

    /// <summary>The first line of a session.</summary>
    public static SmtpReply Greeting(string hostName, bool isLmtp) => new(220, null, $"{hostName} {(isLmtp ? "LMTP" : "ESMTP")}");

    /// <summary>The answer to EHLO and LHLO: our name, and one line for each extension.</summary>
    public static SmtpReply Hello(string hostName, IEnumerable<string> extensions) => new(250, null, string.Join('\n', extensions.Prepend(hostName)));

    /// <summary>The answer to HELO.</summary>
    public static SmtpReply Hello(string hostName) => new(250, null, hostName);

    /// <summary>A challenge of AUTH, in base64.</summary>
    public static SmtpReply Challenge(ReadOnlyMemory<byte> challenge) => new(334, null, Convert.ToBase64String(challenge.Span));

    /// <summary>Code and text as the operator reads them in a log.</summary>
    internal static string Describe(SmtpReply reply) => reply.Status is { } status
        ? string.Create(CultureInfo.InvariantCulture, $"{reply.Code} {status} {reply.Text}")
        : string.Create(CultureInfo.InvariantCulture, $"{reply.Code} {reply.Text}");
}
