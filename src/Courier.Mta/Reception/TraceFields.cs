using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Courier.Mail.Headers;
using Courier.Mta.Reception.Headers;
using Courier.Smtp.Server;

namespace Courier.Mta.Reception;

/// <summary>The header fields that go above a message as it is taken in: Received (RFC 5321 §4.4), and for users' programs that
/// left them out Date and Message-ID (RFC 6409 §8).</summary>
/// <remarks>The id of Received is a trace id of ours: the queue's id is given only as the message is committed, when these bytes
/// are long written. Log event 4101 ties the two together.</remarks>
internal static class TraceFields
{
    private static readonly SearchValues<char> _hostName =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:[]");

    /// <summary>Grows with time; two connections never share one, and no connection takes two messages in a microsecond.</summary>
    internal static string NewId(SmtpPeer peer, DateTimeOffset now) =>
        string.Create(CultureInfo.InvariantCulture, $"{now.ToUnixTimeMilliseconds() * 1000 + now.Microsecond:X}-{peer.Connection.Id:X}");

    /// <param name="transaction">Who sent it, and to whom.</param>
    /// <param name="hostName">Ours.</param>
    /// <param name="protocol">ESMTP or LMTP; what was used with it is added.</param>
    /// <param name="id">Of <see cref="NewId"/>.</param>
    /// <param name="now">When it was taken in.</param>
    internal static StringBuilder Received(SmtpTransaction transaction, string hostName, string protocol, string id, DateTimeOffset now)
    {
        var peer = transaction.Peer;
        var text = new StringBuilder(256);
        text.Append(CultureInfo.InvariantCulture, $"Received: from {Shown(peer.HeloName)} ({Literal(peer.Connection.Remote.Address)})\r\n");
        text.Append(CultureInfo.InvariantCulture, $"\tby {hostName} with {With(transaction, protocol)}");
        if (peer.Connection.TlsDescription is { } tls)
            text.Append(CultureInfo.InvariantCulture, $"\r\n\t({tls})");
        text.Append(CultureInfo.InvariantCulture, $" id {id}");
        // RFC 5321 §7.6: with several recipients the field would tell each of the others, the blind ones too.
        if (transaction.Recipients is [var recipient])
            text.Append(CultureInfo.InvariantCulture, $"\r\n\tfor <{recipient}>");
        // RFC 8314 §4.3: the clause that others read; the comment above is for people.
        if (peer.Connection.CipherSuite is { } cipher)
            text.Append(CultureInfo.InvariantCulture, $"\r\n\ttls {cipher}");
        return text.Append(CultureInfo.InvariantCulture, $"; {MailDate.Format(now)}\r\n");
    }

    /// <summary>Adds Message-ID and Date where they are missing and wanted.</summary>
    internal static void Complete(this StringBuilder text, HeaderSummary header, HeaderSettings settings, string hostName, bool isSubmitted, DateTimeOffset now)
    {
        if (!header.HasMessageId && HeaderSettings.Applies(settings.AddsMessageId, isSubmitted))
            text.AddMessageId(settings.MessageIdHost ?? hostName, now);
        if (!header.HasDate && HeaderSettings.Applies(settings.AddsDate, isSubmitted))
            text.AddDate(now);
    }

    internal static StringBuilder AddMessageId(this StringBuilder text, string hostName, DateTimeOffset now) => text.Append(
        CultureInfo.InvariantCulture, $"Message-ID: <{now:yyyyMMddHHmmss}.{RandomNumberGenerator.GetHexString(20)}@{hostName}>\r\n");

    internal static StringBuilder AddDate(this StringBuilder text, DateTimeOffset now) =>
        text.Append(CultureInfo.InvariantCulture, $"Date: {MailDate.Format(now)}\r\n");

    /// <summary>RFC 3848, RFC 6531 §4.3. HELO knows no extension, whatever lies below it.</summary>
    private static string With(SmtpTransaction transaction, string protocol)
    {
        var peer = transaction.Peer;
        return !peer.IsExtended ? "SMTP" : With(peer, transaction.Mail.IsUtf8 ? protocol == "LMTP" ? "UTF8LMTP" : "UTF8SMTP" : protocol);
    }

    private static string With(SmtpPeer peer, string protocol) =>
        (peer.Connection.IsSecure, peer.User is not null) switch
        {
            (false, false) => protocol,
            (true, false) => protocol + "S",
            (false, true) => protocol + "A",
            (true, true) => protocol + "SA",
        };

    /// <summary>RFC 5321 §4.1.3.</summary>
    private static string Literal(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6
        ? $"[IPv6:{new IPAddress(address.GetAddressBytes())}]"
        : $"[{address}]";

    /// <summary>What a peer calls itself is its own word: nothing in it may end the clause or the line.</summary>
    private static string Shown(string heloName)
    {
        const int mostChars = 255;
        return heloName.Length is > 0 and <= mostChars && heloName.AsSpan().IndexOfAnyExcept(_hostName) < 0 ? heloName : "unknown";
    }
}
