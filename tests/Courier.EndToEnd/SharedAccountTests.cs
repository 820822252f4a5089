using System.Globalization;
using System.Text.RegularExpressions;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>Courier's own imapd and Dovecot serve an account before, between and after our sessions, with the same UIDs; ours runs as <c>courier imapd</c>,
/// with the rights of the account's owner.</summary>
[Collection("one jail of an IMAP server at a time")]
public sealed class SharedAccountTests
{
    [ToolFact("root", "apt-get", "setpriv")]
    public Task Courier_and_we_give_the_same_UIDs() => ShareAsync("courier");

    [ToolFact("root", "apt-get", "setpriv")]
    public Task Dovecot_and_we_give_the_same_UIDs() => ShareAsync("dovecot");

    private static async Task ShareAsync(string kind)
    {
        await using var server = await ServerProcess.PrepareAsync(new() { Service = "imapd", User = SharedPeer.User });
        var maildir = server.Scratch("demo/Maildir");
        foreach (var directory in (string[])["cur", "new", "tmp"])
            Directory.CreateDirectory($"{maildir}/{directory}");
        await server.AddAccountAsync("demo", maildir);
        var seen = new Dictionary<(string, string, string), string>();
        await using var peer = await SharedPeer.StartAsync(kind, maildir);

        // Before: what their clients know.
        await using (var theirs = await peer.LoginAsync())
        {
            await theirs.OkAsync("CREATE INBOX.Work");
            await theirs.OkAsync("SUBSCRIBE INBOX.Work");
            for (var i = 0; i < 5; i++)
                await AppendAsync(theirs, "INBOX", $"before {i}");
            await AppendAsync(theirs, "INBOX.Work", "work");
            await theirs.OkAsync("SELECT INBOX");
            await theirs.OkAsync(@"STORE 2 +FLAGS (\Deleted \Seen)");
            await theirs.OkAsync("EXPUNGE");
            await NoteAsync(theirs, seen);
        }

        Assert.Equal(5, seen.Count);
        (await server.CommandAsync("mailbox", "adopt", server.Address("demo"), "--share-with", kind)).Checked();
        await server.StartAsync();
        await AgreeAsync(server, peer, seen);

        // Between: both at once, each on sessions that stay open, and mail that is dropped in for whoever comes first.
        await using (var theirs = await peer.LoginAsync())
        await using (var ours = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo"))
        {
            await theirs.OkAsync("SELECT INBOX");
            await ours.OkAsync("SELECT INBOX");
            for (var round = 0; round < 12; round++)
            {
                var subject = $"round {round}";
                switch (round % 4)
                {
                    case 0:
                        await AppendAsync(theirs, "INBOX", subject + " theirs");
                        await AppendAsync(ours, "INBOX", subject + " ours");
                        break;
                    case 1:
                        Drop(maildir, subject + " dropped");
                        await (round % 8 < 4 ? ours : theirs).OkAsync("NOOP");
                        break;
                    case 2:
                        await Task.WhenAll(AppendAsync(theirs, "INBOX", subject + " theirs"), AppendAsync(ours, "INBOX", subject + " ours"), AppendAsync(server, subject + " other"));
                        break;
                    default:
                        await ours.OkAsync("COPY 1 INBOX.Work");
                        await theirs.OkAsync("COPY 2 INBOX.Work");
                        await ours.OkAsync(@"STORE 1 +FLAGS (\Deleted)");
                        await ours.OkAsync("EXPUNGE");
                        break;
                }

                await AgreeAsync(server, peer, seen);
            }
        }

        // After: ours has ended, theirs goes on, and then the account is ours alone.
        await server.StopAsync();
        await using (var theirs = await peer.LoginAsync())
        {
            await NoteAsync(theirs, seen);
            await AppendAsync(theirs, "INBOX", "after");
            Drop(maildir, "after, dropped");
            await theirs.OkAsync("EXAMINE INBOX");
            await NoteAsync(theirs, seen);
        }

        Assert.Contains("after", seen.Values);
        Assert.Contains("after, dropped", seen.Values);
        await server.StartAsync();
        await AgreeAsync(server, peer, seen);
        await peer.StopAsync();
        (await server.CommandAsync("mailbox", "adopt", server.Address("demo"), "--finish")).Checked();
        await using var alone = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo");
        await AppendAsync(alone, "INBOX", "alone");
        Note(seen, "INBOX", await UidsAsync(alone, "INBOX"));
        Assert.Contains(await alone.OkAsync("LSUB \"\" \"*\""), line => line.Contains("INBOX.Work", StringComparison.Ordinal));
        Assert.Empty((await server.CommandAsync("mailbox", "check", server.Address("demo"))).Checked().Output);
    }

    /// <summary>Both list the same UIDs for the same messages, and none that was another's before.</summary>
    private static async Task AgreeAsync(ServerProcess server, SharedPeer peer, Dictionary<(string, string, string), string> seen)
    {
        await using var ours = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo");
        await using var theirs = await peer.LoginAsync();
        foreach (var mailbox in (string[])["INBOX", "INBOX.Work"])
        {
            var (mine, others) = (await UidsAsync(ours, mailbox), await UidsAsync(theirs, mailbox));
            Note(seen, mailbox, mine);
            Note(seen, mailbox, others);
            Assert.Equal(others.Validity, mine.Validity);
            Assert.Equal(others.Lines, mine.Lines);
        }
    }

    private static async Task NoteAsync(ImapProbe imap, Dictionary<(string, string, string), string> seen)
    {
        foreach (var mailbox in (string[])["INBOX", "INBOX.Work"])
            Note(seen, mailbox, await UidsAsync(imap, mailbox));
    }

    private static void Note(Dictionary<(string, string, string), string> seen, string mailbox, (string Validity, IReadOnlyList<string> Lines) shown)
    {
        foreach (var line in shown.Lines)
        {
            var key = (mailbox, shown.Validity, line.Split(' ')[0]);
            var subject = line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..];
            Assert.True(!seen.TryGetValue(key, out var before) || before == subject, $"UID {key} was {before} and is {subject}");
            seen[key] = subject;
        }
    }

    internal static async Task<(string Validity, IReadOnlyList<string> Lines)> UidsAsync(ImapProbe imap, string mailbox)
    {
        var selected = await imap.OkAsync($"EXAMINE \"{mailbox}\"");
        var validity = selected.Select(line => Regex.Match(line, @"UIDVALIDITY (\d+)")).First(match => match.Success).Groups[1].Value;
        if (selected.Contains("* 0 EXISTS"))
            return (validity, []);
        var lines = await imap.OkAsync("UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
        return (validity, [.. lines.Where(line => line.Contains("FETCH (", StringComparison.Ordinal))
            .Select(line => $"{Regex.Match(line, @"UID (\d+)").Groups[1].Value} {Regex.Match(line, "Subject: ([^\r\n]*)").Groups[1].Value}")]);
    }

    internal static async Task AppendAsync(ImapProbe imap, string mailbox, string subject, string flags = "")
    {
        var message = $"From: a@example.org\r\nSubject: {subject}\r\nMessage-ID: <{Guid.NewGuid():N}@example.org>\r\n\r\nbody of {subject}\r\n";
        await imap.LiteralAsync($"APPEND \"{mailbox}\" ({flags})", message);
    }

    private static async Task AppendAsync(ServerProcess server, string subject)
    {
        await using var imap = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo");
        await AppendAsync(imap, "INBOX", subject);
    }

    private static void Drop(string maildir, string subject)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}.M{Guid.NewGuid():N}.other");
        var file = $"{maildir}/tmp/{name}";
        File.WriteAllText(file, $"From: b@example.org\nSubject: {subject}\n\nbody\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
        File.Move(file, $"{maildir}/new/{name}");
    }
}
