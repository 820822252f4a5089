using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>IDLE: the client listens, and is told of changes as they happen, until it says DONE.</summary>
/// <remarks>RFC 2177 §4: idle = "IDLE" CRLF "DONE". While nothing happens the session holds one pending read without a buffer and a callback.</remarks>
internal sealed record IdleCommand : ImapCommand
{
    public static IdleCommand Parse(ref ImapParser p)
    {
        p.End();
        return new();
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        const int lineMax = 1024;
        session.Writer.Raw("+ idling\r\n"u8);
        var changed = new Signal();
        using var callback = session.Selected?.Mailbox.OnChanged(changed.Set);
        ImapMeter.Idling.Add(1);
        try
        {
            await session.WriteUpdatesAsync(CommandEffects.MaySendExpunge, ct);
            await session.Writer.FlushAsync();
            var line = session.Reader.ListenAsync(lineMax, session.Limits.Inactivity);
            while (await Task.WhenAny(line, changed.WaitAsync()) != line)
            {
                changed.Reset();
                session.Selected?.Adopt();
                await session.WriteUpdatesAsync(CommandEffects.MaySendExpunge, ct);
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

    /// <summary>Wakes the one who waits; any number of sets before that wake it once.</summary>
    private sealed class Signal
    {
        private volatile TaskCompletionSource _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Set() => _source.TrySetResult();

        public Task WaitAsync() => _source.Task;

        public void Reset() => _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
