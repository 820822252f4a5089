using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>NAMESPACE: where personal mailboxes are; there are no others yet.</summary>
/// <remarks>RFC 2342 §5: namespace = "NAMESPACE"</remarks>
internal sealed record NamespaceCommand : ImapCommand
{
    public static NamespaceCommand Parse(ref ImapParser p)
    {
        p.End();
        return new();
    }

    public override ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        session.Writer.Raw($"* NAMESPACE ((\"{session.Naming.Prefix}\" \".\")) NIL NIL\r\n");
        return new(Completion.Ok("NAMESPACE completed"));
    }
}
