using System.Buffers;
using System.Globalization;
using System.Text;
using Courier.Mailboxes.Content;
using Courier.Mailboxes.Sorting;

namespace Courier.Tests.Mailboxes;

/// <summary>Threads as RFC 5256 §3 builds them. A message is written as "id subject references", the day of its date is its number.</summary>
public sealed class ThreadsTests
{
    [Theory]
    [InlineData("(1)", "a x")]
    [InlineData("(1 2)", "a x", "b Re:_x a")]
    [InlineData("(1 (2)(3))", "a x", "b y a", "c z a")]
    [InlineData("(1 2 3)", "a x", "b y a", "c z a,b")]
    [InlineData("(1)(2)", "a x", "b y")]
    [InlineData("(1 2)", "a x", "b Re:_x")] // 5C: a reply of the same subject
    [InlineData("((1)(2))", "a x", "b x")] // 5C: neither is a reply of the other
    [InlineData("((1)(2))", "b x gone", "c y gone")] // the missing message keeps its place
    [InlineData("(1)", "b x gone")] // but not for one child
    [InlineData("(1 2)", "b x gone,a", "c y gone,a,b")]
    [InlineData("(2 1)", "b Re:_x a", "a x")] // the order is that of the links
    [InlineData("(2 1)", "a x b", "b y a")] // no circles
    [InlineData("(1 2)(3)", "a x", "b y a", "a z")] // an identifier that was there before
    [InlineData("(1)", "a x a")]
    [InlineData("(1 2)", "- x", "- Re:_x")] // without identifiers
    [InlineData("(1)(2)", "- -", "- -")] // nor subjects
    public void References(string threads, params string[] messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        Assert.Equal(threads, Show(Threads.ByReferences(Read(messages))));
    }

    [Theory]
    [InlineData("(1 3)(2)", "a x", "b y", "c Re:_X")]
    [InlineData("(1 (2)(3))", "a x", "b x", "c x")]
    [InlineData("(1)(2)", "a x", "b y a")]
    public void Ordered_subject(string threads, params string[] messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        Assert.Equal(threads, Show(Threads.BySubject(Read(messages))));
    }

    [Theory]
    [InlineData("(2)(1 3)", "a x", "b y", "c z a")]
    [InlineData("(1)(2)", "a x", "b Re:_x")]
    public void References_alone(string threads, params string[] messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        Assert.Equal(threads, Show(Threads.ByReferencesAlone(Read(messages))));
    }

    [Fact]
    public void A_hundred_thousand_answers_to_answers_take_moments()
    {
        var messages = Enumerable.Range(0, 100_000).Select(i => $"m{i} s{i} {(i == 0 ? "" : $"m{i - 1}")}".TrimEnd()).ToArray();
        var threads = Threads.ByReferences(Read(messages));
        var open = new Stack<ThreadNode>(threads);
        var count = 0;
        while (open.TryPop(out var node))
        {
            count += node.Message is null ? 0 : 1;
            node.Children.ForEach(open.Push);
        }

        Assert.Equal(100_000, count);
    }

    private static List<SortedMessage> Read(string[] messages) => [.. messages.Select((message, i) =>
    {
        var words = message.Split(' ');
        var header = new StringBuilder();
        if (words[0] != "-")
            header.Append(CultureInfo.InvariantCulture, $"Message-ID: <{words[0]}@x>\r\n");
        if (words[1] != "-")
            header.Append(CultureInfo.InvariantCulture, $"Subject: {words[1].Replace('_', ' ')}\r\n");
        if (words.Length > 2)
            header.Append("References: ").AppendJoin(' ', words[2].Split(',').Select(id => $"<{id}@x>")).Append("\r\n");
        var bytes = new ArrayBufferWriter<byte>();
        MessageKeys.Write(bytes, Encoding.ASCII.GetBytes(header.Append("\r\n").ToString()));
        return new SortedMessage(i, MessageKeys.Parse(bytes.WrittenMemory)!.Value, i, i);
    })];

    private static string Show(IEnumerable<ThreadNode> threads) => string.Concat(threads.Select(thread => "(" + Inside(thread) + ")"));

    private static string Inside(ThreadNode node)
    {
        var own = node.Message is { } message ? (message.Position + 1).ToString(CultureInfo.InvariantCulture) : "";
        return node.Children.Count switch
        {
            0 => own,
            1 => (own + " " + Inside(node.Children[0])).TrimStart(),
            _ => (own + " ").TrimStart() + Show(node.Children),
        };
    }
}
