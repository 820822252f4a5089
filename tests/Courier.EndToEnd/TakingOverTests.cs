using System.Globalization;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>A Maildir that Debian's Courier-IMAP or Dovecot served is served by us from one moment to the next, and no client downloads anything again:
/// UIDs, POP3 UIDLs, flags, keywords and subscriptions are what they were.</summary>
[Collection("one jail of an IMAP server at a time")]
public sealed class TakingOverTests
{
    [ToolFact("root", "apt-get", "setpriv", "mbsync", "curl")]
    public Task From_Courier() => TakeOverAsync("courier");

    [ToolFact("root", "apt-get", "setpriv", "mbsync", "curl", "interimap")]
    public Task From_Dovecot() => TakeOverAsync("dovecot");

    private static async Task TakeOverAsync(string kind)
    {
        await using var server = await ServerProcess.PrepareAsync(new() { User = SharedPeer.User }, "near");
        var maildir = server.Scratch("demo/Maildir");
        foreach (var directory in (string[])["cur", "new", "tmp"])
            Directory.CreateDirectory($"{maildir}/{directory}");
        await server.AddAccountAsync("demo", maildir);
        await server.StartAsync();
        var withInterimap = kind == "dovecot"; // which needs QRESYNC on both sides
        await using var peer = await SharedPeer.StartAsync(kind, maildir);
        await FillAsync(peer);
        await MbsyncAsync(server, peer.Port, "shared", "shared");
        if (withInterimap)
            await InterimapAsync(server, peer.Port, "shared", "shared");
        var (files, copies, uidls, theirs) = (Near(server), await NearAccountAsync(server), await UidlsAsync(peer.Pop3Port, "shared", "shared"), await StateAsync(peer.Port, "shared", "shared"));
        Assert.Equal(6, files.Count);
        await peer.StopAsync();

        // Dovecot's folders have names in modified UTF-7, Courier's in UTF-8.
        (await server.CommandAsync("mailbox", "names", server.Address("demo"), "--convert")).Checked();
        var (port, user) = (server.Port("imap"), server.Address("demo"));
        Assert.Equal(theirs, await StateAsync(port, user, "demo"));
        Assert.Equal(uidls, await UidlsAsync(server.Port("pop3"), user, "demo"));
        await MbsyncAsync(server, port, user, "demo");
        Assert.Equal(files, Near(server));
        if (withInterimap)
        {
            await InterimapAsync(server, port, user, "demo");
            Assert.Equal(copies, await NearAccountAsync(server));
        }

        // And what comes next comes once.
        await using (var imap = await ImapProbe.LoginAsync(port, user, "demo"))
            await SharedAccountTests.AppendAsync(imap, "INBOX", "next");
        await MbsyncAsync(server, port, user, "demo");
        Assert.Equal(files, Near(server).Where(files.Contains));
        Assert.Equal(7, Near(server).Count);
    }

    private static async Task FillAsync(SharedPeer peer)
    {
        await using var imap = await peer.LoginAsync();
        foreach (var mailbox in (string[])["INBOX.Work", "INBOX.Entw&APw-rfe", "INBOX.Unread"])
        {
            await imap.OkAsync($"CREATE \"{mailbox}\"");
            await imap.OkAsync($"SUBSCRIBE \"{mailbox}\"");
        }

        await imap.OkAsync("UNSUBSCRIBE INBOX.Unread");
        for (var i = 0; i < 6; i++)
            await SharedAccountTests.AppendAsync(imap, "INBOX", $"message {i}");
        await SharedAccountTests.AppendAsync(imap, "INBOX.Entw&APw-rfe", "draft", @"\Draft");
        await imap.OkAsync("SELECT INBOX");
        await imap.OkAsync(@"STORE 1 +FLAGS (\Seen $Label1 work)");
        await imap.OkAsync(@"STORE 3 +FLAGS (\Flagged work)");
        await imap.OkAsync(@"STORE 2 +FLAGS (\Deleted)");
        await imap.OkAsync("EXPUNGE");
        await imap.OkAsync("COPY 4 INBOX.Work");
        await imap.OkAsync("CLOSE");
    }

    /// <summary>What clients know of every mailbox: UIDVALIDITY, UIDNEXT, UIDs, flags; and the subscriptions.</summary>
    private static async Task<List<string>> StateAsync(int port, string user, string password)
    {
        await using var imap = await ImapProbe.LoginAsync(port, user, password);
        var state = (await imap.OkAsync("LSUB \"\" \"*\"")).Select(line => line[(line.LastIndexOf(' ') + 1)..].Trim('"')).Where(name => name != "INBOX").Order(StringComparer.Ordinal).ToList();
        foreach (var mailbox in (string[])["INBOX", "INBOX.Work", "INBOX.Entw&APw-rfe", "INBOX.Unread"])
        {
            state.Add(string.Join(' ', (await imap.OkAsync($"STATUS \"{mailbox}\" (MESSAGES UIDNEXT UIDVALIDITY)"))[0].Split('(')[1].TrimEnd(')').Split(' ').Chunk(2).Select(pair => string.Join('=', pair)).Order(StringComparer.Ordinal)));
            state.AddRange((await SharedAccountTests.UidsAsync(imap, mailbox)).Lines);
            state.AddRange((await imap.FlagsAsync(mailbox)).Select(flags => string.Join(' ', flags.Split(' ').Order(StringComparer.OrdinalIgnoreCase))));
        }

        return state;
    }

    private static async Task<List<string>> UidlsAsync(int port, string user, string password) =>
        [.. (await ExternalProgram.RunAsync("curl", "-sS", "--max-time", "20", "-u", $"{user}:{password}", "-X", "UIDL", $"pop3://127.0.0.1:{port}")).Checked().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r')).Order(StringComparer.Ordinal)];

    /// <summary>Names and inodes: a message that was downloaded again is another file.</summary>
    private static List<string> Near(ServerProcess server) =>
        [.. Directory.EnumerateFiles(server.Scratch("mbsync"), "*", SearchOption.AllDirectories).Where(file => !Path.GetFileName(file).StartsWith('.') && (file.Contains("/cur/", StringComparison.Ordinal) || file.Contains("/new/", StringComparison.Ordinal)))
            .Select(file => Path.GetRelativePath(server.Scratch("mbsync"), file) + " " + File.GetCreationTimeUtc(file).Ticks.ToString(CultureInfo.InvariantCulture)).Order(StringComparer.Ordinal)];

    private static async Task MbsyncAsync(ServerProcess server, int port, string user, string password)
    {
        Directory.CreateDirectory(server.Scratch("mbsync"));
        var settings = server.WriteScratch("mbsyncrc", $"""
            IMAPStore far
            Host 127.0.0.1
            Port {port}
            User {user}
            Pass {password}
            SSLType None
            AuthMechs LOGIN
            Path INBOX.

            MaildirStore near
            SubFolders Verbatim
            Path {server.Scratch("mbsync")}/
            Inbox {server.Scratch("mbsync/INBOX")}

            Channel demo
            Far :far:
            Near :near:
            Patterns INBOX Work
            Create Near
            SyncState *

            """);
        (await ExternalProgram.RunAsync("mbsync", ["-c", settings, "-a"], input: null, new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = server.Scratch("mbsync") })).Checked();
    }

    /// <summary>interimap keeps the account "near" in step with the one that is taken over.</summary>
    private static async Task InterimapAsync(ServerProcess server, int port, string user, string password)
    {
        var home = Directory.CreateDirectory(server.Scratch("interimap")).FullName;
        var settings = server.WriteScratch("interimap/config", $"""
            database = {home}/state.db
            list-mailbox = INBOX INBOX.Work

            [local]
            type = imap
            host = 127.0.0.1
            port = {server.Port("imap")}
            username = {server.Address("near")}
            password = near
            STARTTLS = NO
            compress = NO

            [remote]
            type = imap
            host = 127.0.0.1
            port = {port}
            username = {user}
            password = {password}
            STARTTLS = NO
            compress = NO

            """);
        (await ExternalProgram.RunAsync("interimap", ["--config", settings], input: null, new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = home, ["XDG_DATA_HOME"] = home, ["XDG_CONFIG_HOME"] = home })).Checked();
    }

    private static async Task<List<string>> NearAccountAsync(ServerProcess server)
    {
        await using var imap = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("near"), "near");
        var state = new List<string>();
        foreach (var mailbox in (await imap.OkAsync("LIST \"\" \"*\"")).Select(line => line[(line.LastIndexOf(' ') + 1)..].Trim('"')).Order(StringComparer.Ordinal))
        {
            state.Add((await imap.OkAsync($"STATUS \"{mailbox}\" (MESSAGES UIDNEXT)"))[0]);
            state.AddRange((await SharedAccountTests.UidsAsync(imap, mailbox)).Lines);
        }

        return state;
    }
}
