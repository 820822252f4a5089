namespace Courier.Mailboxes.Sorting;

/// <summary>A message in a thread, or the place of one that is not there (RFC 5256 §3, "dummy").</summary>
public sealed class ThreadNode
{
    /// <summary>Null for a dummy.</summary>
    public SortedMessage? Message { get; internal set; }

    public List<ThreadNode> Children { get; internal set; } = [];

    internal ThreadNode? Parent { get; set; }

    /// <summary>What it is sorted by among its siblings.</summary>
    internal long Date { get; set; }

    internal int Position { get; set; }
}
