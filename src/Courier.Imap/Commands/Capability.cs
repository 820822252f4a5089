using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>CAPABILITY: what can be done here and now.</summary>
/// <remarks>RFC 3501 §6.1.1: capability = "CAPABILITY"</remarks>
internal sealed record CapabilityCommand : ImapCommand
{
    public static CapabilityCommand Parse(ref ImapParser p)
    {
        p.End();
        return new();
    }

    public override ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        session.Writer.Raw($"* CAPABILITY {Capabilities.For(session)}\r\n");
        return new(Completion.Ok("CAPABILITY completed"));
    }
}
