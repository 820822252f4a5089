using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>NOOP and CHECK: nothing but the updates that the loop sends after every command.</summary>
/// <remarks>RFC 3501 §6.1.2, §6.4.1: "NOOP" / "CHECK". What CHECK asks for is always so: every change is on disk when it is acknowledged.</remarks>
internal sealed record NoopCommand : ImapCommand
{
    public static NoopCommand Parse(ref ImapParser p)
    {
        p.End();
        return new();
    }

    public override ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct) => new(Completion.Ok("Completed"));
}
