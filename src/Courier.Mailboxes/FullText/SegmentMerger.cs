using System.Numerics;

namespace Courier.Mailboxes.FullText;

/// <summary>Makes one segment of several, without the messages that are gone. Memory: the messages, the dictionary and one list.</summary>
internal static class SegmentMerger
{
    internal static void Merge(IReadOnlyList<Segment> segments, Func<SegmentMessage, bool> isAlive, uint uidValidity, string path)
    {
        var (messages, numbers) = Renumber(segments, isAlive);
        if (messages.Length == 0)
            return;
        using var writer = new SegmentWriter(path, uidValidity, messages);
        var cursors = new PriorityQueue<(int Segment, IEnumerator<(int Gram, long At, int Length)> Lists), int>();
        for (var i = 0; i < segments.Count; i++)
            Advance(cursors, i, segments[i].Lists().GetEnumerator());
        var bits = segments.Select(segment => new ulong[(segment.Messages.Length + 63) / 64]).ToArray();
        var merged = new List<int>();
        while (cursors.TryPeek(out _, out var gram))
        {
            merged.Clear();
            while (cursors.TryPeek(out var next, out var at) && at == gram)
            {
                cursors.Dequeue();
                Array.Clear(bits[next.Segment]);
                segments[next.Segment].ReadList((next.Lists.Current.At, next.Lists.Current.Length), bits[next.Segment]);
                Collect(bits[next.Segment], numbers[next.Segment], merged);
                Advance(cursors, next.Segment, next.Lists);
            }

            if (merged.Count == 0)
                continue;
            merged.Sort();
            writer.Add(gram, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(merged));
        }

        writer.Finish();
    }

    private static void Advance(PriorityQueue<(int, IEnumerator<(int Gram, long, int)>), int> cursors, int segment, IEnumerator<(int Gram, long, int)> lists)
    {
        if (lists.MoveNext())
            cursors.Enqueue((segment, lists), lists.Current.Gram);
        else
            lists.Dispose();
    }

    // A message that is in several segments is taken from the first; -1 is one that is left out.
    private static (SegmentMessage[] Messages, int[][] Numbers) Renumber(IReadOnlyList<Segment> segments, Func<SegmentMessage, bool> isAlive)
    {
        var numbers = segments.Select(segment => new int[segment.Messages.Length]).ToArray();
        var all = segments.SelectMany((segment, s) => segment.Messages.Select((message, number) => (Message: message, Segment: s, Number: number)))
            .Where(entry => isAlive(entry.Message)).OrderBy(entry => entry.Message.Uid).ThenBy(entry => entry.Segment).ToList();
        foreach (var own in numbers)
            Array.Fill(own, -1);
        var messages = new List<SegmentMessage>(all.Count);
        foreach (var (message, segment, number) in all)
        {
            if (messages.Count > 0 && messages[^1].Uid == message.Uid)
                continue;
            numbers[segment][number] = messages.Count;
            messages.Add(message);
        }

        return ([.. messages], numbers);
    }

    private static void Collect(ulong[] bits, int[] numbers, List<int> into)
    {
        for (var i = 0; i < bits.Length; i++)
        {
            for (var word = bits[i]; word != 0; word &= word - 1)
            {
                var number = numbers[(i * 64) + BitOperations.TrailingZeroCount(word)];
                if (number >= 0)
                    into.Add(number);
            }
        }
    }
}
