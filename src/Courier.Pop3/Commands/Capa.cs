using Courier.Mail.Sasl;

namespace Courier.Pop3.Commands;

/// <summary>CAPA: says what we can do.</summary>
/// <remarks>RFC 2449 §5, §6. What may be used after the login is announced before it too.</remarks>
internal sealed record CapaCommand : Pop3Command
{
    internal static Pop3Command? Parse(ReadOnlySpan<byte> arguments) => Arguments.AreNone(arguments) ? new CapaCommand() : null;

    internal override ValueTask<Pop3Reply?> RunAsync(Pop3Session session, CancellationToken ct)
    {
        session.Wire.Write(Pop3Reply.Capabilities);
        foreach (var capability in Of(session))
            session.Wire.WriteLine(capability);
        session.Wire.EndList();
        return new((Pop3Reply?)null);
    }

    private static IEnumerable<string> Of(Pop3Session session)
    {
        yield return "TOP";                 // RFC 2449 §6.1
        yield return "UIDL";                // §6.8
        yield return "RESP-CODES";          // §6.4: what stands in brackets is a code
        yield return "AUTH-RESP-CODE";      // RFC 3206 §6
        yield return "PIPELINING";          // RFC 2449 §6.6
        yield return "EXPIRE NEVER";        // §6.7: mail stays until its owner removes it
        if (session.AllowsLogin)
        {
            yield return "USER";            // §6.2; RFC 2595 §2.1: not where a password would be refused for lack of TLS
            yield return "SASL " + string.Join(' ', SaslExchange.Mechanisms);       // RFC 5034 §3
        }

        if (session.Server.Settings.Tls is not null && !session.Connection.IsSecure && session.Maildrop is null)
            yield return "STLS";            // RFC 2595 §4: only where it may be used
        yield return "IMPLEMENTATION Courier-Mail-Server";      // RFC 2449 §6.9
    }
}
