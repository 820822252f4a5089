using System.Text;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;
using Courier.Mailboxes.Names;

namespace Courier.Imap.Commands;

/// <summary>CREATE: makes a mailbox, for a use if one is named.</summary>
/// <remarks>RFC 3501 §6.3.3, RFC 6154 §3: create = "CREATE" SP mailbox [SP "(" "USE" SP "(" [use-attr *(SP use-attr)] ")" ")"].
/// A separator at the end announces names below it; the mailbox is made without it.</remarks>
internal sealed record CreateCommand(MailboxArgument Mailbox, IReadOnlyList<string> Uses) : ImapCommand
{
    // RFC 6154 knows seven.
    private const int UsesMax = 16;

    public static CreateCommand Parse(ref ImapParser p)
    {
        p.Space();
        var mailbox = p.Mailbox();
        var uses = p.TrySpace() ? ReadUses(ref p) : [];
        p.End();
        return new(mailbox.WithoutTrailingSeparator(), uses);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        if (Mailbox.Name is not { } name)
            return Completion.No("CANNOT", "No mailbox can have that name");
        if (Uses.Any(use => SpecialUses.Find(use) is null))
            return Completion.No("USEATTR", "No mailbox here can be for that"); // RFC 6154 §3
        session.Notifications?.Caused(name);
        switch (await session.Mailboxes.CreateAsync(name, ct))
        {
            case CreateOutcome.AlreadyExists: return Completion.No("ALREADYEXISTS", "That mailbox exists already");
            case CreateOutcome.NotAllowed: return Completion.No("CANNOT", "That mailbox cannot be made");
        }

        if (Uses.Count > 0)
            await session.Mailboxes.AnnotateAsync(name, [new(SpecialUses.Entry, Encoding.ASCII.GetBytes(string.Join(' ', Uses.Select(SpecialUses.Find))))], ct);
        // RFC 9051 §6.3.4: under the newer protocol the client hears what it is really called.
        if (session.Has(Extensions.Rev2) && Mailbox.OldName is { } old && session.Naming.Wire(name) is { } wire)
            ListResponse.Write(session.Writer, "LIST", [], wire, oldName: old);
        return await session.Mailboxes.MailboxIdAsync(name, ct) is { } id
            ? Completion.Ok($"MAILBOXID ({id})", "CREATE completed") // RFC 8474 §4.1
            : Completion.Ok("CREATE completed");
    }

    private static List<string> ReadUses(ref ImapParser p)
    {
        p.Expect((byte)'(', "Expected a list of parameters");
        if (p.Name() != "USE")
            throw new ImapSyntaxException("Unknown parameter");
        p.Space();
        p.Expect((byte)'(', "Expected a list of uses");
        var uses = new List<string>();
        while (!p.TryByte((byte)')'))
        {
            if (uses.Count > 0)
                p.Space();
            p.Expect((byte)'\\', "Not a use");
            uses.Add("\\" + Encoding.ASCII.GetString(p.Atom()));
            if (uses.Count > UsesMax)
                throw new ImapSyntaxException("Too many uses");
        }

        p.Expect((byte)')', "The list of parameters is not closed");
        return uses;
    }
}
