using System.Globalization;
using Courier.Queue;
using Courier.Smtp.Client;
using Courier.Smtp.Replies;

namespace Courier.Mta.Delivery.Remote;

/// <summary>What an answer of the next hop means for the recipient: done, later, or never, with its code of RFC 3463.</summary>
internal static class OutcomeReader
{
    public static RecipientOutcome Read(int number, RecipientResult result, string hop)
    {
        var server = result.IsOurs ? null : hop;
        if (result.Reply is not { } reply)
            return new(number, OutcomeKind.Deferred, "4.4.2", $"Connection lost {Where(result.Step)}: {result.Problem}", server);
        var kind = result.IsTaken ? OutcomeKind.Relayed
            : reply.IsTransient || reply.IsPositive || IsTooManyRecipients(result) ? OutcomeKind.Deferred
            : OutcomeKind.Failed;
        return new(number, kind, Status(reply, kind), Text(reply), server);
    }

    /// <summary>Nothing is wrong with the recipient: it only did not fit into this transaction (RFC 5321 §4.5.3.1.10, which has
    /// 552 taken for 452 here).</summary>
    public static bool IsTooManyRecipients(RecipientResult result) =>
        result is { Step: SmtpStep.Rcpt, Reply: { } reply }
        && (reply is { Code: 452 or 552, Status: { Subject: 5, Detail: 3 } } || reply is { Code: 452, Status: null } || reply is { Code: 552, Status: null });

    /// <summary>The server's own code where it agrees with what we make of the reply, else one derived from the reply's digits.</summary>
    private static string Status(SmtpReply reply, OutcomeKind kind)
    {
        var wanted = kind switch
        {
            OutcomeKind.Relayed => 2,
            OutcomeKind.Failed => 5,
            _ => 4,
        };
        if (reply.Status is { } status && status.Class == wanted)
            return status.ToString();
        var detail = reply.Code switch
        {
            421 => "3.2",               // system not accepting messages
            450 => "2.0",               // mailbox unavailable
            451 => "3.0",               // local error
            452 or 552 => "3.1",        // storage
            553 => "1.3",               // address syntax
            _ => "0.0",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{wanted}.{detail}");
    }

    internal static string Text(SmtpReply reply)
    {
        var text = reply.Text.Replace('\n', ' ');
        return reply.Status is { } status
            ? string.Create(CultureInfo.InvariantCulture, $"{reply.Code} {status} {text}")
            : string.Create(CultureInfo.InvariantCulture, $"{reply.Code} {text}");
    }

    private static string Where(SmtpStep step) => step switch
    {
        SmtpStep.Mail => "at MAIL",
        SmtpStep.Rcpt => "at RCPT",
        SmtpStep.Data => "at DATA",
        _ => "before the message was acknowledged",
    };
}
