using Courier.Shared.Imap;

namespace Courier.Tests.Imap;

/// <summary>A transcript is written for who wants one, and holds no secret and no message.</summary>
public sealed class SessionTranscriptTests
{
    [Fact]
    public async Task Commands_and_replies_after_the_login_are_in_it()
    {
        await using var host = new ImapHost(settings => settings with { TranscriptFile = "imap.log" });
        await (await host.LogInAsync()).AskAsync("LOGOUT"); // makes the Maildir
        var path = Path.Combine(host.MaildirOf("demo"), "imap.log");
        Assert.False(File.Exists(path));
        await File.WriteAllTextAsync(path, "");
        var client = await host.SelectAsync();
        await client.AppendAsync("INBOX", "Subject: private\r\n\r\nprivate\r\n");
        await client.AskAsync("UNAUTHENTICATE");
        await client.AskAsync($"LOGIN demo \"{ImapHost.Password}\"");
        await client.AskAsync("LOGIN demo \"a second time\"");
        await client.AskAsync("NONSENSE");
        var text = await File.ReadAllTextAsync(path);
        Assert.Contains(" C: t2 SELECT INBOX\r\n", text, StringComparison.Ordinal);
        Assert.Contains(" S: t2 OK [READ-WRITE] SELECT completed\r\n", text, StringComparison.Ordinal);
        Assert.Contains(" C: t7 NONSENSE\r\n", text, StringComparison.Ordinal);
        Assert.Contains(" C: t6 LOGIN (secret)\r\n", text, StringComparison.Ordinal);
        foreach (var secret in (string[])[ImapHost.Password, "a second time", "private"])
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_file_or_the_setting_there_is_none()
    {
        await using var host = new ImapHost();
        await (await host.LogInAsync()).AskAsync("LOGOUT");
        var path = Path.Combine(host.MaildirOf("demo"), "imap.log");
        await File.WriteAllTextAsync(path, "");
        await (await host.LogInAsync()).AskAsync("NOOP");
        Assert.Empty(await File.ReadAllTextAsync(path));
    }
}
