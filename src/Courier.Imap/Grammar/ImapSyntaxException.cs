namespace Courier.Imap.Grammar;

/// <summary>The client's command is not what the grammar allows; the message goes to the client, so it never holds input.</summary>
internal sealed class ImapSyntaxException : Exception
{
    public ImapSyntaxException()
    {
    }

    public ImapSyntaxException(string message)
        : base(message)
    {
    }

    public ImapSyntaxException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
