using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>LOGOUT: the orderly end.</summary>
/// <remarks>RFC 3501 §6.1.3: "LOGOUT"; BYE comes before the tagged reply.</remarks>
internal sealed record LogoutCommand : ImapCommand
{
    public static LogoutCommand Parse(ref ImapParser p)
    {
        p.End();
        return new();
    }

    public override ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        session.Writer.Raw("* BYE Until next time\r\n"u8);
        session.IsEnding = true;
        return new(Completion.Ok("LOGOUT completed"));
    }
}
