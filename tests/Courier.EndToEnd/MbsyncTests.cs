using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>mbsync keeps a local Maildir and the server in step, in both directions.</summary>
public sealed class MbsyncTests
{
    [ToolFact("mbsync")]
    public async Task Mbsync_carries_messages_flags_and_deletions_both_ways()
    {
        await using var server = await ServerProcess.StartAsync(new(), "demo");
        await Mail.SendAsync(server, "one", server.Address("demo"));
        // Two batches may overtake each other: the order of the messages is part of what follows.
        await Mail.ArrivesAsync(server, "demo", 1);
        await Mail.SendAsync(server, "two", server.Address("demo"));
        await Mail.ArrivesAsync(server, "demo", 2);
        var near = server.Scratch("near/INBOX");
        await SyncAsync(server);
        var files = Files(near);
        Assert.Equal(2, files.Count);

        // Near side: one message is flagged, one is new.
        var flagged = files.First(f => File.ReadAllText(f).Contains("Subject: one", StringComparison.Ordinal));
        File.Move(flagged, Path.Combine(near, "cur", Path.GetFileName(flagged).Split(":2,")[0] + ":2,FS"));
        await File.WriteAllTextAsync(Path.Combine(near, "new", "1700000000.1_1.near"), "From: near@example.test\nSubject: three\n\nwritten near\n");
        await SyncAsync(server);
        await using var imap = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo");
        Assert.Equal(["one", "three", "two"], await imap.SubjectsAsync("INBOX"));
        Assert.Equal(@"\Flagged \Seen", (await imap.FlagsAsync("INBOX"))[0]);

        // Far side: one message goes.
        await imap.OkAsync("SELECT INBOX");
        await imap.OkAsync(@"STORE 2 +FLAGS (\Deleted)");
        await imap.OkAsync("EXPUNGE");
        await SyncAsync(server);
        Assert.Equal(2, Files(near).Count);
        Assert.DoesNotContain(Files(near), f => File.ReadAllText(f).Contains("Subject: two", StringComparison.Ordinal));
    }

    private static List<string> Files(string maildir) =>
        [.. Directory.EnumerateFiles(Path.Combine(maildir, "new")).Concat(Directory.EnumerateFiles(Path.Combine(maildir, "cur")))];

    private static async Task SyncAsync(ServerProcess server)
    {
        Directory.CreateDirectory(server.Scratch("near"));
        var settings = server.WriteScratch("mbsyncrc", $"""
            IMAPAccount demo
            Host {server.Host}
            Port {server.Port("imap")}
            User {server.Address("demo")}
            Pass demo
            SSLType None

            IMAPStore far
            Account demo

            MaildirStore near
            Path {server.Scratch("near")}/
            Inbox {server.Scratch("near/INBOX")}

            Channel demo
            Far :far:
            Near :near:
            Patterns INBOX
            Create Near
            Expunge Both
            SyncState *

            """);
        var run = await ExternalProgram.RunAsync("mbsync", ["-c", settings, "-a"], input: null, new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = server.Scratch("near") });
        run.Checked();
    }
}
