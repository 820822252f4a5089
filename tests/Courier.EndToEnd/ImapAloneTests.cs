using System.Globalization;
using Courier.EndToEnd.Peers;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary><c>courier imapd</c> alone, with the rights of a user, on a Maildir that another program fills.</summary>
public sealed class ImapAloneTests
{
    [ToolFact("root", "apt-get", "setpriv", "curl")]
    public Task Postfix_fills_the_Maildir() => FillAsync("postfix");

    [ToolFact("root", "apt-get", "setpriv", "curl")]
    public Task Exim_fills_the_Maildir() => FillAsync("exim");

    [ToolFact("root", "apt-get", "setpriv", "curl")]
    public Task Sendmail_fills_the_Maildir() => FillAsync("sendmail");

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
}
