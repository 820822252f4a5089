using System.Globalization;
using System.Text;
using Courier.Mail.Reports;

namespace Courier.Smtp.Client;

/// <summary>MAIL and RCPT with those parameters that the server offered to take (RFC 5321 §4.1.1.11). Each command with its CRLF.</summary>
internal static class ClientCommands
{
    public static string Mail(OutgoingMessage message, ServerExtensions extensions)
    {
        var command = new StringBuilder("MAIL FROM:<").Append(message.Sender).Append('>');
        if (extensions.HasFlag(ServerExtensions.Size))
            command.Append(CultureInfo.InvariantCulture, $" SIZE={message.Trace.Length + message.Body.Length}");
        // Where 8BITMIME is not offered the octets go all the same: no server of this century minds, and a bounce helps nobody.
        if (message.Is8Bit && extensions.HasFlag(ServerExtensions.EightBitMime))
            command.Append(" BODY=8BITMIME");
        if (message.IsUtf8 && extensions.HasFlag(ServerExtensions.Utf8))
            command.Append(" SMTPUTF8");
        if (message.RequireTls && extensions.HasFlag(ServerExtensions.RequireTls))
            command.Append(" REQUIRETLS");
        if (message.SecureOnly && extensions.HasFlag(ServerExtensions.Security))
            command.Append(" SECURITY=STARTTLS");
        if (message.IsVerp && extensions.HasFlag(ServerExtensions.Verp))
            command.Append(" VERP");
        // In each MAIL of a session or in none (draft-varshavchik-exdata-smtpext §4).
        if (extensions.HasFlag(ServerExtensions.ExtendedData))
            command.Append(" EXDATA");
        if (message.Priority != 0 && extensions.HasFlag(ServerExtensions.Priority))
            command.Append(CultureInfo.InvariantCulture, $" MT-PRIORITY={message.Priority}");
        if (message.By is { } by && extensions.HasFlag(ServerExtensions.DeliverBy))
            command.Append(CultureInfo.InvariantCulture, $" BY={Math.Floor(by.Within.TotalSeconds)};{(by.IsReturned ? 'R' : 'N')}{(by.IsTraced ? "T" : "")}");
        if (extensions.HasFlag(ServerExtensions.Dsn))
        {
            // RFC 3461 §5.2.1: as they were given to us, and none that were not.
            if (message.Return != ReturnContent.Unsaid)
                command.Append(message.Return == ReturnContent.Full ? " RET=FULL" : " RET=HDRS");
            if (message.EnvelopeId is { } id)
                command.Append(" ENVID=").Append(id);
        }

        return command.Append("\r\n").ToString();
    }

    public static string Rcpt(OutgoingRecipient recipient, ServerExtensions extensions)
    {
        if (!extensions.HasFlag(ServerExtensions.Dsn) || recipient is { Notify: NotifyOn.Default, OriginalRecipient: null })
            return $"RCPT TO:<{recipient.Address}>\r\n";
        var command = new StringBuilder("RCPT TO:<").Append(recipient.Address).Append('>');
        if (recipient.Notify != NotifyOn.Default)
            command.Append(" NOTIFY=").AppendJoin(',', Words(recipient.Notify));
        if (recipient.OriginalRecipient is { } original)
            command.Append(" ORCPT=").Append(original);
        return command.Append("\r\n").ToString();
    }

    private static IEnumerable<string> Words(NotifyOn notify)
    {
        if (notify.HasFlag(NotifyOn.Never))
            yield return "NEVER";
        if (notify.HasFlag(NotifyOn.Success))
            yield return "SUCCESS";
        if (notify.HasFlag(NotifyOn.Failure))
            yield return "FAILURE";
        if (notify.HasFlag(NotifyOn.Delay))
            yield return "DELAY";
    }
}
