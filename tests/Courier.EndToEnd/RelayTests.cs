using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>Mail for other domains goes to the next hop, is reported when that refuses it, and waits when there is none.</summary>
public sealed class RelayTests
{
    [ToolFact("curl")]
    public async Task Mail_for_other_domains_reaches_the_next_hop_byte_for_byte()
    {
        await using var sink = new SmtpSink();
        await using var server = await ServerProcess.StartAsync(new() { Extra = [("relay", "networks = 127.0.0.0/8"), ("relay", $"next_hop = 127.0.0.1:{sink.Port}")] });
        await Mail.SendAsync(server, "outward", "someone@elsewhere.test", ".dot\r\n..dots\r\nmid .dot\r\n\r\nend");
        await Eventually.IsAsync("the sink has it", () => !sink.Messages.IsEmpty);

        var message = Assert.Single(sink.Messages);
        Assert.Equal("sender@elsewhere.test", message.From);
        Assert.Equal(["someone@elsewhere.test"], message.Recipients);
        Assert.StartsWith("Received: ", message.Text, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n.dot\r\n..dots\r\nmid .dot\r\n\r\nend\r\n", message.Text, StringComparison.Ordinal);
    }

    [ToolFact("curl")]
    public async Task Messages_of_every_size_reach_mailbox_and_next_hop_whole()
    {
        // On both sides of where a body leaves the database for a file of its own, and of where it is no longer converted in memory.
        int[] lines = [1, 900, 1_600, 3_200, 13_000, 40_000];
        await using var sink = new SmtpSink();
        await using var server = await ServerProcess.StartAsync(
            new() { Extra = [("relay", "networks = 127.0.0.0/8"), ("relay", $"next_hop = 127.0.0.1:{sink.Port}")] }, "demo");
        foreach (var count in lines)
        {
            await Mail.SendAsync(server, $"lines {count}", server.Address("demo"), Body(count));
            await Mail.SendAsync(server, $"lines {count}", "someone@elsewhere.test", Body(count));
        }

        await Mail.ArrivesAsync(server, "demo", lines.Length);
        await using var imap = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo");
        await imap.OkAsync("SELECT INBOX");
        var kept = await imap.OkAsync("FETCH 1:* (BODY.PEEK[])");
        await Eventually.IsAsync("the sink has them all", () => sink.Messages.Count == lines.Length);
        foreach (var count in lines)
        {
            Assert.EndsWith($"\r\n\r\n{Body(count)}\r\n)", kept.Single(m => m.Contains($"Subject: lines {count}\r\n", StringComparison.Ordinal)), StringComparison.Ordinal);
            Assert.EndsWith($"\r\n\r\n{Body(count)}\r\n", sink.Messages.Single(m => m.Text.Contains($"Subject: lines {count}\r\n", StringComparison.Ordinal)).Text, StringComparison.Ordinal);
        }

        static string Body(int count) => string.Join("\r\n", Enumerable.Range(1, count).Select(n => $"line {n,6} of a body that is long enough to be counted, and ends with its number {n,6}"));
    }

    [ToolFact("curl")]
    public async Task A_recipient_the_next_hop_refuses_is_reported_to_the_sender()
    {
        await using var sink = new SmtpSink(r => r.StartsWith("gone@", StringComparison.Ordinal) ? "550 5.1.1 No such user here" : null);
        await using var server = await ServerProcess.StartAsync(
            new() { Extra = [("relay", "networks = 127.0.0.0/8"), ("relay", $"route.elsewhere.test = 127.0.0.1:{sink.Port}")] }, "demo");
        await Mail.SendAsync(server, "lost", "gone@elsewhere.test", from: server.Address("demo"));
        await Mail.ArrivesAsync(server, "demo", 1);

        await using var imap = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo");
        await imap.OkAsync("SELECT INBOX");
        var report = string.Join('\n', await imap.OkAsync("FETCH 1 (BODY.PEEK[])"));
        Assert.Contains("multipart/report", report, StringComparison.OrdinalIgnoreCase);
        Assert.Matches(@"(?i)Final-Recipient: rfc822; ?gone@elsewhere\.test\r\n", report);
        Assert.Matches(@"(?i)Status: 5\.1\.1\r\n", report);
        Assert.Contains("No such user here", report, StringComparison.Ordinal);
        Assert.Contains("Subject: lost", report, StringComparison.Ordinal);
        Assert.Empty(sink.Messages);
    }

    [ToolFact("curl")]
    public async Task Mail_that_is_held_waits_in_the_queue_where_the_operator_sees_and_removes_it()
    {
        await using var server = await ServerProcess.StartAsync(new() { Extra = [("relay", "networks = 127.0.0.0/8"), ("relay", "hold = yes")] });
        await Mail.SendAsync(server, "held", "someone@elsewhere.test");

        var listed = (await server.CommandAsync("queue", "list", "--json")).Checked().Output;
        Assert.Contains("someone@elsewhere.test", listed, StringComparison.Ordinal);
        Assert.Contains("someone@elsewhere.test", (await server.CommandAsync("queue", "list")).Checked().Output, StringComparison.Ordinal);
        await server.StopAsync();
        await server.StartAsync();
        Assert.Contains("someone@elsewhere.test", (await server.CommandAsync("queue", "list", "--json")).Checked().Output, StringComparison.Ordinal);
    }
}
