using Courier.Smtp.Grammar;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Server;

/// <summary>MAIL and RCPT: RFC 5321 §4.1.1.2, §4.1.1.3. Parameters of what the listener does not offer are unknown to it (§4.1.1.11).</summary>
internal static class EnvelopeVerbs
{
    public static async ValueTask<SmtpReply?> BeginAsync(SmtpSession session, MailParameters parameters)
    {
        if (session.TlsRequired && !session.Connection.IsSecure)
            return Reply.TlsRequired;
        if (session.AuthRequired && session.User is null)
            return Reply.AuthRequired;
        if (!session.Offers(parameters.Uses))
            return Reply.UnknownParameter;
        if (parameters.RequireTls && !session.Connection.IsSecure)
            return Reply.TlsRequired;
        // RFC 4865 §4: not for longer than we said.
        if (parameters.HoldFor > session.Limits.HoldTime || parameters.HoldUntil > session.Clock.GetUtcNow() + session.Limits.HoldTime)
            return Reply.HoldTooLong;
        if (parameters.Size > session.Limits.MessageBytes)
            return Reply.TooLarge;
        if (session.Transactions >= session.Limits.Transactions)
            return session.Close(Reply.TooManyMessages);
        var transaction = new SmtpTransaction(session.Peer!, parameters);
        var reply = await session.Reception.BeginAsync(transaction, session.Stopping);
        if (reply.IsPositive)
            session.Begin(transaction);
        return reply;
    }

    public static async ValueTask<SmtpReply?> AddRecipientAsync(SmtpSession session, RcptTo command)
    {
        var transaction = session.Transaction!;
        if (!session.Offers(command.Uses))
            return Reply.UnknownParameter;
        if (command.IsUtf8 && !transaction.Mail.IsUtf8)
            return Reply.RecipientNotAscii;
        if (transaction.Recipients.Count >= session.Limits.Recipients)
            return session.Limits.RefusesMoreRecipients ? Reply.FarTooManyRecipients : Reply.TooManyRecipients;
        var (reply, address) = await session.Reception.AddRecipientAsync(transaction, command.Path.Address, session.Stopping);
        if (reply.IsPositive)
        {
            var taken = address ?? throw new InvalidOperationException("A recipient was taken without an address.");
            transaction.Recipients.Add(new SmtpRecipient(taken, command.Notify, command.OriginalRecipient));
        }
        else if (!reply.IsTransient)
        {
            session.Patience.RefusedRecipient();
        }

        return reply;
    }
}
