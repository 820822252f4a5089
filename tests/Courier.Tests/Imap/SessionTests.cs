using Courier.Shared.Imap;

namespace Courier.Tests.Imap;

/// <summary>Sessions over real Maildirs: one at a time, and several on one mailbox.</summary>
[Collection(WeighedAlone.Name)]
public sealed class SessionTests
{
    private const string Message = "From: Ann <ann@example.org>\r\nSubject: Spring\r\n\r\nThe body.\r\n";

    [Fact]
    public async Task A_message_goes_in_and_comes_out_byte_for_byte()
    {
        await using var host = new ImapHost();
        var client = await host.SelectAsync();
        var appended = await client.AppendAsync("INBOX", Message, "(\\Seen Work) \"17-Jul-1996 02:44:25 -0700\"");
        Assert.Matches(@"^OK \[APPENDUID \d+ 1\] ", appended.Tagged);
        Assert.Contains("* 1 EXISTS", appended.Untagged);
        var fetched = await client.AskAsync("FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])");
        var response = Assert.Single(fetched.Untagged);
        Assert.StartsWith("* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent Work) INTERNALDATE \"17-Jul-1996 09:44:25 +0000\" RFC822.SIZE ", response, StringComparison.Ordinal);
        Assert.EndsWith($"BODY[] {{{Message.Length}}}\r\n{Message})", response, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_messages_are_appended_at_once_or_not_at_all()
    {
        await using var host = new ImapHost();
        var client = await host.LogInAsync();
        var both = await client.AskAsync($"APPEND INBOX {{{Message.Length}+}}\r\n{Message} (\\Seen) {{{Message.Length}+}}\r\n{Message}");
        Assert.Matches(@"^OK \[APPENDUID \d+ 1:2\] ", both.Tagged);
        var spoilt = await client.AskAsync($"APPEND INBOX {{{Message.Length}+}}\r\n{Message} (\\Seen) {{3+}}\r\na\0b");
        Assert.StartsWith("NO", spoilt.Tagged, StringComparison.Ordinal);
        Assert.Contains("* STATUS \"INBOX\" (MESSAGES 2)", (await client.AskAsync("STATUS INBOX (MESSAGES)")).Untagged);
    }

    [Fact]
    public async Task A_message_over_the_limit_is_refused_before_or_after_it_comes()
    {
        await using var host = new ImapHost(settings => settings with { Limits = settings.Limits with { MessageBytes = 1000 } });
        var client = await host.LogInAsync();
        Assert.StartsWith("NO [TOOBIG]", (await client.AskAsync("APPEND INBOX {2000}")).Tagged, StringComparison.Ordinal);
        Assert.StartsWith("NO [TOOBIG]", (await client.AppendAsync("INBOX", new string('x', 2000))).Tagged, StringComparison.Ordinal);
        Assert.True((await client.AskAsync("NOOP")).IsOk);
    }

    [Fact]
    public async Task A_literal_waits_for_its_invitation()
    {
        await using var host = new ImapHost();
        var client = await host.LogInAsync();
        await client.SendAsync("a SELECT {5}\r\n");
        Assert.StartsWith("+ ", await client.ReadLineAsync(), StringComparison.Ordinal);
        await client.SendAsync("INBOX\r\n");
        Assert.StartsWith("OK [READ-WRITE]", (await client.ReadReplyAsync("a")).Tagged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetching_a_body_sets_Seen_once_and_says_so_in_the_same_response()
    {
        await using var host = new ImapHost();
        var client = await host.SelectAsync();
        await client.AppendAsync("INBOX", Message);
        Assert.Equal("* 1 FETCH (FLAGS (\\Seen \\Recent) BODY[TEXT] {11}\r\nThe body.\r\n)", Assert.Single((await client.AskAsync("FETCH 1 BODY[TEXT]")).Untagged));
        Assert.Equal("* 1 FETCH (BODY[TEXT]<4> {4}\r\nbody)", Assert.Single((await client.AskAsync("FETCH 1 BODY[TEXT]<4.4>")).Untagged));
        Assert.Single(Directory.GetFiles(Path.Combine(host.MaildirOf("demo"), "cur"), "*:2,S"));
    }

    [Fact]
    public async Task Examining_changes_nothing()
    {
        await using var host = new ImapHost();
        var client = await host.LogInAsync();
        await client.AppendAsync("INBOX", Message, "(\\Deleted)");
        var examined = await client.AskAsync("EXAMINE INBOX");
        Assert.StartsWith("OK [READ-ONLY]", examined.Tagged, StringComparison.Ordinal);
        Assert.Contains("* 1 RECENT", examined.Untagged);
        Assert.Contains(examined.Untagged, line => line.StartsWith("* OK [PERMANENTFLAGS ()]", StringComparison.Ordinal));
        await client.AskAsync("FETCH 1 BODY[]");
        foreach (var command in new[] { "STORE 1 +FLAGS (\\Seen)", "EXPUNGE", "UID EXPUNGE 1" })
            Assert.StartsWith("NO", (await client.AskAsync(command)).Tagged, StringComparison.Ordinal);
        await client.AskAsync("CLOSE");
        Assert.Contains("* 1 RECENT", (await client.AskAsync("SELECT INBOX")).Untagged);
        Assert.Equal("* 1 FETCH (FLAGS (\\Deleted \\Recent))", Assert.Single((await client.AskAsync("FETCH 1 FLAGS")).Untagged));
    }

    [Fact]
    public async Task Flags_that_others_change_are_told_once_and_silence_covers_only_ones_own()
    {
        await using var host = new ImapHost();
        var one = await host.SelectAsync();
        await one.AppendAsync("INBOX", Message);
        var two = await host.SelectAsync();
        await one.AskAsync("STORE 1 +FLAGS (\\Flagged)");
        var silent = await two.AskAsync("STORE 1 +FLAGS.SILENT (\\Answered)");
        Assert.Equal("* 1 FETCH (FLAGS (\\Flagged))", Assert.Single(silent.Untagged));
        Assert.Empty((await two.AskAsync("NOOP")).Untagged);
        Assert.Equal("* 1 FETCH (FLAGS (\\Answered \\Flagged \\Recent))", Assert.Single((await one.AskAsync("NOOP")).Untagged));
        Assert.Empty((await one.AskAsync("NOOP")).Untagged);
    }

    [Fact]
    public async Task A_message_expunged_elsewhere_can_be_fetched_until_it_is_told()
    {
        await using var host = new ImapHost();
        var one = await host.SelectAsync();
        for (var i = 0; i < 4; i++)
            await one.AppendAsync("INBOX", Message);
        var two = await host.SelectAsync();
        await one.AskAsync("STORE 2,3 +FLAGS.SILENT (\\Deleted)");
        Assert.Equal(["* 3 EXPUNGE", "* 2 EXPUNGE"], (await one.AskAsync("EXPUNGE")).Untagged);
        await one.AppendAsync("INBOX", Message);
        var fetched = await two.AskAsync("FETCH 2:4 (UID BODY.PEEK[TEXT])");
        Assert.True(fetched.IsOk, fetched.ToString());
        Assert.Equal(["UID 2", "UID 3", "UID 4"], fetched.Untagged.Select(line => line.Split('(')[1][..5]));
        Assert.Equal("* SEARCH 4", Assert.Single((await two.AskAsync("SEARCH UID 4")).Untagged));
        var told = (await two.AskAsync("NOOP")).Untagged;
        Assert.Equal(["* 3 EXPUNGE", "* 2 EXPUNGE", "* 3 EXISTS"], told.Take(3));
        Assert.Equal("* SEARCH 1 4 5", Assert.Single((await two.AskAsync("UID SEARCH ALL")).Untagged));
    }

    [Fact]
    public async Task Recent_goes_to_one_session()
    {
        await using var host = new ImapHost();
        var clients = new List<ImapClient>();
        for (var i = 0; i < 4; i++)
            clients.Add(await host.SelectAsync());
        await clients[0].AppendAsync("INBOX", Message);
        var recent = 0;
        foreach (var client in clients)
        {
            await client.AskAsync("NOOP");
            recent += (await client.AskAsync("SEARCH RECENT")).Untagged.Count(line => line == "* SEARCH 1");
        }

        Assert.Equal(1, recent);
    }

    [Fact]
    public async Task Idling_tells_changes_as_they_happen()
    {
        await using var host = new ImapHost();
        var idle = await host.SelectAsync();
        var other = await host.SelectAsync();
        await idle.SendAsync("i IDLE\r\n");
        Assert.StartsWith("+ ", await idle.ReadLineAsync(), StringComparison.Ordinal);
        await other.AppendAsync("INBOX", Message);
        Assert.Equal("* 1 EXISTS", await idle.ReadLineAsync());
        Assert.EndsWith("RECENT", await idle.ReadLineAsync(), StringComparison.Ordinal);
        await other.AskAsync("STORE 1 +FLAGS (\\Deleted)");
        Assert.StartsWith("* 1 FETCH (FLAGS (\\Deleted", await idle.ReadLineAsync(), StringComparison.Ordinal);
        await other.AskAsync("EXPUNGE");
        Assert.Equal("* 1 EXPUNGE", await idle.ReadLineAsync());
        await idle.SendAsync("DO");
        await idle.SendAsync("NE\r\n");
        Assert.True((await idle.ReadReplyAsync("i")).IsOk);
        await idle.SendAsync("j IDLE\r\n");
        await idle.ReadLineAsync();
        await idle.SendAsync("NOOP\r\n");
        Assert.StartsWith("BAD", (await idle.ReadReplyAsync("j")).Tagged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_the_server_says_BYE_to_the_idle_and_to_the_busy()
    {
        await using var host = new ImapHost();
        var idle = await host.SelectAsync();
        await idle.SendAsync("i IDLE\r\n");
        await idle.ReadLineAsync();
        var waiting = await host.LogInAsync();
        await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.StartsWith("* BYE", await idle.ReadLineAsync(), StringComparison.Ordinal);
        Assert.StartsWith("* BYE", await waiting.ReadLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_idle_session_is_logged_out_at_last()
    {
        await using var host = new ImapHost(settings => settings with { Limits = settings.Limits with { Inactivity = TimeSpan.FromMilliseconds(300) } });
        var client = await host.SelectAsync();
        await client.SendAsync("i IDLE\r\n");
        await client.ReadLineAsync();
        Assert.StartsWith("* BYE", await client.ReadLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Copies_are_told_with_their_uids()
    {
        await using var host = new ImapHost();
        var client = await host.SelectAsync();
        await client.AppendAsync("INBOX", Message, "(\\Flagged Work)");
        await client.AppendAsync("INBOX", Message);
        Assert.StartsWith("NO [TRYCREATE]", (await client.AskAsync("COPY 1 INBOX.Other")).Tagged, StringComparison.Ordinal);
        Assert.True((await client.AskAsync("CREATE INBOX.Other")).IsOk);
        Assert.Matches(@"^OK \[COPYUID \d+ 1:2 1:2\]", (await client.AskAsync("COPY 1:2 INBOX.Other")).Tagged);
        Assert.True((await client.AskAsync("UID COPY 77 INBOX.Other")).IsOk);
        Assert.StartsWith("BAD", (await client.AskAsync("COPY 3 INBOX.Other")).Tagged, StringComparison.Ordinal);
        await client.AskAsync("SELECT INBOX.Other");
        Assert.Equal("* 1 FETCH (FLAGS (\\Flagged \\Recent Work))", Assert.Single((await client.AskAsync("FETCH 1 FLAGS")).Untagged));
    }

    [Theory]
    [InlineData("CREATE Elsewhere", "NO [CANNOT]")]
    [InlineData("CREATE INBOX", "NO [ALREADYEXISTS]")]
    [InlineData("CREATE INBOX.New.", "OK")]
    [InlineData("DELETE INBOX", "NO")]
    [InlineData("DELETE INBOX.Missing", "NO [NONEXISTENT]")]
    [InlineData("RENAME INBOX.Missing INBOX.X", "NO [NONEXISTENT]")]
    [InlineData("SELECT INBOX.Missing", "NO [NONEXISTENT]")]
    [InlineData("SELECT \"INBOX.a/../b\"", "NO")]
    [InlineData("SELECT &", "NO")]
    [InlineData("STATUS INBOX (MESSAGES NONSENSE)", "BAD")]
    [InlineData("FETCH 1 FLAGS", "BAD")]
    [InlineData("SUBSCRIBE INBOX.Missing", "OK")]
    [InlineData("CHECK", "BAD")]
    [InlineData("UID NONSENSE 1", "BAD")]
    [InlineData("STARTTLS", "BAD")]
    [InlineData("LOGIN demo x", "BAD")]
    [InlineData("NAMESPACE", "OK")]
    [InlineData("ID (\"name\" \"test\" \"os\" NIL)", "OK")]
    [InlineData("ID NIL", "OK")]
    [InlineData("ID (\"name\")", "BAD")]
    [InlineData("APPEND INBOX", "BAD")]
    [InlineData("APPEND INBOX (\\Bogus) {1+}\r\nx", "BAD")]
    [InlineData("APPEND INBOX.Missing {12+}\r\nSubject: x\r\n", "NO [TRYCREATE]")]
    public async Task Answers_after_login(string command, string answer)
    {
        await using var host = new ImapHost();
        var client = await host.LogInAsync();
        Assert.StartsWith(answer, (await client.AskAsync(command)).Tagged, StringComparison.Ordinal);
        Assert.True((await client.AskAsync("NOOP")).IsOk);
    }

    [Theory]
    [InlineData("STORE 1 FLAGS", "BAD")]
    [InlineData("STORE 1 NONSENSE (\\Seen)", "BAD")]
    [InlineData("STORE 2 FLAGS (\\Seen)", "BAD")]
    [InlineData("STORE 1 +FLAGS.SILENT \\Seen Work", "OK")]
    [InlineData("STORE 1 FLAGS (\\Recent)", "OK")]
    [InlineData("UID STORE 99 FLAGS (\\Seen)", "OK")]
    [InlineData("SEARCH CHARSET KOI8-R TEXT x", "NO [BADCHARSET (US-ASCII UTF-8)]")]
    [InlineData("SEARCH 7", "OK")] // a condition that nothing meets, not a request
    [InlineData("UID EXPUNGE 1:*", "OK")]
    [InlineData("UNSELECT", "OK")]
    [InlineData("CLOSE", "OK")]
    public async Task Answers_with_a_mailbox(string command, string answer)
    {
        await using var host = new ImapHost();
        var client = await host.SelectAsync();
        await client.AppendAsync("INBOX", Message);
        Assert.StartsWith(answer, (await client.AskAsync(command)).Tagged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Uids_are_told_with_everything_that_is_asked_by_uid()
    {
        await using var host = new ImapHost();
        var client = await host.SelectAsync();
        for (var i = 0; i < 3; i++)
            await client.AppendAsync("INBOX", Message);
        await client.AskAsync("STORE 2 +FLAGS.SILENT (\\Deleted)");
        await client.AskAsync("EXPUNGE");
        Assert.Equal(["* 1 FETCH (UID 1 RFC822.SIZE 59)", "* 2 FETCH (UID 3 RFC822.SIZE 59)"], (await client.AskAsync("UID FETCH 1:* (RFC822.SIZE)")).Untagged);
        Assert.Equal("* 2 FETCH (UID 3 FLAGS (\\Draft \\Recent))", Assert.Single((await client.AskAsync("UID STORE 2:* +FLAGS (\\Draft)")).Untagged));
        Assert.Empty((await client.AskAsync("UID FETCH 2 FLAGS")).Untagged);
    }

    [Fact]
    public async Task Logging_out_says_BYE_first()
    {
        await using var host = new ImapHost();
        var (client, session) = host.Connect();
        await client.ReadLineAsync();
        var reply = await client.AskAsync("LOGOUT");
        Assert.StartsWith("* BYE", Assert.Single(reply.Untagged), StringComparison.Ordinal);
        Assert.True(reply.IsOk);
        Assert.Null(await client.ReadLineAsync());
        await session;
    }

    [Fact]
    public async Task Subscriptions_show_the_parents_of_what_is_further_down()
    {
        await using var host = new ImapHost();
        var client = await host.LogInAsync();
        await client.AskAsync("SUBSCRIBE INBOX.a.b");
        await client.AskAsync("SUBSCRIBE INBOX.z");
        Assert.Equal(["* LSUB (\\Noselect) \".\" \"INBOX.a\"", "* LSUB () \".\" \"INBOX.z\""], (await client.AskAsync("LSUB \"\" INBOX.%")).Untagged);
        await client.AskAsync("UNSUBSCRIBE INBOX.z");
        Assert.Equal(["* LSUB () \".\" \"INBOX.a.b\""], (await client.AskAsync("LSUB \"\" *")).Untagged);
    }

    [Fact]
    public async Task Names_are_listed_with_children_and_in_modified_utf7()
    {
        await using var host = new ImapHost();
        var client = await host.LogInAsync();
        await client.AskAsync("CREATE INBOX.Gap.Below");
        await client.AskAsync("CREATE INBOX.Entw&APw-rfe");
        Assert.Equal(
            ["* LIST (\\Unmarked \\HasNoChildren) \".\" \"INBOX.Entw&APw-rfe\"", "* LIST (\\Noselect \\HasChildren) \".\" \"INBOX.Gap\""],
            (await client.AskAsync("LIST INBOX. %")).Untagged.OrderBy(line => line.Contains("Gap", StringComparison.Ordinal)));
        Assert.Equal("* LIST (\\Noselect) \".\" \"\"", Assert.Single((await client.AskAsync("LIST \"\" \"\"")).Untagged));
    }

    [Theory]
    [InlineData("NOOP")]
    [InlineData("FETCH 1 FLAGS")]
    [InlineData("STORE 1 +FLAGS (\\Seen)")]
    [InlineData("EXPUNGE")]
    [InlineData("SEARCH ALL")]
    public async Task A_mailbox_deleted_by_another_sends_its_readers_away(string command)
    {
        await using var host = new ImapHost();
        var one = await host.LogInAsync();
        await one.AskAsync("CREATE INBOX.Doomed");
        await one.AppendAsync("INBOX.Doomed", Message);
        var two = await host.SelectAsync("INBOX.Doomed");
        Assert.True((await one.AskAsync("DELETE INBOX.Doomed")).IsOk);
        var gone = await Assert.ThrowsAsync<IOException>(() => two.AskAsync(command));
        Assert.Contains("* BYE The mailbox has been deleted or replaced", gone.Message, StringComparison.Ordinal);
        Assert.StartsWith("NO", (await (await host.LogInAsync()).AskAsync("SELECT INBOX.Doomed")).Tagged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_deletes_the_mailbox_that_it_has_open_under_another_name_stays()
    {
        await using var host = new ImapHost();
        var client = await host.LogInAsync();
        await client.AskAsync("CREATE INBOX.Old");
        await client.AskAsync("SELECT INBOX.Old");
        await client.AskAsync("RENAME INBOX.Old INBOX.New");
        Assert.True((await client.AskAsync("DELETE INBOX.New")).IsOk);
        Assert.StartsWith("BAD", (await client.AskAsync("FETCH 1 FLAGS")).Tagged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_of_anything_harms_nobody()
    {
        await using var host = new ImapHost();
        foreach (var start in new[] { "a", "a APPEND INBOX {100+}\r\nhalf", "a IDLE\r\n", "a AUTHENTICATE PLAIN\r\n", "a SEARCH SUBJECT {10}\r\n" })
        {
            var (client, session) = host.Connect();
            await client.ReadLineAsync();
            await client.AskAsync($"LOGIN demo \"{ImapHost.Password}\"");
            await client.SendAsync(start);
            await client.DisposeAsync();
            await session.WaitAsync(TimeSpan.FromSeconds(60));
        }

        Assert.Contains("* STATUS \"INBOX\" (MESSAGES 0)", (await (await host.LogInAsync()).AskAsync("STATUS INBOX (MESSAGES)")).Untagged);
    }

    [Fact]
    public async Task Sessions_at_work_on_one_mailbox_agree_in_the_end()
    {
        await using var host = new ImapHost();
        var clients = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => host.SelectAsync()));
        await Task.WhenAll(clients.Select(async (client, number) =>
        {
            var random = new Random(number);
            for (var i = 0; i < 25; i++)
            {
                var reply = random.Next(5) switch
                {
                    0 or 1 => await client.AppendAsync("INBOX", Message),
                    2 => await client.AskAsync("UID STORE 1:* +FLAGS.SILENT (\\Flagged)"),
                    3 => await client.AskAsync($"UID STORE {random.Next(1, 40)} +FLAGS (\\Deleted)"),
                    _ => await client.AskAsync("EXPUNGE"),
                };
                Assert.DoesNotContain("BAD", reply.Tagged, StringComparison.Ordinal);
                Assert.DoesNotContain("UNAVAILABLE", reply.Tagged, StringComparison.Ordinal);
            }
        }));
        foreach (var client in clients)
            await client.AskAsync("NOOP");
        var views = new HashSet<string>(StringComparer.Ordinal);
        foreach (var client in clients)
            views.Add(string.Join('\n', (await client.AskAsync("FETCH 1:* (UID RFC822.SIZE)")).Untagged));
        Assert.Single(views);
    }

    [Fact]
    public async Task A_slow_reader_holds_up_itself_and_not_the_memory()
    {
        await using var host = new ImapHost();
        var writer = await host.SelectAsync();
        var large = "Subject: large\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 78) + "\r\n", 12_500)); // 1 MB
        for (var i = 0; i < 20; i++)
            Assert.True((await writer.AppendAsync("INBOX", large)).IsOk);
        var slow = await host.SelectAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await slow.SendAsync("a FETCH 1:* BODY.PEEK[]\r\n");
        await Task.Delay(300);
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < 8 << 20);
        Assert.True((await writer.AskAsync("NOOP")).IsOk);
        var fetched = await slow.ReadReplyAsync("a");
        Assert.Equal(20, fetched.Untagged.Count);
        Assert.All(fetched.Untagged, response => Assert.EndsWith(large + ")", response, StringComparison.Ordinal));
    }
}
