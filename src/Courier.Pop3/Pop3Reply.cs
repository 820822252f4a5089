using System.Globalization;

namespace Courier.Pop3;

/// <summary>The status line of an answer (RFC 1939 §3); codes in brackets are those of RFC 2449 §8 and RFC 3206.</summary>
internal sealed record Pop3Reply(bool IsOk, string Text)
{
    internal static Pop3Reply Done { get; } = new(true, "Done");

    internal static Pop3Reply Goodbye { get; } = new(true, "Goodbye");

    internal static Pop3Reply NameTaken { get; } = new(true, "Send the password");

    internal static Pop3Reply LoggedIn { get; } = new(true, "Logged in");

    internal static Pop3Reply BeginTls { get; } = new(true, "Begin TLS negotiation");

    internal static Pop3Reply Capabilities { get; } = new(true, "Capability list follows");

    internal static Pop3Reply Mechanisms { get; } = new(true, "Mechanisms follow");

    internal static Pop3Reply Unknown { get; } = new(false, "Unknown command");

    internal static Pop3Reply BadArguments { get; } = new(false, "Bad arguments");

    internal static Pop3Reply LineTooLong { get; } = new(false, "Line too long");

    internal static Pop3Reply NotNow { get; } = new(false, "That command is not for now");

    internal static Pop3Reply NoSuchMessage { get; } = new(false, "No such message");

    internal static Pop3Reply MessageGone { get; } = new(false, "Somebody else has removed that message");

    internal static Pop3Reply NameFirst { get; } = new(false, "USER comes first");

    internal static Pop3Reply EncryptionNeeded { get; } = new(false, "[AUTH] Passwords are taken over TLS only");

    /// <summary>The same for unknown names and wrong passwords (RFC 1939 §13).</summary>
    internal static Pop3Reply LoginFailed { get; } = new(false, "[AUTH] Name or password are wrong");

    internal static Pop3Reply BadResponse { get; } = new(false, "Cannot decode the authentication response");

    internal static Pop3Reply Cancelled { get; } = new(false, "Authentication cancelled");

    internal static Pop3Reply UnknownMechanism { get; } = new(false, "Authentication mechanism not supported");

    internal static Pop3Reply NotRemoved { get; } = new(false, "[SYS/TEMP] Some deleted messages were not removed");

    internal static Pop3Reply Trouble { get; } = new(false, "[SYS/TEMP] Local trouble, try again later");

    internal static Pop3Reply TooManyErrors { get; } = new(false, "Too many errors");

    internal static Pop3Reply TimedOut { get; } = new(false, "Timed out waiting for input");

    internal static Pop3Reply Dismissed { get; } = new(false, "[SYS/TEMP] An operator has ended this session");

    internal static Pop3Reply ShuttingDown { get; } = new(false, "[SYS/TEMP] Server is shutting down, try again later");

    internal static Pop3Reply Ok(FormattableString text) => new(true, text.ToString(CultureInfo.InvariantCulture));
}
