using Courier.IO.Files;
using Courier.Smtp.Grammar;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Server;

/// <summary>DATA and BDAT: the message itself.</summary>
internal static class ContentVerbs
{
    /// <summary>DATA: RFC 5321 §4.1.1.4.</summary>
    /// <remarks>1. 354; 2. read to end of data, whatever becomes of the message; 3. the reception keeps it; 4. answer: once in SMTP, for
    /// each recipient in LMTP (RFC 2033 §4.2). In every outcome the transaction is over.</remarks>
    public static async ValueTask<SmtpReply?> ReceiveAsync(SmtpSession session)
    {
        var transaction = session.Transaction!;
        if (transaction.Mail.IsBinary)
            return Reply.BinaryNeedsChunks;
        session.DropTransaction();
        using var buffer = session.Reception.OpenBuffer();

        // Step 1.
        session.Wire.Write(Reply.StartInput);
        await session.Wire.FlushAsync();

        // Step 2.
        var receiver = new MessageReceiver(buffer, session.Limits, session.Clock);
        await receiver.ReceiveAsync(session.Wire);
        return await FinishAsync(session, transaction, receiver, buffer);
    }

    /// <summary>BDAT: RFC 3030 §2. Its octets are read whatever the answer is, so that the next line is a command.</summary>
    public static async ValueTask<SmtpReply?> ReceiveChunkAsync(SmtpSession session, Bdat command)
    {
        var transaction = session.Transaction!;
        if (!session.Offers(SmtpExtensions.Chunking) || command.Octets > session.Limits.MessageBytes)
            return await PassOverAsync(session, command, session.Offers(SmtpExtensions.Chunking) ? Reply.TooLarge : Reply.NotImplemented);
        session.Chunks ??= new ChunkedMessage(session.Reception.OpenBuffer(), session.Limits, session.Clock);
        var receiver = session.Chunks.Receiver;
        await receiver.ReceiveChunkAsync(session.Wire, command.Octets, transaction.Mail.IsBinary);
        if (!command.IsLast && !receiver.IsTooLarge && receiver.Trouble is null)
            return Reply.ChunkTaken;

        // The last chunk, or one that makes all further ones vain: those are passed over and answered with 503 (RFC 3030 §2).
        using var chunks = session.Chunks;
        session.Chunks = null;
        session.DropTransaction();
        if (command.IsLast)
            return await FinishAsync(session, transaction, receiver, chunks.Buffer);
        var refusal = receiver.IsTooLarge ? [Reply.TooLarge] : Excuse(session, receiver.Trouble!, 1);
        Note(session, transaction, refusal);
        return refusal[0];
    }

    /// <summary>Refuses a chunk. One that is larger than any message may be is not read: the connection ends.</summary>
    public static async ValueTask<SmtpReply?> PassOverAsync(SmtpSession session, Bdat command, SmtpReply refusal)
    {
        if (command.Octets > session.Limits.MessageBytes)
            return session.Close(Reply.TooLarge);
        await session.Wire.SkipAsync(command.Octets, session.Limits.DataTimeout);
        return refusal;
    }

    private static async ValueTask<SmtpReply> FinishAsync(SmtpSession session, SmtpTransaction transaction, MessageReceiver receiver, MessageBuffer buffer)
    {
        // Step 3.
        var count = session.Settings.Role == SmtpRole.Lmtp ? transaction.Recipients.Count : 1;
        if (!transaction.Mail.IsBinary && !receiver.IsTooLarge)
            receiver.EndLines();
        var replies = receiver.IsTooLarge ? Repeat(Reply.TooLarge, count)
            : receiver.Trouble is { } trouble ? Excuse(session, trouble, count)
            : transaction.Mail.IsBinary ? await KeepBinaryAsync(session, transaction, buffer, count)
            : await KeepAsync(session, transaction, buffer, count);

        // Step 4.
        Note(session, transaction, replies);
        if (replies.Count != count)
            return ExtendedDataReply.Of(replies);
        for (var i = 0; i < count - 1; i++)
            session.Wire.Write(replies[i]);
        return replies[count - 1];
    }

    private static async ValueTask<IReadOnlyList<SmtpReply>> KeepBinaryAsync(SmtpSession session, SmtpTransaction transaction, MessageBuffer received, int count)
    {
        using var encoded = session.Reception.OpenBuffer();
        try
        {
            BinaryParts.Encode(received, encoded);
        }
        catch (IOException e)
        {
            return Excuse(session, e, count);
        }

        return await KeepAsync(session, transaction, encoded, count);
    }

    private static async ValueTask<IReadOnlyList<SmtpReply>> KeepAsync(SmtpSession session, SmtpTransaction transaction, MessageBuffer buffer, int count)
    {
        // Not tied to the stop of the server: once it has begun, the peer should hear how it ended.
        using var limit = new CancellationTokenSource(session.Limits.AcceptTimeout, session.Clock);
        try
        {
            var replies = await session.Reception.AcceptAsync(transaction, buffer, limit.Token);
            return replies.Count == count || (transaction.Mail.WantsEachReply && replies.Count == transaction.Recipients.Count)
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
