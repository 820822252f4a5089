using System.Text;

namespace Courier.Mailboxes.Sorting;

/// <summary>Puts messages into threads: ORDEREDSUBJECT and REFERENCES of RFC 5256 §3, and REFS, which goes by references alone and puts the
/// threads in the order of their newest message (draft-ietf-morg-inthread).</summary>
/// <remarks>Who writes the messages chooses the identifiers, so nothing here goes deeper into the stack with a thread, and no thread is deeper than
/// <see cref="MaxDepth"/>: what would be is a thread of its own.</remarks>
public static class Threads
{
    /// <summary>Levels above a message that are walked to see that a link closes no circle.</summary>
    private const int MaxDepth = 1000;

    public static List<ThreadNode> BySubject(IReadOnlyList<SortedMessage> messages)
    {
        var threads = new List<ThreadNode>();
        foreach (var group in messages.GroupBy(message => Encoding.Latin1.GetString(message.Keys.Subject), StringComparer.Ordinal))
        {
            var inOrder = group.OrderBy(message => message.Date).ThenBy(message => message.Position).Select(Leaf).ToList();
            inOrder[0].Children = inOrder[1..];
            threads.Add(inOrder[0]);
        }

        Sort(threads);
        return threads;
    }

    public static List<ThreadNode> ByReferences(IReadOnlyList<SortedMessage> messages)
    {
        var roots = Prune(Link(messages));
        foreach (var root in roots)
            SortBelow(root);
        Sort(roots);
        roots = MergeSubjects(roots);
        foreach (var root in roots)
            SortBelow(root);
        Sort(roots);
        return roots;
    }

    public static List<ThreadNode> ByReferencesAlone(IReadOnlyList<SortedMessage> messages)
    {
        var roots = Prune(Link(messages));
        foreach (var root in roots)
        {
            SortBelow(root);
            root.Date = Each(root).Max(node => node.Message?.Received ?? long.MinValue);
        }

        roots.Sort(InOrder);
        return roots;
    }

    private static ThreadNode Leaf(SortedMessage message) => new() { Message = message, Date = message.Date, Position = message.Position };

    // Steps 1 and 2: a node for every identifier, linked as the references say.
    private static List<ThreadNode> Link(IReadOnlyList<SortedMessage> messages)
    {
        var nodes = new Dictionary<ulong, ThreadNode>();
        var all = new List<ThreadNode>(messages.Count);
        foreach (var message in messages)
        {
            var node = NodeOf(message, nodes, all);
            ThreadNode? parent = null;
            for (var i = 0; i < message.Keys.ReferenceCount; i++)
            {
                if (!nodes.TryGetValue(message.Keys.Reference(i), out var reference))
                {
                    nodes.Add(message.Keys.Reference(i), reference = new() { Position = message.Position });
                    all.Add(reference);
                }

                // 1A: only where there is no link yet, and none that closes a circle.
                if (parent is not null && reference.Parent is null && !IsAbove(reference, parent))
                    reference.Parent = parent;
                parent = reference;
            }

            // 1B: the last reference is the parent, whatever another message's references said before.
            if (parent is not null && !IsAbove(node, parent))
                node.Parent = parent;
        }

        // Only now that nobody changes parents any more.
        foreach (var node in all)
            node.Parent?.Children.Add(node);
        return [.. all.Where(node => node.Parent is null)];
    }

    // A second message of one identifier is one without: it has a node of its own.
    private static ThreadNode NodeOf(SortedMessage message, Dictionary<ulong, ThreadNode> nodes, List<ThreadNode> all)
    {
        if (message.Keys.MessageId is not 0 and var id)
        {
            if (!nodes.TryGetValue(id, out var known))
                nodes.Add(id, known = Added(new()));
            if (known.Message is null)
            {
                (known.Message, known.Date, known.Position) = (message, message.Date, message.Position);
                return known;
            }
        }

        return Added(Leaf(message));

        ThreadNode Added(ThreadNode node)
        {
            all.Add(node);
            return node;
        }
    }

    private static bool IsAbove(ThreadNode node, ThreadNode below)
    {
        var depth = 0;
        for (var at = below; at is not null; at = at.Parent)
        {
            if (ReferenceEquals(at, node) || ++depth > MaxDepth)
                return true;
        }

        return false;
    }

    // Step 3: dummies go; their children take their place, but not several at the top.
    private static List<ThreadNode> Prune(List<ThreadNode> roots)
    {
        foreach (var node in BottomUp(roots))
        {
            var children = new List<ThreadNode>(node.Children.Count);
            foreach (var child in node.Children)
            {
                if (child.Message is not null)
                    children.Add(child);
                else
                    children.AddRange(child.Children);
            }

            node.Children = children;
        }

        var kept = new List<ThreadNode>(roots.Count);
        foreach (var root in roots)
        {
            if (root.Message is not null || root.Children.Count > 1)
                kept.Add(root);
            else if (root.Children.Count == 1)
                kept.Add(root.Children[0]);
        }

        return kept;
    }

    // Step 5: threads of one subject are one. The key of the table is the base subject of the thread's first message.
    private static List<ThreadNode> MergeSubjects(List<ThreadNode> roots)
    {
        var table = new Dictionary<string, ThreadNode>(StringComparer.Ordinal);
        foreach (var root in roots)
        {
            if (SubjectOf(root) is not { Length: > 0 } subject)
                continue;
            // 5B: a dummy before a message, and what is no reply before one.
            if (!table.TryGetValue(subject, out var known) || (root.Message is null && known.Message is not null) || (known.Message is not null && IsReply(known) && !IsReply(root)))
                table[subject] = root;
        }

        var merged = new List<ThreadNode>();
        var gone = new HashSet<ThreadNode>(ReferenceEqualityComparer.Instance);
        var replaced = new Dictionary<ThreadNode, ThreadNode>(ReferenceEqualityComparer.Instance);
        foreach (var root in roots)
        {
            if (SubjectOf(root) is not { Length: > 0 } subject || ReferenceEquals(table[subject], root))
                continue;
            gone.Add(root);
            var known = table[subject];
            if (known.Message is null && root.Message is null)
                known.Children.AddRange(root.Children);
            else if (known.Message is null || (IsReply(root) && !IsReply(known)))
                known.Children.Add(root);
            else
            {
                var both = new ThreadNode { Children = [known, root], Position = known.Position };
                table[subject] = both;
                replaced[known] = both;
            }
        }

        foreach (var root in roots.Where(root => !gone.Contains(root)))
            merged.Add(replaced.GetValueOrDefault(root, root));
        return merged;
    }

    private static string SubjectOf(ThreadNode root) => (root.Message ?? root.Children[0].Message) is { } message ? Encoding.Latin1.GetString(message.Keys.Subject) : "";

    private static bool IsReply(ThreadNode root) => (root.Message ?? root.Children[0].Message)?.Keys.IsReplyOrForward == true;

    // Steps 4 and 6: siblings by date; a dummy has that of its first child.
    private static void SortBelow(ThreadNode root)
    {
        foreach (var node in BottomUp([root]))
        {
            Sort(node.Children);
            if (node.Message is null && node.Children.Count > 0)
                (node.Date, node.Position) = (node.Children[0].Date, node.Children[0].Position);
        }
    }

    private static void Sort(List<ThreadNode> nodes) => nodes.Sort(InOrder);

    private static int InOrder(ThreadNode left, ThreadNode right) =>
        left.Date.CompareTo(right.Date) is not 0 and var order ? order : left.Position.CompareTo(right.Position);

    private static IEnumerable<ThreadNode> Each(ThreadNode root) => BottomUp([root]);

    private static List<ThreadNode> BottomUp(IReadOnlyList<ThreadNode> roots)
    {
        var all = new List<ThreadNode>(roots);
        for (var i = 0; i < all.Count; i++)
            all.AddRange(all[i].Children);
        all.Reverse();
        return all;
    }
}
