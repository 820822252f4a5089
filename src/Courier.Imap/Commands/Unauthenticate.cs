using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>UNAUTHENTICATE: the connection stays, the login goes; a proxy uses it for somebody else.</summary>
/// <remarks>RFC 8437 §2: "UNAUTHENTICATE". The mailbox is left as by UNSELECT, and what was enabled is off.</remarks>
internal sealed record UnauthenticateCommand : ImapCommand
{
    public static UnauthenticateCommand Parse(ref ImapParser p)
    {
        p.End();
        return new();
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        await session.LogOutAsync();
        return Completion.Ok($"CAPABILITY {Capabilities.For(session)}", "Nobody is logged in");
    }
}
