using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>IDLE: the client listens, and is told of changes as they happen, until it says DONE.</summary>
/// <remarks>RFC 2177 §4: idle = "IDLE" CRLF "DONE". While nothing happens the session holds one pending read without a buffer and a callback.</remarks>
internal sealed record IdleCommand : ImapCommand
{
    /// <summary>What a client gets between the continuation and what happened before: Thunderbird under COMPRESS overlooks, one time in ten, what arrives in
    /// one read with the continuation, and shows it when something else happens. Measured: 11 of 120 without, none of 60 with it.</summary>
    internal static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    public static IdleCommand Parse(ref ImapParser p)
    {
        p.End();
        return new();
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        const int lineMax = 1024;
        session.Writer.Raw("+ idling\r\n"u8);
        await session.Writer.FlushAsync();
        // Who has said what to be told of is told just that (RFC 5465 §4).
        var changed = session.Notifications?.Signal ?? new Signal();
        using var callback = session.Notifications is null ? session.Selected?.Mailbox.OnChanged(changed.Set) : null;
        ImapMeter.Idling.Add(1);
        try
        {
            await session.TellAsync(CommandEffects.MaySendExpunge, ct);
            var line = session.Reader.ListenAsync(lineMax, session.Limits.Inactivity);
            if (session.Writer.Unsent > 0)
                await Task.WhenAny(line, Task.Delay(Moment, session.Server.Clock, ct));
            await session.Writer.FlushAsync();
            while (await Task.WhenAny(line, changed.WaitAsync()) != line)
            {
                changed.Reset();
                await session.TellAsync(CommandEffects.MaySendExpunge, ct);
                await session.Writer.FlushAsync();
            }

            if (await line is not ReadStatus.Command)
                throw new ConnectionLostException("The client left while idle, or sent too much");
        }
        finally
        {
            ImapMeter.Idling.Add(-1);
        }

        return System.Text.Ascii.EqualsIgnoreCase(session.Reader.Text, "DONE"u8) ? Completion.Ok("IDLE completed") : Completion.Bad("Expected DONE");
    }
}
