using Courier.Imap.Commands;
using Courier.Imap.Grammar;

namespace Courier.Imap;

/// <summary>What came from the client, understood: a command, or a complaint about it.</summary>
internal readonly record struct ReceivedCommand(byte[] Tag, string Name, CommandEntry? Entry, ImapCommand? Command, string Complaint)
{
    /// <summary>Looks the command up, sees whether it is allowed in this state, and parses it. All syntax mistakes end here.</summary>
    public static ReceivedCommand Interpret(
        ReadOnlySpan<byte> text, ReadStatus status, ImapStates state, ImapLimits limits, MailboxNaming? naming = null)
    {
        var p = new ImapParser(text, limits, naming);
        byte[] tag = [(byte)'*'];
        try
        {
            tag = p.Tag().ToArray();
            if (status == ReadStatus.LiteralRefused)
                return new(tag, "", null, null, "A literal is larger than is taken here");
            p.Space();
            var name = CommandTable.ReadName(ref p);
            if (!CommandTable.Rows.TryGetValue(name, out var entry))
                return new(tag, name, null, null, "Unknown command");
            if ((entry.States & state) == 0)
                return new(tag, name, entry, null, "Not allowed in this state");
            return new(tag, name, entry, entry.Parse(ref p), "");
        }
        catch (ImapSyntaxException e)
        {
            return new(tag, "", null, null, e.Message);
        }
    }
}
