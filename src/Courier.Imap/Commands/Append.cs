using System.Collections.Immutable;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.IO.Files;
using Courier.Mailboxes;

namespace Courier.Imap.Commands;

/// <summary>APPEND: puts one or several messages into a mailbox, all or none. Their octets go straight into buffers that spill to disk.</summary>
/// <remarks>RFC 3501 §6.3.11, RFC 3502, RFC 4315 §3: append = "APPEND" SP mailbox 1*([SP flag-list] [SP date-time] SP literal)</remarks>
internal sealed record AppendCommand(MailboxArgument Mailbox, AppendCommand.Item First) : ImapCommand
{
    public static AppendCommand Parse(ref ImapParser p)
    {
        p.Space();
        var mailbox = p.Mailbox();
        return new(mailbox, ReadItem(ref p));
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        var messages = new List<AppendMessage>();
        try
        {
            if (await ReceiveAsync(session, messages) is { } refusal)
                return refusal;
            if (Mailbox.Name is null || await session.Mailboxes.AppendAsync(Mailbox.Name, messages, ct) is not { } placed)
                return Completion.TryCreate;
            session.Record.Appended += messages.Count;
            return Completion.Ok($"APPENDUID {placed.UidValidity} {UidText.Of(placed.Uids)}", "APPEND completed");
        }
        finally
        {
            foreach (var message in messages)
                message.Message.Dispose();
        }
    }

    /// <summary>Takes the messages in; a refusal leaves what is not wanted to the reader, which keeps in step with the client.</summary>
    private async ValueTask<Completion?> ReceiveAsync(ImapSession session, List<AppendMessage> messages)
    {
        for (Item? item = First; item is not null; item = Following(session))
        {
            var length = session.Reader.Message!.Value.Length;
            if (length > session.Limits.MessageBytes)
                return Completion.No("TOOBIG", "The message is larger than is taken here");
            if (messages.Count == session.Limits.AppendMessages)
                return Completion.No("LIMIT", "Too many messages at once");
            var buffer = new MessageBuffer(session.Server.Settings.SpillDirectory, session.Limits.AppendMemoryBytes);
            messages.Add(new(buffer, item.Flags, item.Keywords, item.Date));
            var isClean = await session.Reader.ReadMessageAsync(buffer);
            if (await session.Reader.ContinueAsync() != ReadStatus.Command)
                throw new ConnectionLostException("The client left in the middle of a message, or sent too much");
            if (!isClean)
                return Completion.No("CANNOT", "A message may not hold NUL"); // CHAR8 = %x01-ff
            if (length == 0)
                return Completion.No("CANNOT", "A message of no octets is none");
        }

        return null;
    }

    private static Item? Following(ImapSession session)
    {
        var p = new ImapParser(session.Reader.Text, session.Limits, session.Naming);
        return p.AtEnd ? null : ReadItem(ref p);
    }

    private static Item ReadItem(ref ImapParser p)
    {
        var (flags, keywords) = (MessageFlags.None, ImmutableArray<string>.Empty);
        DateTimeOffset? date = null;
        p.Space();
        if (p.Next((byte)'('))
        {
            (flags, keywords) = FlagGrammar.List(ref p);
            p.Space();
        }

        if (p.Next((byte)'"'))
        {
            date = p.DateTime();
            p.Space();
        }

        p.Expect((byte)'{', "Expected a message as a literal");
        p.Digits();
        p.TryByte((byte)'+');
        p.Expect((byte)'}', "Not a literal");
        p.End();
        return new(flags, keywords, date);
    }

    /// <summary>What is said of a message before it comes.</summary>
    internal sealed record Item(MessageFlags Flags, ImmutableArray<string> Keywords, DateTimeOffset? Date);
}
