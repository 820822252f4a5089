using Courier.Mail.Addresses;
using Courier.Mail.Reports;
using Courier.Smtp.Replies;
using Courier.Smtp.Server;

namespace Courier.Smtp.Grammar;

/// <summary>One command line, read (RFC 5321 §4.1.1).</summary>
internal abstract record SmtpCommand;

internal enum HelloVerb
{
    Ehlo,
    Helo,

    /// <summary>RFC 2033 §4.1.</summary>
    Lhlo,
}

internal sealed record Hello(HelloVerb Verb, string Name) : SmtpCommand;

/// <summary>RFC 3207 §4.</summary>
internal sealed record StartTls : SmtpCommand
{
    public static StartTls Command { get; } = new();
}

/// <summary>RFC 4954 §4. The response is still in base64; it is null where none was sent along.</summary>
internal sealed record Auth(string Mechanism, byte[]? InitialResponse) : SmtpCommand;

internal sealed record MailFrom(MailParameters Parameters) : SmtpCommand;

internal sealed record RcptTo(ForwardPath Path) : SmtpCommand
{
    /// <summary>There is more than ASCII in it: it has its place only after MAIL with SMTPUTF8.</summary>
    public bool IsUtf8 { get; init; }

    public NotifyOn Notify { get; init; }

    public string? OriginalRecipient { get; init; }

    /// <summary>What the parameters ask for that not every listener offers.</summary>
    public SmtpExtensions Uses { get; init; }
}

internal sealed record Data : SmtpCommand
{
    public static Data Command { get; } = new();
}

/// <summary>RFC 3030 §2. So many octets follow the line.</summary>
internal sealed record Bdat(long Octets, bool IsLast) : SmtpCommand;

/// <summary>BDAT without a length that can be read: where its octets end is not known, and no further line can be trusted.</summary>
internal sealed record BadBdat : SmtpCommand
{
    public static BadBdat Command { get; } = new();
}

/// <summary>RFC 1985. Null where the node is more than a domain name.</summary>
internal sealed record Etrn(string? Domain) : SmtpCommand;

internal sealed record Rset : SmtpCommand
{
    public static Rset Command { get; } = new();
}

internal sealed record Quit : SmtpCommand
{
    public static Quit Command { get; } = new();
}

/// <summary>XCLIENT: a trusted peer speaks for another (Postfix, XCLIENT_README). Null values are unknown.</summary>
internal sealed record XClient(IReadOnlyDictionary<string, string?> Attributes) : SmtpCommand;

/// <summary>XFORWARD: a trusted peer says for the log where the next message came from (Postfix, XFORWARD_README).</summary>
internal sealed record XForward(IReadOnlyDictionary<string, string?> Attributes) : SmtpCommand;

/// <summary>VRFY, or EXPN, of an address. Null where the argument is none: a name alone is nobody's for sure (RFC 5321 §3.5.1).</summary>
internal sealed record Verify(MailAddress? Address, bool Expands) : SmtpCommand;

/// <summary>Commands whose answer depends on nothing: NOOP, HELP.</summary>
internal sealed record Fixed(SmtpReply Answer) : SmtpCommand
{
    public static Fixed Noop { get; } = new(Reply.Ok);

    public static Fixed Help { get; } = new(Reply.Help);
}

/// <summary>A line that is no command of ours, and what is answered.</summary>
internal sealed record Bad(SmtpReply Answer) : SmtpCommand;

/// <summary>A line of another protocol: somebody makes a web browser talk to us, and the next lines are not his own words either.</summary>
internal sealed record Foreign : SmtpCommand
{
    public static Foreign Command { get; } = new();
}
