using System.Globalization;
using System.Text.RegularExpressions;
using Courier.Testing.Processes;

namespace Courier.EndToEnd.Peers;

public abstract partial class PeerExchange
{
    private const int Lines = 100;

    /// <summary>Octets by which sizes may differ that should not: queue ids and the like in trace fields are not all of one length.</summary>
    private const int Slack = 16;

    /// <summary>Its log has the size of what it sends to others.</summary>
    internal virtual bool LogsSizeOfSent => true;

    [ToolFact("root", "apt-get", "python3", "openssl")]
    public async Task Both_logs_say_the_same_of_what_we_send_id_size_recipients_and_reply()
    {
        var sizes = new List<(long Ours, long Theirs)>();
        foreach (var width in (int[])[10, 60])
        {
            var gone = $"gone@{Pair.Name}.test";
            var accepted = await SendAsync(Pair.Ours.Port("smtp"), "<demo@example.test>", [$"<{Theirs}>", $"<{gone}>"], Letter(Token(), Body(width)));
            var id = accepted.Split(' ')[^1];
            var relayed = await LineAsync(() => Pair.Ours.Log, $"Relayed {id} for <{Theirs}> to ");
            var bounced = await LineAsync(() => Pair.Ours.Log, $"Bounced {id} for <{gone}>: ");
            // Without its code: Exim does not log that.
            await LogsAsync(Reply().Match(bounced).Groups["text"].Value);
            var theirs = await EntryAsync(TheirId().Match(relayed).Groups["id"].Value, isReceived: true);
            Assert.Equal([Theirs], theirs.Recipients);
            sizes.Add((SizeInOurs(id), theirs.Size!.Value));
        }

        AssertSameSizes(sizes);
    }

    [ToolFact("root", "apt-get", "python3", "openssl")]
    public async Task Both_logs_say_the_same_of_what_it_sends_id_size_recipients_and_reply()
    {
        var sizes = new List<(long Ours, long? Theirs)>();
        foreach (var width in (int[])[10, 60])
        {
            var token = Token();
            await SendAsync(Pair.PeerPort, $"<{Theirs}>", ["<demo@example.test>", "<nobody@example.test>"], Letter(token, Body(width)));
            var text = await Mailbag.TextAsync(Pair.OurMail, token, "Return-Path: <" + Theirs);
            var accepted = await LineAsync(() => Pair.Ours.Log, "Received id " + TraceId().Match(text).Groups["id"].Value);
            var id = QueueId().Match(accepted).Groups["id"].Value;
            Assert.Contains(" 1 recipients, ", accepted, StringComparison.Ordinal);
            await LineAsync(() => Pair.Ours.Log, $"Delivered {id} to <demo@example.test>");
            await LineAsync(() => Pair.Ours.Log, $"recipient <nobody@example.test> of <{Theirs}> refused: No such user here");
            var sent = await LineAsync(() => Pair.Peer.Log, $"250 2.0.0 Accepted as {id}");
            Assert.Contains("demo@example.test", sent, StringComparison.Ordinal);
            var theirId = SentId().Match(sent).Groups["id"].Value;
            await Eventually.IsAsync("our refusal in its log, of the same message", () => Pair.Peer.Log.Split('\n').Any(line =>
                line.Contains(theirId, StringComparison.Ordinal) && line.Contains("nobody@example.test", StringComparison.Ordinal) && line.Contains("550 5.1.1 No such user here", StringComparison.Ordinal)));
            sizes.Add((SizeInOurs(id), (await EntryAsync(theirId, isReceived: false)).Size));
        }

        if (LogsSizeOfSent)
            AssertSameSizes(sizes.ConvertAll(pair => (pair.Ours, pair.Theirs!.Value)));
        else
            Assert.All(sizes, pair => Assert.Null(pair.Theirs));
    }

    private static string Body(int width) => string.Join("\r\n", Enumerable.Repeat(new string('x', width), Lines));

    /// <summary>Each server counts the fields and the line ends that it adds; what one message is longer than the other they agree on.</summary>
    private static void AssertSameSizes(List<(long Ours, long Theirs)> sizes)
    {
        var (ours, theirs) = (sizes[1].Ours - sizes[0].Ours, sizes[1].Theirs - sizes[0].Theirs);
        Assert.InRange(ours, 50 * Lines - Slack, 50 * Lines + Slack);
        Assert.InRange(theirs, ours - Slack, ours + Slack);
    }

    private long SizeInOurs(string id) => Size(Pair.Ours.Log.Split('\n').First(line => line.Contains($" Queued {id} from ", StringComparison.Ordinal)), OurSize());

    private static long Size(string line, Regex form) => long.Parse(form.Match(line).Groups["size"].ValueSpan, CultureInfo.InvariantCulture);

    /// <summary>What the peer's log says of one message, once it says to whom it went.</summary>
    private async Task<(long? Size, List<string> Recipients)> EntryAsync(string id, bool isReceived)
    {
        // Postfix has the id of the message in its refusals, too, once a recipient was taken.
        List<string> Find() => [.. Pair.Peer.Log.Split('\n').Where(line => line.Contains(id, StringComparison.Ordinal) && !line.Contains(" reject: ", StringComparison.Ordinal))];
        await Eventually.IsAsync("its log names the recipient and the size", () => Find() is var lines && lines.Any(line => TheirRecipient().IsMatch(line)) && (!isReceived || lines.Any(line => TheirSize().IsMatch(line))));
        var found = Find();
        var sized = found.Find(line => TheirSize().IsMatch(line));
        return (sized is null ? null : Size(sized, TheirSize()), [.. found.SelectMany(line => TheirRecipient().Matches(line)).Select(match => match.Groups["to"].Value).Distinct(StringComparer.Ordinal)]);
    }

    [GeneratedRegex(@", (?<size>\d+) bytes", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OurSize();

    [GeneratedRegex(@"(?:\bsize=| S=)(?<size>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TheirSize();

    // Postfix and OpenSMTPD; Courier; Exim at the end of the line of what it took.
    [GeneratedRegex(@"(?:[ ,]to=<|addr=<| <= .* for )(?<to>[^\s<>]+@[^\s<>]+?)(?:>|$)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TheirRecipient();

    [GeneratedRegex(@"\]: (?<id>[0-9A-F]{8,}): to=|\]: (?<id>[\w-]{16,}) (=>|->) |\bid=(?<id>[0-9A-F.]{20,}),|evpid=(?<id>[0-9a-f]{8})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SentId();

    [GeneratedRegex(@": \d\.\d+\.\d+ \d{3} (?<text>.+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Reply();
}
