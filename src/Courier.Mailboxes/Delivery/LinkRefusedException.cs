namespace Courier.Mailboxes.Delivery;

/// <summary>link(2) failed for a message that was to be copied.</summary>
internal sealed class LinkRefusedException : IOException
{
    private const int NoEntry = 2, CrossesDevice = 18, NotPermitted = 1, TooManyLinks = 31;

    public LinkRefusedException()
    {
    }

    public LinkRefusedException(string message)
        : base(message)
    {
    }

    public LinkRefusedException(string message, Exception inner)
        : base(message, inner)
    {
    }

    internal LinkRefusedException(int error)
        : base($"link: error {error}", error) => Error = error;

    internal int Error { get; }

    /// <summary>The file was renamed meanwhile, or is gone.</summary>
    internal bool IsMissing => Error == NoEntry;

    /// <summary>The bytes have to be copied.</summary>
    internal bool IsForGood => Error is CrossesDevice or NotPermitted or TooManyLinks;
}
