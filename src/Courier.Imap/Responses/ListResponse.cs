namespace Courier.Imap.Responses;

/// <summary><c>* LIST (\HasChildren) "." "INBOX.a" ("CHILDINFO" ("SUBSCRIBED"))</c> (RFC 3501 §7.2.2, RFC 5258 §4), and what it was called (RFC 9051 §6.3.9.7).</summary>
internal static class ListResponse
{
    public static void Write(ImapWriter writer, string name, IReadOnlyList<string> attributes, string wire, IReadOnlyList<string>? children = null, string? oldName = null)
    {
        writer.Raw("* "u8);
        writer.Raw(name);
        writer.Raw(" ("u8);
        writer.Raw(string.Join(' ', attributes));
        writer.Raw(") \".\" "u8);
        writer.Mailbox(wire);
        if (children is { Count: > 0 })
            writer.Raw($" (\"CHILDINFO\" ({string.Join(' ', children.Select(criterion => $"\"{criterion}\""))}))");
        if (oldName is not null)
        {
            writer.Raw(" (\"OLDNAME\" ("u8);
            writer.Mailbox(oldName);
            writer.Raw("))"u8);
        }

        writer.Line();
    }
}
