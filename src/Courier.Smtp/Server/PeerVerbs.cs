using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Courier.Smtp.Grammar;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Server;

/// <summary>XCLIENT and XFORWARD: what trusted peers say of those they speak for. To all others the words are unknown.</summary>
internal static class PeerVerbs
{
    /// <summary>From here on the session is the named client's, and begins anew.</summary>
    public static async ValueTask<SmtpReply?> SpeakForAsync(SmtpSession session, XClient command)
    {
        if (!session.MayXClient)
            return Reply.UnknownCommand;
        var given = command.Attributes;
        if (!TryEndPoint(given, "ADDR", "PORT", session.Connection.Remote, out var remote)
            || !TryEndPoint(given, "DESTADDR", "DESTPORT", session.Connection.Local, out var local))
            return Reply.BadArguments;
        Log.SpeaksFor(session.Logger, session.PeerName, remote.ToString());
        session.Connection.Present(remote, local);
        session.DropTransaction();
        session.Peer = null;
        session.User = given.GetValueOrDefault("LOGIN", session.User);
        session.Introduced = (given.GetValueOrDefault("HELO"), given.GetValueOrDefault("PROTO"));
        return await session.AskTermsAsync() ?? session.Settings.Welcome;
    }

    /// <summary>Holds for the next message.</summary>
    public static SmtpReply Forward(SmtpSession session, XForward command)
    {
        if (!session.MayXForward)
            return Reply.UnknownCommand;
        if (!TryEndPoint(command.Attributes, "ADDR", "PORT", session.Connection.Remote, out var origin))
            return Reply.BadArguments;
        if (command.Attributes.ContainsKey("ADDR"))
            session.ForwardedFrom = origin.Address.ToString();
        return Reply.Ok;
    }

    private static bool TryEndPoint(IReadOnlyDictionary<string, string?> given, string addressName, string portName, IPEndPoint before, out IPEndPoint endPoint)
    {
        const string v6 = "IPV6:";
        var (address, port) = (before.Address, before.Port);
        endPoint = before;
        if (given.TryGetValue(addressName, out var text))
        {
            var isV6 = text is not null && text.StartsWith(v6, StringComparison.OrdinalIgnoreCase);
            var shown = isV6 ? text![v6.Length..] : text;
            if (shown is null)
                address = IPAddress.Any;
            else if (!IPAddress.TryParse(shown, out address!) || (isV6 && address.AddressFamily != AddressFamily.InterNetworkV6))
                return false;
        }

        if (given.TryGetValue(portName, out var number))
        {
            var isNumber = ushort.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed);
            if (number is not null && !isNumber)
                return false;
            port = parsed;
        }

        endPoint = new IPEndPoint(address, port);
        return true;
    }
}
