using Courier.Net;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Client;

/// <summary>One message on one connection: MAIL, RCPT, DATA or BDAT, the message, and what the server says to each.</summary>
/// <remarks>With PIPELINING all commands leave in one write (RFC 2920 §3.1). Then DATA may be answered 354 although no recipient was taken:
/// an empty message ends that. When anything fails within the message the connection is dropped without its end, so that no server
/// takes half of it for the whole.</remarks>
internal sealed class SendExchange(
    OutgoingMessage message, ClientWire wire, SmtpClientSettings settings, ServerExtensions extensions, Deadline deadline)
{
    /// <summary>The server is about to close (RFC 5321 §3.8), or we are: what else it would answer no longer matters.</summary>
    private sealed class LastWordException(SmtpReply reply) : IOException("Nothing more is said on this connection.")
    {
        public SmtpReply Reply { get; } = reply;
    }

    private readonly RecipientResult?[] _results = new RecipientResult?[message.Recipients.Count];
    private SmtpStep _step = SmtpStep.Mail;
    private bool _wasDataAnswered;

    private SmtpClientLimits Limits => settings.Limits;

    private bool IsPipelined => extensions.HasFlag(ServerExtensions.Pipelining);

    /// <summary>In chunks only where they may follow each other unanswered, and where one answer is meant for all recipients.</summary>
    private bool IsChunked => settings is { UsesChunking: true, IsLmtp: false } && extensions.HasFlag(ServerExtensions.Chunking) && IsPipelined && !extensions.HasFlag(ServerExtensions.ExtendedData);

    /// <summary>The transaction was ended by its end of data; if not, RSET has to end it.</summary>
    public bool IsComplete { get; private set; }

    public async ValueTask<SendResult> RunAsync(bool resetFirst, CancellationToken ct)
    {
        // A file that cannot be opened is found out before anything is said.
        await using var body = message.Body.FilePath is null ? null : message.Body.OpenRead();
        try
        {
            await TransactAsync(resetFirst, body);
            return Result(isUsable: true);
        }
        catch (LastWordException e)
        {
            Fill(e.Reply, problem: null);
            return Result(isUsable: false);
        }
        catch (Exception e) when (ClientWire.IsTrouble(e) && !ct.IsCancellationRequested)
        {
            Fill(reply: null, ClientWire.Describe(e));
            return Result(isUsable: false);
        }
    }

    private SendResult Result(bool isUsable) =>
        new(_results!, isUsable, _wasDataAnswered) { IsReportPassedOn = extensions.HasFlag(ServerExtensions.Dsn), KnowsTimes = extensions.HasFlag(ServerExtensions.DeliverBy) };

    private void Fill(SmtpReply? reply, string? problem)
    {
        foreach (ref var result in _results.AsSpan())
            result ??= new RecipientResult(_step, reply, problem);
    }

    private async ValueTask TransactAsync(bool resetFirst, Stream? body)
    {
        if (resetFirst)
            wire.Write("RSET\r\n");
        wire.Write(ClientCommands.Mail(message, extensions));
        var mail = IsPipelined ? null : await ReadMailAsync(resetFirst, flush: true);
        var sent = 0;
        while (sent < message.Recipients.Count && mail is not { IsPositive: false })
        {
            var count = Math.Min(IsPipelined ? Limits.RecipientsPerWrite : 1, message.Recipients.Count - sent);
            WriteRecipients(sent, count);
            await FlushAsync(Limits.BlockTimeout);
            mail ??= await ReadMailAsync(resetFirst, flush: false);
            await ReadRecipientsAsync(sent, count);
            sent += count;
        }

        if (mail is { IsPositive: false })
        {
            // What RCPT was answered after that says nothing of the recipients.
            Array.Clear(_results);
            _step = SmtpStep.Mail;
            Fill(mail, problem: null);
        }

        await EndAsync(body, wasDataSent: IsPipelined && !IsChunked && sent == message.Recipients.Count);
    }

    private void WriteRecipients(int first, int count)
    {
        for (var i = first; i < first + count; i++)
            wire.Write(ClientCommands.Rcpt(message.Recipients[i], extensions));
        if (IsPipelined && !IsChunked && first + count == message.Recipients.Count)
            wire.Write("DATA\r\n");
    }

    private async ValueTask<SmtpReply> ReadMailAsync(bool resetFirst, bool flush)
    {
        if (flush)
            await FlushAsync(Limits.BlockTimeout);
        if (resetFirst && await ReadVerdictAsync(Limits.MailTimeout) is { IsPositive: false } reset)
            throw new BadReplyException($"The server refused RSET: {Reply.Describe(reset)}");
        return await ReadVerdictAsync(Limits.MailTimeout);
    }

    private async ValueTask ReadRecipientsAsync(int first, int count)
    {
        _step = SmtpStep.Rcpt;
        for (var i = first; i < first + count; i++)
        {
            var reply = await ReadVerdictAsync(Limits.RcptTimeout);
            if (!reply.IsPositive)
                _results[i] = new RecipientResult(SmtpStep.Rcpt, reply, Problem: null);
        }
    }

    private async ValueTask EndAsync(Stream? body, bool wasDataSent)
    {
        var hasRecipients = _results.Contains(null);
        if (!hasRecipients && !wasDataSent)
            return;
        _step = SmtpStep.Data;
        if (IsChunked)
        {
            await SendMessageAsync(body);
            return;
        }

        if (!wasDataSent)
        {
            wire.Write("DATA\r\n");
            await FlushAsync(Limits.BlockTimeout);
        }

        var go = await ReadAsync(Limits.DataTimeout);
        if (go.IsPositive && go.Code != 354)
            throw new BadReplyException($"The server answered DATA with {Reply.Describe(go)}");
        if (go.Code != 354)
        {
            Fill(go, problem: null);
            return;
        }

        if (hasRecipients)
            await SendMessageAsync(body);
        else
            await SendNothingAsync();
    }

    private async ValueTask SendNothingAsync()
    {
        wire.Write(".\r\n");
        await FlushAsync(Limits.BlockTimeout);
        // RFC 2033 §4.2: LMTP owes an answer to each recipient, of which there are none.
        if (!settings.IsLmtp)
            await ReadVerdictAsync(Limits.EndTimeout);
    }

    private async ValueTask SendMessageAsync(Stream? body)
    {
        if (IsChunked)
        {
            await WriteChunksAsync(body);
        }
        else
        {
            (_wasDataAnswered, _step) = (true, SmtpStep.EndOfData);
            await new MessageStream(message, wire, deadline, Limits, chunks: null).WriteAsync(body);
        }

        SmtpReply? reply = null;
        IReadOnlyList<SmtpReply>? each = null;
        var next = 0;
        for (var i = 0; i < _results.Length; i++)
        {
            if (_results[i] is not null)
                continue;
            if (reply is null || settings.IsLmtp)
                reply = await ReadVerdictAsync(Limits.EndTimeout);
            if (next == 0 && reply.Code == ExtendedDataReply.Code && extensions.HasFlag(ServerExtensions.ExtendedData))
                each = ExtendedDataReply.Read(reply, _results.Count(static result => result is null));
            _results[i] = new RecipientResult(SmtpStep.EndOfData, each?[next++] ?? reply, Problem: null);
        }

        IsComplete = true;
    }

    /// <summary>RFC 3030 §2: no answer to DATA is waited for. A chunk that is refused ends the message, and the connection with it.</summary>
    private async ValueTask WriteChunksAsync(Stream? body)
    {
        var chunks = new ChunkAnswers(
            async () =>
            {
                if (await ReadVerdictAsync(Limits.DataTimeout) is { IsPositive: false } refusal)
                    throw new LastWordException(refusal);
            },
            last: () => (_wasDataAnswered, _step) = (true, SmtpStep.EndOfData));
        await new MessageStream(message, wire, deadline, Limits, chunks).WriteAsync(body);
        await chunks.ReadAllAsync();
    }

    private ValueTask FlushAsync(TimeSpan limit)
    {
        deadline.Set(limit);
        return wire.FlushAsync(deadline.Token);
    }

    /// <summary>What ends a command: yes or no. RFC 5321 §4.2.1: 3yz asks for more, and only DATA has more to give; after the message it would be
    /// taken for an acknowledgement.</summary>
    private async ValueTask<SmtpReply> ReadVerdictAsync(TimeSpan limit) => await ReadAsync(limit) is var reply && reply.Code / 100 != 3
        ? reply
        : throw new BadReplyException($"The server answered out of turn: {Reply.Describe(reply)}");

    private async ValueTask<SmtpReply> ReadAsync(TimeSpan limit)
    {
        deadline.Set(limit);
        var reply = await wire.ReadReplyAsync(deadline.Token);
        return reply.Code == 421 ? throw new LastWordException(reply) : reply;
    }
}
