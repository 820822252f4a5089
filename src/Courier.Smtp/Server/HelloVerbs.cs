using System.Globalization;
using Courier.Mail.Sasl;
using Courier.Smtp.Grammar;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Server;

/// <summary>EHLO, HELO, LHLO: RFC 5321 §4.1.1.1, RFC 2033 §4.1. Each of them also resets.</summary>
internal static class HelloVerbs
{
    public static SmtpReply Greet(SmtpSession session, Hello command)
    {
        var settings = session.Settings;
        var isLmtp = settings.Role == SmtpRole.Lmtp;
        if (isLmtp != (command.Verb == HelloVerb.Lhlo))
            return Reply.UnknownCommand;
        session.DropTransaction();
        var isExtended = command.Verb != HelloVerb.Helo;
        var (name, protocol) = session.Introduced;
        var peerIsExtended = protocol is null ? isExtended : protocol.Equals("ESMTP", StringComparison.OrdinalIgnoreCase);
        session.Peer = new SmtpPeer(session.Connection, name ?? command.Name, peerIsExtended, session.User);
        return isExtended ? Reply.Hello(settings.HostName, Words(session)) : Reply.Hello(settings.HostName);
    }

    private static IEnumerable<string> Words(SmtpSession session)
    {
        yield return "PIPELINING";                              // RFC 2920: replies are grouped, commands never dropped
        yield return $"SIZE {session.Limits.MessageBytes}";     // RFC 1870: spares both sides a message that is refused anyway
        yield return "8BITMIME";                                // RFC 6152: bytes are kept as they come
        yield return "ENHANCEDSTATUSCODES";                     // RFC 2034
        if (session.Offers(SmtpExtensions.Dsn))
            yield return "DSN";                                 // RFC 3461: reports as the sender wants them
        if (session.Offers(SmtpExtensions.Chunking))
            yield return "CHUNKING";                            // RFC 3030 §2: no scan for an end, on either side
        if (session.Offers(SmtpExtensions.Chunking | SmtpExtensions.BinaryMime))
            yield return "BINARYMIME";                          // RFC 3030 §3: base64 on acceptance
        if (session.Offers(SmtpExtensions.Utf8))
            yield return "SMTPUTF8";                            // RFC 6531: addresses in all scripts
        if (session.Offers(SmtpExtensions.Limits))              // RFC 9422: what we refuse anyway, before it is tried
            yield return string.Create(CultureInfo.InvariantCulture, $"LIMITS MAILMAX={session.Limits.Transactions} RCPTMAX={session.Limits.Recipients}");
        if (session.Offers(SmtpExtensions.RequireTls) && session.Connection.IsSecure)
            yield return "REQUIRETLS";                          // RFC 8689 §2: within TLS only
        if (session.Offers(SmtpExtensions.Security))
            yield return "XSECURITY=NONE,STARTTLS";             // Courier's: TLS on the way from here, whatever this session has
        if (session.Offers(SmtpExtensions.Verp))
            yield return "XVERP=Courier";                       // Courier's: one message, a return path for each recipient where it leaves
        if (session.Offers(SmtpExtensions.ExtendedData))
            yield return "XEXDATA";                             // Courier's: an answer to the message for each recipient
        if (session.Offers(SmtpExtensions.DeliverBy))
            yield return "DELIVERBY";                           // RFC 2852 §4: without a least time
        if (session.Offers(SmtpExtensions.Priority))
            yield return "MT-PRIORITY";                         // RFC 6710
        if (session.Offers(SmtpExtensions.FutureRelease))       // RFC 4865 §3: for how long, and until when
        {
            var until = session.Clock.GetUtcNow() + session.Limits.HoldTime;
            yield return string.Create(CultureInfo.InvariantCulture, $"FUTURERELEASE {session.Limits.HoldTime.TotalSeconds} {until:yyyy-MM-dd'T'HH:mm:ss'Z'}");
        }

        if (session.Offers(SmtpExtensions.Etrn))
            yield return "ETRN";                                // RFC 1985
        if (session.MayXClient)
            yield return "XCLIENT " + AttributeReader.ClientNames;      // to peers that we trust alone
        if (session.MayXForward)
            yield return "XFORWARD " + AttributeReader.ForwardNames;
        if (session.Settings.Tls is not null && !session.Connection.IsSecure)
            yield return "STARTTLS";                            // RFC 3207 §4.2: never within TLS
        if (SecurityVerbs.AuthProblem(session) is null)
            yield return "AUTH " + string.Join(' ', SaslExchange.Mechanisms);   // RFC 4954: only where it would be taken now
    }
}
