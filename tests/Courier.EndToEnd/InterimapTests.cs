using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>interimap keeps two accounts in step, in both directions, by QRESYNC: what it does not know of it asks for by UID and MODSEQ.</summary>
public sealed class InterimapTests
{
    [ToolFact("interimap")]
    public async Task Interimap_carries_messages_flags_and_deletions_both_ways()
    {
        await using var server = await ServerProcess.StartAsync(new(), "near", "far");
        await using var near = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("near"), "near");
        await using var far = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("far"), "far");
        await far.OkAsync("CREATE INBOX.Work");
        foreach (var subject in (string[])["one", "two", "three", "four"])
            await SharedAccountTests.AppendAsync(far, "INBOX", subject, subject == "two" ? @"\Seen $Label1" : "");
        await SharedAccountTests.AppendAsync(near, "INBOX", "from near");
        await RunAsync(server);
        await EqualAsync(near, far, "from near", "four", "one", "three", "two");

        // Each side changes something of the same mailbox.
        await near.OkAsync("SELECT INBOX");
        await near.OkAsync($@"UID STORE {await UidAsync(near, "one")} +FLAGS (\Flagged $Work)");
        await near.OkAsync($@"UID STORE {await UidAsync(near, "three")} +FLAGS (\Deleted)");
        await near.OkAsync("EXPUNGE");
        await SharedAccountTests.AppendAsync(near, "INBOX", "near again");
        await far.OkAsync("SELECT INBOX");
        await far.OkAsync($@"UID STORE {await UidAsync(far, "two")} -FLAGS (\Seen)");
        await far.OkAsync($@"UID STORE {await UidAsync(far, "four")} +FLAGS (\Answered)");
        await far.OkAsync($@"UID STORE {await UidAsync(far, "from near")} +FLAGS (\Deleted)");
        await far.OkAsync("EXPUNGE");
        await SharedAccountTests.AppendAsync(far, "INBOX.Work", "work", @"\Draft");
        await RunAsync(server);
        await EqualAsync(near, far, "near again", "four", "one", "two");
        Assert.Equal(["work"], await near.SubjectsAsync("INBOX.Work"));

        // A third time there is nothing to do: no message is sent a second time, so UIDNEXT stays what it is.
        var (nearNext, farNext) = (await near.OkAsync("STATUS INBOX (UIDNEXT HIGHESTMODSEQ)"), await far.OkAsync("STATUS INBOX (UIDNEXT HIGHESTMODSEQ)"));
        await RunAsync(server);
        Assert.Equal(nearNext[0], (await near.OkAsync("STATUS INBOX (UIDNEXT HIGHESTMODSEQ)"))[0]);
        Assert.Equal(farNext[0], (await far.OkAsync("STATUS INBOX (UIDNEXT HIGHESTMODSEQ)"))[0]);
    }

    /// <summary>Both have the messages, each with the same flags.</summary>
    private static async Task EqualAsync(ImapProbe near, ImapProbe far, params string[] subjects)
    {
        var shown = await StateAsync(far);
        Assert.Equal(subjects.Order(StringComparer.Ordinal), shown.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(shown, await StateAsync(near));
    }

    private static async Task<SortedDictionary<string, string>> StateAsync(ImapProbe imap)
    {
        var state = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var flags = await imap.FlagsAsync("INBOX");
        foreach (var (line, flagsOf) in (await SharedAccountTests.UidsAsync(imap, "INBOX")).Lines.Zip(flags))
            state.Add(line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..], string.Join(' ', flagsOf.Split(' ').Order(StringComparer.OrdinalIgnoreCase)));
        return state;
    }

    private static async Task<string> UidAsync(ImapProbe imap, string subject) =>
        (await imap.OkAsync($"UID SEARCH SUBJECT \"{subject}\""))[0].Split(' ')[^1];

    private static async Task RunAsync(ServerProcess server)
    {
        var home = Directory.CreateDirectory(server.Scratch("interimap")).FullName;
        static string Account(ServerProcess server, string user) => $"""
            type = imap
            host = {server.Host}
            port = {server.Port("imap")}
            username = {server.Address(user)}
            password = {user}
            STARTTLS = NO

            """;
        var settings = server.WriteScratch("interimap/config", $"""
            database = {home}/state.db
            list-mailbox = INBOX INBOX.Work

            [local]
            {Account(server, "near")}
            [remote]
            {Account(server, "far")}
            """);
        (await ExternalProgram.RunAsync("interimap", ["--config", settings], input: null, new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = home, ["XDG_DATA_HOME"] = home, ["XDG_CONFIG_HOME"] = home })).Checked();
    }
}
