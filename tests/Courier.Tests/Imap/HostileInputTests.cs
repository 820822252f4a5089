using System.Diagnostics;
using System.Globalization;
using Courier.Shared.Imap;

namespace Courier.Tests.Imap;

/// <summary>What is made to exhaust a server gets an answer within bounds, and the session goes on.</summary>
public sealed class HostileInputTests
{
    private const int Megabyte = 1024 * 1024;

    public static TheoryData<string> Messages => [.. HostileMessages.Kinds];

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task A_message_that_was_made_to_hurt_is_served_within_bounds(string kind)
    {
        const int most = 24 * Megabyte;
        await using var host = new ImapHost();
        var client = await host.SelectAsync();
        var message = HostileMessages.Of(kind);
        Assert.True((await client.AppendAsync("INBOX", message)).IsOk);
        var began = Stopwatch.GetTimestamp();
        foreach (var command in (string[])
                 [
                     "FETCH 1 (ENVELOPE BODYSTRUCTURE)", "FETCH 1 (PREVIEW EMAILID THREADID RFC822.SIZE)", "SEARCH TEXT nowhere-at-all", "SEARCH HEADER X-None nowhere", "SORT (SUBJECT FROM DATE) UTF-8 ALL",
                     "THREAD REFERENCES UTF-8 ALL", "FETCH 1 (BODY.PEEK[1.1.1.1.1.1.1.1.MIME] BODY.PEEK[9999])", "FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT)])", "SEARCH NOT SUBJECT nowhere SENTSINCE 1-Jan-2000",
                 ])
        {
            var reply = await client.AskAsync(command);
            Assert.True(reply.IsOk, $"{command}: {reply.Tagged}");
            Assert.True(reply.Untagged.Sum(line => (long)line.Length) < most, command);
        }

        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(40), $"{kind} took {Stopwatch.GetElapsedTime(began)}");
        Assert.Equal(message.Length, (await client.AskAsync("FETCH 1 BODY.PEEK[]")).Untagged[0].Length - "* 1 FETCH (BODY[] {}\r\n)".Length - message.Length.ToString(CultureInfo.InvariantCulture).Length);
    }

    [Theory]
    [InlineData("SEARCH ", "NOT ", "ALL")]
    [InlineData("SEARCH ", "(", "ALL")]
    [InlineData("SEARCH ", "OR ALL ", "ALL")]
    [InlineData("SORT (DATE) UTF-8 ", "(", "ALL")]
    [InlineData("ESEARCH IN (personal) ", "NOT ", "ALL")]
    [InlineData("FETCH 1 BODY[", "1.", "1]")]
    [InlineData("FETCH 1 (", "FLAGS ", "FLAGS)")]
    [InlineData("NOTIFY SET ", "(personal (MailboxName)) ", "(personal (MailboxName))")]
    [InlineData("UID SEARCH RETURN (", "UPDATE (UID) ", "UPDATE) (")]
    public async Task Depth_is_answered_with_BAD(string head, string repeated, string tail)
    {
        await using var host = new ImapHost();
        var client = await host.SelectAsync();
        var count = (60 * 1024 - head.Length - tail.Length) / repeated.Length;
        var reply = await client.AskAsync(head + string.Concat(Enumerable.Repeat(repeated, count)) + tail);
        Assert.StartsWith("BAD", reply.Tagged, StringComparison.Ordinal);
        Assert.True((await client.AskAsync("NOOP")).IsOk);
    }

    [Fact]
    public async Task A_search_100_000_deep_is_more_than_one_command_may_have()
    {
        await using var host = new ImapHost();
        var client = await host.SelectAsync();
        try
        {
            await client.SendAsync("a SEARCH " + string.Concat(Enumerable.Repeat("NOT ", 100_000)) + "ALL\r\n");
        }
        catch (IOException)
        {
            // It has hung up before it heard all.
        }

        Assert.StartsWith("* BYE", await client.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Null(await client.ReadLineAsync());
    }

    [Fact]
    public async Task A_flood_of_literals_is_refused_and_the_session_goes_on()
    {
        await using var host = new ImapHost();
        var client = await host.SelectAsync();
        var flood = await client.AskAsync("SEARCH" + string.Concat(Enumerable.Repeat(" SUBJECT {1+}\r\nx", 2000)));
        Assert.StartsWith("BAD", flood.Tagged, StringComparison.Ordinal);
        await client.SendAsync("b SEARCH SUBJECT {4294967296}\r\n");
        Assert.StartsWith("b BAD", await client.ReadLineAsync(), StringComparison.Ordinal);
        Assert.True((await client.AskAsync("NOOP")).IsOk);
    }
}
