using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>Two servers of ours: the one hands on what the other answers for each recipient.</summary>
public sealed class MailboxFullTests
{
    [Theory]
    [InlineData("refused")]
    [InlineData("later")]
    public async Task A_full_mailbox_is_told_apart_from_one_with_room_and_only_its_mail_comes_back_or_waits(string overQuota)
    {
        await using var far = await ServerProcess.StartAsync(new() { Domain = "far.test", Extra = [("recipients", "over_quota = " + overQuota)] }, "ada", "bob");
        await using var near = await ServerProcess.StartAsync(new() { Extra = [("relay", "networks = 127.0.0.0/8"), ("relay", $"next_hop = 127.0.0.1:{far.Port("smtp")}")] }, "demo");
        var file = near.WriteScratch("two.eml", "From: demo@example.test\r\nSubject: for two\r\n\r\nhello\r\n");
        await SendAsync("bob");
        await Mail.ArrivesAsync(far, "bob", 1);
        var length = new FileInfo(Directory.GetFiles(MaildirOf("bob"), "*", SearchOption.AllDirectories).Single(name => name.Contains(",S=", StringComparison.Ordinal))).Length;
        // Room for what the next hop is told at MAIL, and none for the fields that the other server puts above it.
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(MaildirOf("ada")).FullName, "maildirsize"), $"{length - 150}S\n0 0\n");
        await SendAsync("ada", "bob");
        await Mail.ArrivesAsync(far, "bob", 2);
        Assert.DoesNotContain("recipient <ada@far.test>", far.Log, StringComparison.Ordinal);
        if (overQuota == "refused")
        {
            await Mail.ArrivesAsync(near, "demo", 1);
            await using var imap = await ImapProbe.LoginAsync(near.Port("imap"), near.Address("demo"), "demo");
            await imap.OkAsync("SELECT INBOX");
            var report = string.Join('\n', await imap.OkAsync("FETCH 1 BODY[]"));
            Assert.Contains("Final-Recipient: rfc822; ada@far.test", report, StringComparison.Ordinal);
            Assert.Contains("Status: 5.2.2", report, StringComparison.Ordinal);
            Assert.DoesNotContain("bob@far.test", report, StringComparison.Ordinal);
        }
        else
        {
            await Eventually.IsAsync("ada's waits", async () => (await near.CommandAsync("queue", "list")).Checked().Output.Contains("452 4.2.2", StringComparison.Ordinal));
            Assert.DoesNotContain("bob@far.test", (await near.CommandAsync("queue", "list")).Output, StringComparison.Ordinal);
        }

        string MaildirOf(string user) => Path.Combine(far.StateDirectory, "mail", "far.test", user, "Maildir");

        async Task SendAsync(params string[] users) => (await ExternalProgram.RunAsync(
            "curl", ["-sS", "--max-time", "20", $"smtp://{near.Host}:{near.Port("smtp")}/client.example.test", "--mail-from", near.Address("demo"),
                .. users.SelectMany(user => new[] { "--mail-rcpt", far.Address(user) }), "-T", file])).Checked();
    }
}
