using System.Text;

namespace Courier.Imap;

/// <summary>Tells a client that waits how far its command is: <c>* OK [INPROGRESS ("tag" done all)]</c> (RFC 9585 §4), not sooner and not
/// more often than <see cref="ImapLimits.ProgressEvery"/>.</summary>
internal sealed class Progress(ImapSession session, long all)
{
    private long _told = session.Server.Clock.GetTimestamp();

    public async ValueTask TellAsync(long done)
    {
        var now = session.Server.Clock.GetTimestamp();
        if (session.Server.Clock.GetElapsedTime(_told, now) < session.Limits.ProgressEvery)
            return;
        _told = now;
        // A tag that no quoted string can hold was no tag.
        session.Writer.Raw($"* OK [INPROGRESS (\"{Encoding.ASCII.GetString(session.Tag)}\" {Math.Max(0, done)} {all})] Still at it\r\n");
        await session.Writer.FlushAsync();
    }
}
