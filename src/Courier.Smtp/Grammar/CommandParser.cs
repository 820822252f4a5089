using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;
using Courier.Mail.Addresses;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Grammar;

/// <summary>Command lines to commands (RFC 5321 §4.1.1, §4.1.2). No state: whether a command has its place is for the session to say.</summary>
internal static class CommandParser
{
    // RFC 5321 §4.5.3.1.2: the longest domain; address literals are shorter.
    private const int HelloNameBytes = 255;

    // Graphic ASCII that cannot upset a Received field, where the name ends up: no specials but those of address literals.
    private static readonly SearchValues<byte> _helloName =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._[]:!#$%&'*+/=?^`{|}~"u8);

    /// <param name="line">Without its line end.</param>
    /// <param name="domain">What paths without a domain get; null where they are malformed.</param>
    public static SmtpCommand Parse(ReadOnlySpan<byte> line, string? domain = null)
    {
        // CR and NUL are among them: a line is never split and never cut short.
        if (line.ContainsAnyExceptInRange((byte)' ', (byte)'~') && !MayBeUtf8(line))
            return new Bad(Reply.BadCharacters);
        line = line.TrimEnd((byte)' ');
        var space = line.IndexOf((byte)' ');
        var verb = space < 0 ? line : line[..space];
        var argument = space < 0 ? default : line[space..].TrimStart((byte)' ');
        return verb.Length == 4 ? ParseFour(verb, argument, domain)
            : Is(verb, "STARTTLS"u8) ? Alone(argument, StartTls.Command)
            : Is(verb, "XCLIENT"u8) ? AttributeReader.ReadClient(argument)
            : Is(verb, "XFORWARD"u8) ? AttributeReader.ReadForward(argument)
            : IsForeign(verb) ? Foreign.Command
            : new Bad(Reply.UnknownCommand);
    }

    /// <summary>RFC 6531 §3.3, §3.7.4.2: the commands that carry addresses may hold more than ASCII.</summary>
    private static bool MayBeUtf8(ReadOnlySpan<byte> line) =>
        line.Length > 4 && line[4] == (byte)' '
        && (Is(line[..4], "MAIL"u8) || Is(line[..4], "RCPT"u8) || Is(line[..4], "VRFY"u8) || Is(line[..4], "EXPN"u8))
        && !line.ContainsAnyInRange((byte)0, (byte)0x1f) && !line.Contains((byte)0x7f) && Utf8.IsValid(line);

    private static SmtpCommand ParseFour(ReadOnlySpan<byte> verb, ReadOnlySpan<byte> argument, string? domain) =>
        Is(verb, "MAIL"u8) ? ParseMail(argument, domain)
        : Is(verb, "RCPT"u8) ? ParseRcpt(argument, domain)
        : Is(verb, "DATA"u8) ? Alone(argument, Data.Command)
        : Is(verb, "BDAT"u8) ? ParseBdat(argument)
        : Is(verb, "EHLO"u8) ? ParseHello(HelloVerb.Ehlo, argument)
        : Is(verb, "RSET"u8) ? Alone(argument, Rset.Command)
        : Is(verb, "QUIT"u8) ? Alone(argument, Quit.Command)
        : Is(verb, "AUTH"u8) ? ParseAuth(argument)
        : Is(verb, "NOOP"u8) ? Fixed.Noop
        : Is(verb, "HELO"u8) ? ParseHello(HelloVerb.Helo, argument)
        : Is(verb, "LHLO"u8) ? ParseHello(HelloVerb.Lhlo, argument)
        : Is(verb, "VRFY"u8) ? ParseVerify(argument, expands: false)
        : Is(verb, "ETRN"u8) ? ParseEtrn(argument)
        : Is(verb, "HELP"u8) ? Fixed.Help
        : Is(verb, "EXPN"u8) ? ParseVerify(argument, expands: true)
        : IsForeign(verb) ? Foreign.Command
        : new Bad(Reply.UnknownCommand);

    private static bool Is(ReadOnlySpan<byte> verb, ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(verb, name);

    private static bool IsForeign(ReadOnlySpan<byte> verb) =>
        verb.SequenceEqual("GET"u8) || verb.SequenceEqual("POST"u8) || verb.SequenceEqual("PUT"u8) || verb.SequenceEqual("HEAD"u8)
        || verb.SequenceEqual("OPTIONS"u8) || verb.SequenceEqual("CONNECT"u8);

    private static SmtpCommand Alone(ReadOnlySpan<byte> argument, SmtpCommand command) => argument.IsEmpty ? command : new Bad(Reply.BadArguments);

    /// <summary>ehlo = "EHLO" SP ( Domain / address-literal ). Read loosely: what clients call themselves is often no domain, and
    /// nothing is decided by it (RFC 5321 §4.1.4 forbids to refuse mail for it).</summary>
    private static SmtpCommand ParseHello(HelloVerb verb, ReadOnlySpan<byte> argument) =>
        argument.Length is 0 or > HelloNameBytes || argument.ContainsAnyExcept(_helloName)
            ? new Bad(Reply.BadArguments)
            : new Hello(verb, Encoding.ASCII.GetString(argument));

    /// <summary>"AUTH" SP mechanism [SP initial-response] (RFC 4954 §4); "=" is an empty response.</summary>
    private static SmtpCommand ParseAuth(ReadOnlySpan<byte> argument)
    {
        var space = argument.IndexOf((byte)' ');
        var mechanism = space < 0 ? argument : argument[..space];
        var response = space < 0 ? default : argument[(space + 1)..];
        if (mechanism.IsEmpty || response.Contains((byte)' '))
            return new Bad(Reply.BadArguments);
        byte[]? initial = space < 0 ? null : response.SequenceEqual("="u8) ? [] : response.ToArray();
        return new Auth(Encoding.ASCII.GetString(mechanism), initial);
    }

    /// <summary>mail = "MAIL FROM:" Reverse-path [SP Mail-parameters]. A space behind the colon is not in the grammar, but is
    /// so common that it is let pass.</summary>
    private static SmtpCommand ParseMail(ReadOnlySpan<byte> argument, string? domain)
    {
        if (!TryTakePrefix(ref argument, "FROM:"u8))
            return new Bad(Reply.BadArguments);
        argument = BarePath.Complete(argument, domain);
        var isUtf8 = !Ascii.IsValid(argument);
        if (!MailAddress.TryParsePath(argument, out var consumed, out var path, isUtf8))
            return new Bad(Reply.BadSender);
        var rest = argument[consumed..];
        if (!rest.IsEmpty && rest[0] != (byte)' ')
            return new Bad(Reply.BadSender);
        var reader = default(MailParameterReader);
        var parameters = new ParameterScan(rest);
        while (parameters.Next())
        {
            if (reader.Read(parameters) is { } problem)
                return new Bad(problem);
        }

        var mail = reader.Build(path!);
        // draft-varshavchik-verp-smtpext §4 (1): nothing can be added to the null path.
        if (mail.IsVerp && mail.Sender.IsNull)
            return new Bad(Reply.BadArguments);
        return isUtf8 && !mail.IsUtf8 ? new Bad(Reply.SenderNotAscii) : new MailFrom(mail);
    }

    /// <summary>rcpt = "RCPT TO:" ( "&lt;Postmaster&gt;" / Forward-path ) [SP Rcpt-parameters].</summary>
    private static SmtpCommand ParseRcpt(ReadOnlySpan<byte> argument, string? domain)
    {
        if (!TryTakePrefix(ref argument, "TO:"u8))
            return new Bad(Reply.BadArguments);
        argument = BarePath.Complete(argument, domain);
        var isUtf8 = !Ascii.IsValid(argument);
        if (!MailAddress.TryParseForwardPath(argument, out var consumed, out var path, isUtf8))
            return new Bad(Reply.BadRecipient);
        var rest = argument[consumed..];
        if (rest.IsEmpty)
            return new RcptTo(path!) { IsUtf8 = isUtf8 };
        if (rest[0] != (byte)' ')
            return new Bad(Reply.BadRecipient);
        var reader = default(RcptParameterReader);
        var parameters = new ParameterScan(rest);
        while (parameters.Next())
        {
            if (reader.Read(parameters) is { } problem)
                return new Bad(problem);
        }

        return new RcptTo(path!) { IsUtf8 = isUtf8, Notify = reader.Notify, OriginalRecipient = reader.OriginalRecipient, Uses = reader.Uses };
    }

    /// <summary>vrfy = "VRFY" SP String: an address, with or without brackets; "SMTPUTF8" may follow (RFC 6531 §3.7.4.2).</summary>
    private static SmtpCommand ParseVerify(ReadOnlySpan<byte> argument, bool expands)
    {
        if (argument.IsEmpty)
            return new Bad(Reply.BadArguments);
        var space = argument.LastIndexOf((byte)' ');
        if (space > 0 && Is(argument[(space + 1)..], "SMTPUTF8"u8))
            argument = argument[..space].TrimEnd((byte)' ');
        if (argument.Length > 2 && argument[0] == (byte)'<' && argument[^1] == (byte)'>')
            argument = argument[1..^1];
        return new Verify(MailAddress.TryParse(Encoding.UTF8.GetString(argument), out var address) ? address : null, expands);
    }

    /// <summary>bdat-cmd = "BDAT" SP chunk-size [ SP "LAST" ] (RFC 3030 §2).</summary>
    private static SmtpCommand ParseBdat(ReadOnlySpan<byte> argument)
    {
        var space = argument.IndexOf((byte)' ');
        var size = space < 0 ? argument : argument[..space];
        var isLast = space >= 0;
        if (isLast && !Is(argument[space..].TrimStart((byte)' '), "LAST"u8))
            return BadBdat.Command;
        return !size.IsEmpty && !size.ContainsAnyExceptInRange((byte)'0', (byte)'9') && Utf8Parser.TryParse(size, out long octets, out _)
            ? new Bdat(octets, isLast)
            : BadBdat.Command;
    }

    /// <summary>"ETRN" SP [option character] node (RFC 1985 §5.1). Of the options, "@" for subdomains and "#" for a queue, we have none.</summary>
    private static SmtpCommand ParseEtrn(ReadOnlySpan<byte> argument)
    {
        if (argument.IsEmpty || argument.Contains((byte)' '))
            return new Bad(Reply.BadArguments);
        if (argument[0] is (byte)'@' or (byte)'#')
            return new Etrn((string?)null);
        return MailAddress.TryParse([.. "x@"u8, .. argument], out var address) ? new Etrn(address!.Domain) : new Bad(Reply.BadArguments);
    }

    private static bool TryTakePrefix(ref ReadOnlySpan<byte> argument, ReadOnlySpan<byte> prefix)
    {
        if (argument.Length < prefix.Length || !Is(argument[..prefix.Length], prefix))
            return false;
        argument = argument[prefix.Length..].TrimStart((byte)' ');
        return true;
    }
}
