using Courier.Mailboxes.Sorting;

namespace Courier.Imap.Responses;

/// <summary><c>* THREAD (2)(3 6 (4 23)(44 7 96))</c> (RFC 5256 §4). Written without going into the stack: threads are as deep as their senders like.</summary>
internal static class ThreadResponse
{
    public static async ValueTask WriteAsync(ImapWriter writer, IReadOnlyList<ThreadNode> threads, Func<int, uint> number)
    {
        writer.Raw("* THREAD"u8);
        if (threads.Count > 0)
            writer.Raw(" "u8);
        writer.IsMidResponse = true;
        foreach (var thread in threads)
        {
            Write(writer, thread, number);
            await writer.FlushIfFullAsync();
        }

        writer.Line();
        writer.IsMidResponse = false;
    }

    private static void Write(ImapWriter writer, ThreadNode thread, Func<int, uint> number)
    {
        // What is still to be written; null closes a bracket. A node's flag says whether it opens one.
        var open = new Stack<(ThreadNode? Node, bool Opens)>([(null, false), (thread, true)]);
        var needsSpace = false;
        while (open.TryPop(out var next))
        {
            if (next.Node is not { } node)
            {
                writer.Raw(")"u8);
                needsSpace = false;
                continue;
            }

            if (next.Opens)
            {
                // thread-members SP thread-nested: a space before the first bracket after a number.
                writer.Raw(needsSpace ? " ("u8 : "("u8);
                needsSpace = false;
            }

            if (node.Message is { } message)
            {
                if (needsSpace)
                    writer.Raw(" "u8);
                writer.Number(number(message.Position));
                needsSpace = true;
            }

            if (node.Children.Count == 1)
            {
                open.Push((node.Children[0], false));
                continue;
            }

            for (var i = node.Children.Count - 1; i >= 0; i--)
            {
                open.Push((null, false));
                open.Push((node.Children[i], true));
            }
        }
    }
}
