using Courier.IO.Files;

namespace Courier.Mailboxes.Delivery;

/// <summary>One copy of a message on its way into a Maildir's new/: written into <c>courier/staging/</c> of that Maildir, synced
/// with its batch, then renamed. The name in staging is the name it will have in new/.</summary>
public sealed record StagedMessage(string Path)
{
    /// <summary>Writes a copy, not yet synced. CRLF line ends become LF, as other programs expect in a Maildir; the name gets
    /// <c>,S=&lt;bytes on disk&gt;,W=&lt;bytes with CRLF&gt;</c>.</summary>
    /// <param name="maildir">The account's Maildir; made when it is not there.</param>
    /// <param name="name">Unique, without sizes: <c>&lt;seconds&gt;.M&lt;µs&gt;Q&lt;queue id&gt;R&lt;n&gt;.&lt;host&gt;</c>.</param>
    /// <param name="header">Fields to put on top (Return-Path, Delivered-To, Received), CRLF.</param>
    /// <param name="body">The message, CRLF.</param>
    public static StagedMessage Write(string maildir, string name, ReadOnlySpan<byte> header, MessageBody body) => throw new NotImplementedException();

    /// <summary>Makes a batch durable: one syncfs for each file system among them.</summary>
    public static void Sync(IReadOnlyList<StagedMessage> batch) => throw new NotImplementedException();

    /// <summary>Renames into new/. True also when it is not in staging any more: then it was published before, and a user may
    /// have moved or deleted it since. Never writes a second copy.</summary>
    public bool Publish() => throw new NotImplementedException();

    /// <summary>Makes published names durable: one syncfs for each file system among them.</summary>
    public static void SyncPublished(IReadOnlyList<StagedMessage> batch) => throw new NotImplementedException();

    /// <summary>Takes back a copy that was never committed as staged.</summary>
    public void Discard() => throw new NotImplementedException();
}
