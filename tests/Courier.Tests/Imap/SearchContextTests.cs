using System.Globalization;
using System.Text.RegularExpressions;
using Courier.Shared.Imap;

namespace Courier.Tests.Imap;

/// <summary>A result that is kept up by ADDTO and REMOVEFROM alone is at every moment what a search would find (RFC 5267 §4.3).</summary>
public sealed partial class SearchContextTests
{
    [Theory]
    [InlineData("UID SEARCH RETURN (UPDATE ALL) FLAGGED UNDELETED", "UID SEARCH RETURN (ALL) FLAGGED UNDELETED", false)]
    [InlineData("SEARCH RETURN (UPDATE ALL) OR FLAGGED SUBJECT \"7\"", "SEARCH RETURN (ALL) OR FLAGGED SUBJECT \"7\"", false)]
    [InlineData("UID SORT RETURN (UPDATE ALL) (SUBJECT) UTF-8 UNSEEN", "UID SORT RETURN (ALL) (SUBJECT) UTF-8 UNSEEN", true)]
    [InlineData("SORT RETURN (UPDATE ALL) (REVERSE SUBJECT) UTF-8 UNDELETED", "SORT RETURN (ALL) (REVERSE SUBJECT) UTF-8 UNDELETED", true)]
    public async Task What_is_followed_is_what_would_be_found(string follow, string ask, bool isSorted)
    {
        await using var host = new ImapHost();
        var follower = await host.SelectAsync();
        var other = await host.SelectAsync();
        var random = new Random(follow.Length);
        for (var i = 0; i < 12; i++)
            await AppendAsync(other, random);
        await follower.AskAsync("NOOP");
        var begun = await follower.AskAsync(follow);
        Assert.True(begun.IsOk, begun.ToString());
        var known = All(begun);
        var byNumber = !follow.StartsWith("UID", StringComparison.Ordinal);
        for (var round = 0; round < 120; round++)
        {
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                await ChangeAsync(other, random);
            Apply(known, (await follower.AskAsync("NOOP")).Untagged, isSorted, byNumber);
            var found = All(await follower.AskAsync(ask));
            Assert.Equal(Ordered(found, isSorted), Ordered(known, isSorted));
        }
    }

    [Fact]
    public async Task Numbers_in_a_search_mean_what_they_meant_when_it_was_asked()
    {
        await using var host = new ImapHost();
        var follower = await host.SelectAsync();
        for (var i = 0; i < 3; i++)
            await follower.AppendAsync("INBOX", $"Subject: {i}\r\n\r\nx\r\n");
        Assert.Equal([2u, 3u], All(await follower.AskAsync("UID SEARCH RETURN (UPDATE ALL) 2:* UNFLAGGED")));
        await follower.AskAsync("STORE 1 +FLAGS.SILENT (\\Deleted)");
        await follower.AskAsync("EXPUNGE");
        await follower.AppendAsync("INBOX", "Subject: new\r\n\r\nx\r\n");
        // Message 2 was UID 2, and * was UID 3: the new one is not among them, and UID 3 still is.
        var reply = await follower.AskAsync("UID STORE 2:4 +FLAGS (\\Flagged)");
        Assert.Contains(reply.Untagged, line => line.EndsWith("UID REMOVEFROM (0 2:3)", StringComparison.Ordinal));
        Assert.DoesNotContain(reply.Untagged, line => line.Contains("ADDTO", StringComparison.Ordinal));
    }

    private static List<uint> Ordered(List<uint> numbers, bool isSorted) => isSorted ? numbers : [.. numbers.Order()];

    private static async Task ChangeAsync(ImapClient client, Random random)
    {
        var set = random.Next(1, 14).ToString(CultureInfo.InvariantCulture);
        switch (random.Next(6))
        {
            case 0:
                await AppendAsync(client, random);
                break;
            case 1:
                await client.AskAsync($"UID STORE {set}:* +FLAGS.SILENT (\\Flagged)");
                break;
            case 2:
                await client.AskAsync($"STORE {set} -FLAGS.SILENT (\\Flagged)");
                break;
            case 3:
                await client.AskAsync($"STORE {set} +FLAGS.SILENT (\\Seen)");
                break;
            case 4:
                await client.AskAsync($"STORE {set} -FLAGS.SILENT (\\Seen \\Deleted)");
                break;
            default:
                await client.AskAsync($"STORE {set} +FLAGS.SILENT (\\Deleted)");
                if (random.Next(2) == 0)
                    await client.AskAsync("EXPUNGE");
                break;
        }
    }

    private static Task<ImapReply> AppendAsync(ImapClient client, Random random) =>
        client.AppendAsync("INBOX", $"Subject: {random.Next(100)} {Guid.NewGuid()}\r\n\r\nx\r\n", random.Next(2) == 0 ? "(\\Flagged)" : "");

    private static void Apply(List<uint> known, IReadOnlyList<string> lines, bool isSorted, bool byNumber)
    {
        foreach (var line in lines)
        {
            if (byNumber && Expunged().Match(line) is { Success: true } expunged)
            {
                var gone = uint.Parse(expunged.Groups["n"].Value, CultureInfo.InvariantCulture);
                Assert.DoesNotContain(gone, known); // it was taken out before its number went
                for (var i = 0; i < known.Count; i++)
                    known[i] -= known[i] > gone ? 1u : 0u;
            }

            foreach (Match change in Changes().Matches(line))
            {
                var words = change.Groups["pairs"].Value.Split(' ');
                for (var i = 0; i < words.Length; i += 2)
                    Change(known, change.Groups["what"].Value == "ADDTO", int.Parse(words[i], CultureInfo.InvariantCulture), Numbers(words[i + 1]), isSorted);
            }
        }
    }

    private static void Change(List<uint> known, bool adds, int at, List<uint> numbers, bool isSorted)
    {
        Assert.Equal(isSorted, at > 0);
        if (adds)
            known.InsertRange(isSorted ? at - 1 : known.Count, numbers);
        else if (isSorted)
            Assert.Equal(numbers, [.. known.Slice(at - 1, numbers.Count)]);
        if (!adds)
            Assert.Equal(numbers.Count, known.RemoveAll(numbers.Contains));
    }

    private static List<uint> All(ImapReply reply) =>
        AllOf().Match(string.Join('\n', reply.Untagged)) is { Success: true } all ? Numbers(all.Groups["set"].Value) : [];

    private static List<uint> Numbers(string set) => [.. set.Split(',').SelectMany(part =>
    {
        var ends = part.Split(':').Select(end => uint.Parse(end, CultureInfo.InvariantCulture)).ToArray();
        return Enumerable.Range((int)ends[0], (int)(ends[^1] - ends[0]) + 1).Select(number => (uint)number);
    })];

    [GeneratedRegex(@"^\* (?<n>\d+) EXPUNGE$", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Expunged();

    [GeneratedRegex(@"(?<what>ADDTO|REMOVEFROM) \((?<pairs>[^)]*)\)", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Changes();

    [GeneratedRegex(@"\bALL (?<set>[0-9:,]+)", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex AllOf();
}
