using System.Globalization;

namespace Courier.Tests.Imap;

public sealed class ProgressTests
{
    [Fact]
    public async Task A_search_that_takes_long_says_how_far_it_is()
    {
        await using var host = new Courier.Shared.Imap.ImapHost(settings => settings with { Limits = settings.Limits with { ProgressEvery = TimeSpan.Zero } });
        var client = await host.SelectAsync();
        await client.AppendAsync("INBOX", "Subject: one\r\n\r\nbody\r\n");
        await client.AppendAsync("INBOX", "Subject: two\r\n\r\nbody\r\n");
        var reply = await client.AskAsync("SEARCH BODY body");
        Assert.Contains("* SEARCH 1 2", reply.Untagged);
        Assert.Contains(reply.Untagged, line => line.StartsWith("* OK [INPROGRESS (\"", StringComparison.Ordinal) && line.Contains(string.Create(CultureInfo.InvariantCulture, $"\" {1} {2})]"), StringComparison.Ordinal));
    }
}
