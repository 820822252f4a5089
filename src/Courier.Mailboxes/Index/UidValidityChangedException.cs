namespace Courier.Mailboxes.Index;

/// <summary>The mailbox was begun anew by somebody else: what a change was to be made to is not there any more. Who only looks may look again.</summary>
internal sealed class UidValidityChangedException : IOException
{
    public UidValidityChangedException()
    {
    }

    public UidValidityChangedException(string message)
        : base(message)
    {
    }

    public UidValidityChangedException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
