using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>NOTIFY: what the client wants to be told of, whenever it happens and wherever. The work is done by <see cref="Notifications"/>.</summary>
/// <remarks>RFC 5465 §3.1: see <see cref="NotifyRequest"/>. It lasts until the next NOTIFY or the end of the login.</remarks>
internal sealed record NotifyCommand(NotifyRequest Request) : ImapCommand
{
    public static NotifyCommand Parse(ref ImapParser p)
    {
        p.Space();
        var request = NotifyRequest.Parse(ref p);
        p.End();
        return new(request);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        if (Request.HasUnknown)
            return Completion.No(Notifications.KnownEvents, "Some of these events are not told");
        // What has gathered is told as before: from here on the new rules hold (§3.1).
        if (Request.Groups.Count > 0)
            await session.TellAsync(CommandEffects.MaySendExpunge, ct);
        if (await Notifications.StartAsync(session, Request, ct) is not { } notifications)
            return Completion.No("NOTIFICATIONOVERFLOW", "Those are more mailboxes than can be watched");
        await session.NotifyAsync(notifications);
        return Completion.Ok("NOTIFY completed");
    }
}
