using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>A parsed command. Each family has one file: the record, <c>Parse</c> (bytes to record, no state), <c>RunAsync</c>.</summary>
internal abstract record ImapCommand
{
    /// <summary>Does it and says how it ended. What it has to say besides goes to the session's writer.</summary>
    public abstract ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct);
}
