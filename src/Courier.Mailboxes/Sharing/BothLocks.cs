using Courier.IO.Files;

namespace Courier.Mailboxes.Sharing;

/// <summary>Our lock of a mailbox and the other server's, taken in this order and given back in the other.</summary>
internal sealed class BothLocks(OfdLock ours, DotLock theirs) : IDisposable
{
    public void Dispose()
    {
        theirs.Dispose();
        ours.Dispose();
    }
}
