using Courier.IO.Files;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Server;

/// <summary>DATA: the message itself.</summary>
internal static class ContentVerbs
{
    /// <summary>DATA: RFC 5321 §4.1.1.4.</summary>
    /// <remarks>1. 354; 2. read to end of data, whatever becomes of the message; 3. the reception keeps it; 4. answer: once in SMTP, for
    /// each recipient in LMTP (RFC 2033 §4.2). In every outcome the transaction is over.</remarks>
    public static async ValueTask<SmtpReply?> ReceiveAsync(SmtpSession session)
    {
        var transaction = session.Transaction!;
        session.DropTransaction();
        using var buffer = session.Reception.OpenBuffer();

        // Step 1.
        session.Wire.Write(Reply.StartInput);
        await session.Wire.FlushAsync();

        // Step 2.
        var receiver = new MessageReceiver(buffer, session.Limits, session.Clock);
        await receiver.ReceiveAsync(session.Wire);

        // Step 3.
        var count = session.Settings.Role == SmtpRole.Lmtp ? transaction.Recipients.Count : 1;
        var replies = receiver.IsTooLarge ? Repeat(Reply.TooLarge, count)
            : receiver.Trouble is { } trouble ? Excuse(session, trouble, count)
            : await KeepAsync(session, transaction, buffer, count);

        // Step 4.
        Note(session, transaction, replies);
        for (var i = 0; i < count - 1; i++)
            session.Wire.Write(replies[i]);
        return replies[count - 1];
    }

    private static async ValueTask<IReadOnlyList<SmtpReply>> KeepAsync(SmtpSession session, SmtpTransaction transaction, MessageBuffer buffer, int count)
    {
        // Not tied to the stop of the server: once it has begun, the peer should hear how it ended.
        using var limit = new CancellationTokenSource(session.Limits.AcceptTimeout, session.Clock);
        try
        {
            var replies = await session.Reception.AcceptAsync(transaction, buffer, limit.Token);
            return replies.Count == count
                ? replies
                : throw new InvalidOperationException($"The reception gave {replies.Count} replies where {count} are due.");
        }
        catch (IOException e)
        {
            return Excuse(session, e, count);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            return Excuse(session, e, count);
        }
    }

    private static IReadOnlyList<SmtpReply> Excuse(SmtpSession session, Exception trouble, int count)
    {
        Log.LocalTrouble(session.Logger, session.PeerName, trouble);
        return Repeat(Reply.StorageTrouble, count);
    }

    private static IReadOnlyList<SmtpReply> Repeat(SmtpReply reply, int count) => [.. Enumerable.Repeat(reply, count)];

    private static void Note(SmtpSession session, SmtpTransaction transaction, IReadOnlyList<SmtpReply> replies)
    {
        if (replies.Any(static reply => reply.IsPositive))
        {
            Counters.Accepted.Add(1);
            session.Patience.Restore();
            return;
        }

        Counters.Refused.Add(1);
        Log.MessageRefused(session.Logger, session.PeerName, transaction.Mail.Sender.ToString(), Reply.Describe(replies[0]));
    }
}
