namespace Courier.Imap;

/// <summary>The client's connection failed, as opposed to our storage, whose failures are plain <see cref="IOException"/>s.</summary>
internal sealed class ConnectionLostException : Exception
{
    public ConnectionLostException()
    {
    }

    public ConnectionLostException(string message)
        : base(message)
    {
    }

    public ConnectionLostException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
