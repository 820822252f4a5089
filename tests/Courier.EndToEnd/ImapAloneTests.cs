using System.Globalization;
using Courier.EndToEnd.Peers;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary><c>courier imapd</c> alone, with the rights of a user, on a Maildir that another program fills.</summary>
public sealed class ImapAloneTests
{
    private static bool IsLong => Environment.GetEnvironmentVariable("COURIER_TEST_LONG") == "1";

    [ToolFact("root", "setpriv")]
    public Task Messages_dropped_in_are_indexed_in_bounded_memory() => DropAsync(IsLong ? 1_000_000 : 20_000);

    [ToolFact("root", "apt-get", "setpriv", "curl")]
    public Task Postfix_fills_the_Maildir() => FillAsync("postfix");

    [ToolFact("root", "apt-get", "setpriv", "curl")]
    public Task Exim_fills_the_Maildir() => FillAsync("exim");

    private static async Task FillAsync(string mta)
    {
        var port = FreePorts.Next();
        var unused = FreePorts.Next().ToString(CultureInfo.InvariantCulture);
        await using var peer = await PeerServer.StartAsync(mta, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PORT"] = port.ToString(CultureInfo.InvariantCulture),
            ["OURS"] = unused,
            ["SUBMISSION"] = unused,
            ["FAR"] = unused,
            ["PLAINPORT"] = FreePorts.Next().ToString(CultureInfo.InvariantCulture),
            ["LOGIN"] = "nobody",
            ["PASSWORD"] = "nothing",
        });
        await using var server = await ServerProcess.PrepareAsync(new() { Service = "imapd", User = SharedPeer.User });
        await server.AddAccountAsync("demo", Path.Combine(peer.Maildirs, "demo", "Maildir"));
        await server.StartAsync();
        await using var imap = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo");
        await imap.OkAsync("SELECT INBOX");
        foreach (var subject in (string[])["first", "second"])
        {
            var file = server.WriteScratch(subject, $"From: a@elsewhere.test\r\nTo: demo@{mta}.test\r\nSubject: {subject}\r\n\r\nbody\r\n");
            (await ExternalProgram.RunAsync("curl", "-sS", "--max-time", "20", $"smtp://127.0.0.1:{port}/client.elsewhere.test", "--mail-from", "a@elsewhere.test", "--mail-rcpt", $"demo@{mta}.test", "-T", file)).Checked();
            await Eventually.IsAsync($"{mta}'s message shows", async () => (await imap.OkAsync("UID SEARCH SUBJECT " + subject))[0].Length > "* SEARCH".Length);
        }

        await imap.OkAsync(@"STORE 1 +FLAGS (\Deleted)");
        await imap.OkAsync("EXPUNGE");
        await imap.OkAsync("CREATE INBOX.Kept");
        await imap.OkAsync("MOVE 1 INBOX.Kept");
        Assert.Equal("second", Assert.Single(await imap.SubjectsAsync("INBOX.Kept")));
    }

    private static async Task DropAsync(int count)
    {
        const long mostKilobytes = 256 * 1024;
        await using var server = await ServerProcess.PrepareAsync(new() { Service = "imapd", User = SharedPeer.User });
        var maildir = server.Scratch("demo/Maildir");
        foreach (var directory in (string[])["cur", "new", "tmp"])
            Directory.CreateDirectory($"{maildir}/{directory}");
        await server.AddAccountAsync("demo", maildir);
        for (var i = 0; i < count; i++)
            await File.WriteAllTextAsync(string.Create(CultureInfo.InvariantCulture, $"{maildir}/new/{1_700_000_000 + (i / 100)}.M{i:D7}P1.mta.example.org"), $"From: a@example.org\nSubject: message {i}\n\nbody\n");
        await server.StartAsync();
        await using var imap = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo", patience: TimeSpan.FromMinutes(10));
        Assert.Contains($"* {count} EXISTS", await imap.OkAsync("SELECT INBOX"));
        var last = string.Join('\n', await imap.OkAsync($"FETCH {count} (UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])"));
        Assert.Contains($"UID {count} ", last, StringComparison.Ordinal);
        Assert.Contains($"Subject: message {count - 1}", last, StringComparison.Ordinal);
        var peak = long.Parse((await File.ReadAllLinesAsync($"/proc/{server.ProcessId}/status")).First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        Assert.True(peak < mostKilobytes, $"{count} messages took {peak} KiB");
        // Renamed, not copied.
        Assert.Empty(Directory.EnumerateFiles(maildir + "/new"));
        Assert.Equal(count, Directory.EnumerateFiles(maildir + "/cur").Count());
    }
}
