namespace Courier.Imap;

/// <summary>The mailbox under this session is another one now: its UIDs mean nothing any more.</summary>
internal sealed class MailboxReplacedException : Exception
{
    public MailboxReplacedException()
    {
    }

    public MailboxReplacedException(string message)
        : base(message)
    {
    }

    public MailboxReplacedException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
