using Courier.Pop3;

namespace Courier.Tests.Pop3;

public sealed class Pop3SessionTests
{
    private const string First = "Subject: a\n\nx\n";
    private const string Second = "Subject: b\n\n0123456789\n";

    [Fact]
    public async Task Sizes_are_those_of_the_wire()
    {
        await using var bench = new Pop3Bench();
        bench.Deliver(First);
        bench.Deliver(Second);
        using var client = await bench.LogInAsync();
        Assert.Equal("+OK 2 43", await client.AskAsync("STAT"));
        Assert.Equal(["1 17", "2 26"], await client.ListAsync("LIST"));
        Assert.Equal("+OK 2 26", await client.AskAsync("LIST 2"));
        Assert.StartsWith("-ERR", await client.AskAsync("LIST 3"), StringComparison.Ordinal);
        Assert.StartsWith("+OK", await client.AskAsync("QUIT"), StringComparison.Ordinal);
        await Assert.ThrowsAsync<EndOfStreamException>(client.LineAsync);
    }

    [Fact]
    public async Task An_empty_maildrop_has_nothing()
    {
        await using var bench = new Pop3Bench();
        using var client = await bench.LogInAsync();
        Assert.Equal("+OK 0 0", await client.AskAsync("STAT"));
        Assert.Empty(await client.ListAsync("LIST"));
        Assert.Empty(await client.ListAsync("UIDL"));
        Assert.StartsWith("-ERR", await client.AskAsync("RETR 1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_comes_with_its_dots_and_line_ends()
    {
        await using var bench = new Pop3Bench();
        bench.Deliver("Subject: dots\n\n.\n..two\nend without line end");
        using var client = await bench.LogInAsync();
        Assert.Equal("+OK 47 octets", await client.AskAsync("RETR 1"));
        Assert.Equal(["Subject: dots", "", ".", "..two", "end without line end"], await client.BlockAsync());
        Assert.StartsWith("+OK", await client.AskAsync("NOOP"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TOP 1 0", new[] { "Subject: x", "" })]
    [InlineData("TOP 1 2", new[] { "Subject: x", "", "one", ".two" })]
    [InlineData("TOP 1 3", new[] { "Subject: x", "", "one", ".two", "three" })]
    [InlineData("TOP 1 2147483647", new[] { "Subject: x", "", "one", ".two", "three" })]
    public async Task TOP_gives_the_header_and_some_lines(string line, string[] expected)
    {
        await using var bench = new Pop3Bench();
        bench.Deliver("Subject: x\n\none\n.two\nthree");
        using var client = await bench.LogInAsync();
        Assert.Equal(expected, await client.ListAsync(line));
    }

    [Fact]
    public async Task A_large_message_comes_whole_in_pieces()
    {
        await using var bench = new Pop3Bench(limits: new Pop3Limits { PieceBytes = 1000 });
        var body = string.Concat(Enumerable.Range(0, 20_000).Select(i => $".{i} {new string('x', i % 70)}\n"));
        bench.Deliver("Subject: large\n\n" + body);
        using var client = await bench.LogInAsync();
        var lines = await client.ListAsync("RETR 1");
        Assert.Equal("Subject: large\n\n" + body, string.Concat(lines.Select(line => line + "\n")));
    }

    [Fact]
    public async Task Deleted_messages_are_hidden_come_back_and_go_with_QUIT_alone()
    {
        await using var bench = new Pop3Bench();
        for (var i = 0; i < 3; i++)
            bench.Deliver(First);
        using (var client = await bench.LogInAsync())
        {
            Assert.StartsWith("+OK", await client.AskAsync("DELE 2"), StringComparison.Ordinal);
            foreach (var line in new[] { "DELE 2", "RETR 2", "TOP 2 0", "LIST 2", "UIDL 2" })
                Assert.StartsWith("-ERR", await client.AskAsync(line), StringComparison.Ordinal);
            Assert.Equal("+OK 2 34", await client.AskAsync("STAT"));
            Assert.Equal(["1 17", "3 17"], await client.ListAsync("LIST"));
            Assert.StartsWith("+OK", await client.AskAsync("RSET"), StringComparison.Ordinal);
            Assert.Equal("+OK 3 51", await client.AskAsync("STAT"));
            Assert.StartsWith("+OK", await client.AskAsync("DELE 1"), StringComparison.Ordinal);
        }

        using (var client = await bench.LogInAsync())
        {
            Assert.Equal("+OK 3 51", await client.AskAsync("STAT"));
            await client.AskAsync("DELE 1");
            await client.AskAsync("DELE 3");
            Assert.StartsWith("+OK", await client.AskAsync("QUIT"), StringComparison.Ordinal);
        }

        using (var client = await bench.LogInAsync())
            Assert.Equal("+OK 1 17", await client.AskAsync("STAT"));
        Assert.Single(bench.Flags);
    }

    [Fact]
    public async Task Unique_ids_stay_with_their_messages()
    {
        await using var bench = new Pop3Bench();
        for (var i = 0; i < 3; i++)
            bench.Deliver(First);
        List<string> ids;
        using (var client = await bench.LogInAsync())
        {
            ids = [.. (await client.ListAsync("UIDL")).Select(line => line.Split(' ')[1])];
            Assert.All(ids, id => Assert.Matches("^[!-~]{1,70}$", id));
            Assert.Equal(3, ids.Distinct(StringComparer.Ordinal).Count());
            Assert.Equal($"+OK 2 {ids[1]}", await client.AskAsync("UIDL 2"));
            await client.AskAsync("DELE 1");
            await client.AskAsync("QUIT");
        }

        bench.Deliver(Second);
        using (var client = await bench.LogInAsync())
        {
            var now = await client.ListAsync("UIDL");
            Assert.Equal([$"1 {ids[1]}", $"2 {ids[2]}"], now[..2]);
            Assert.DoesNotContain(now[2].Split(' ')[1], ids);
        }
    }

    [Fact]
    public async Task What_was_retrieved_is_seen_and_what_was_only_looked_at_is_not()
    {
        await using var bench = new Pop3Bench();
        bench.Deliver(First);
        bench.Deliver(First);
        using (var client = await bench.LogInAsync())
        {
            await client.ListAsync("RETR 1");
            await client.ListAsync("TOP 2 1");
            await client.AskAsync("QUIT");
            await Assert.ThrowsAsync<EndOfStreamException>(client.LineAsync);
        }

        await EventuallyAsync(() => bench.Flags.SequenceEqual(["S", ""]));
    }

    [Fact]
    public async Task A_message_retrieved_deleted_and_restored_is_seen()
    {
        await using var bench = new Pop3Bench(limits: new Pop3Limits { SeenBatch = 2 });
        for (var i = 0; i < 3; i++)
            bench.Deliver(First);
        using (var client = await bench.LogInAsync())
        {
            await client.ListAsync("RETR 1");
            await client.AskAsync("DELE 1");
            await client.ListAsync("RETR 2");
            await client.AskAsync("RSET");
        }

        await EventuallyAsync(() => bench.Flags.SequenceEqual(["S", "S", ""]));
    }

    [Fact]
    public async Task A_message_that_somebody_else_removed_is_told_of_and_QUIT_is_content()
    {
        await using var bench = new Pop3Bench();
        bench.Deliver(First);
        bench.Deliver(Second);
        using var one = await bench.LogInAsync();
        using var two = await bench.LogInAsync();
        await two.AskAsync("DELE 1");
        Assert.StartsWith("+OK", await two.AskAsync("QUIT"), StringComparison.Ordinal);
        Assert.Equal("+OK 2 43", await one.AskAsync("STAT"));
        await one.AskAsync("DELE 1");
        await one.AskAsync("DELE 2");
        Assert.StartsWith("+OK", await one.AskAsync("QUIT"), StringComparison.Ordinal);
        Assert.Empty(bench.Flags);
    }

    [Fact]
    public async Task Commands_sent_together_are_answered_in_order()
    {
        await using var bench = new Pop3Bench();
        bench.Deliver(First);
        bench.Deliver(First);
        using var client = await bench.ConnectAsync();
        await client.SendAsync("USER ada\r\nPASS secret pass\r\nSTAT\r\nDELE 1\r\nSTAT\r\nNOOP\r\nQUIT\r\nSTAT\r\n");
        var answers = new List<string>();
        for (var i = 0; i < 7; i++)
            answers.Add(await client.LineAsync());
        Assert.Equal("+OK 2 34", answers[2]);
        Assert.Equal("+OK 1 17", answers[4]);
        Assert.All(answers, answer => Assert.StartsWith("+OK", answer, StringComparison.Ordinal));
        await Assert.ThrowsAnyAsync<IOException>(client.LineAsync);
    }

    [Fact]
    public async Task A_whole_conversation_gives_the_same_answers_byte_by_byte()
    {
        await using var bench = new Pop3Bench();
        bench.Deliver(First);
        using var client = await bench.ConnectAsync();
        foreach (var c in "USER ada\r\nPASS secret pass\r\nRETR 1\r\nQUIT\r\n")
            await client.SendAsync(c.ToString());
        var answers = new List<string>();
        for (var i = 0; i < 8; i++)
            answers.Add(await client.LineAsync());
        Assert.Equal(["+OK Send the password", "+OK Logged in", "+OK 17 octets", "Subject: a", "", "x", ".", "+OK Goodbye"], answers);
    }

    [Theory]
    [InlineData("AUTH PLAIN AGFkYQBzZWNyZXQgcGFzcw==", null)]
    [InlineData("AUTH PLAIN", "AGFkYQBzZWNyZXQgcGFzcw==")]
    public async Task A_login_by_SASL_may_bring_its_response_at_once_or_later(string line, string? response)
    {
        await using var bench = new Pop3Bench();
        using var client = await bench.ConnectAsync();
        var answer = await client.AskAsync(line);
        if (response is not null)
        {
            Assert.Equal("+ ", answer);
            answer = await client.AskAsync(response);
        }

        Assert.StartsWith("+OK", answer, StringComparison.Ordinal);
        Assert.Equal("+OK 0 0", await client.AskAsync("STAT"));
    }

    [Theory]
    [InlineData("AUTH PLAIN", "*")]
    [InlineData("AUTH PLAIN", "!!!")]
    [InlineData("AUTH PLAIN", "YWRh")]
    [InlineData("AUTH PLAIN =", null)]
    [InlineData("AUTH PLAIN Ym9iAGFkYQBzZWNyZXQgcGFzcw==", null)]
    [InlineData("AUTH CRAM-MD5", null)]
    public async Task A_broken_login_by_SASL_is_refused(string line, string? response)
    {
        await using var bench = new Pop3Bench();
        using var client = await bench.ConnectAsync();
        var answer = await client.AskAsync(line);
        if (response is not null)
            answer = await client.AskAsync(response);
        Assert.StartsWith("-ERR", answer, StringComparison.Ordinal);
        Assert.StartsWith("-ERR", await client.AskAsync("STAT"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mechanisms_are_listed_for_those_who_ask()
    {
        await using var bench = new Pop3Bench();
        using var client = await bench.ConnectAsync();
        Assert.Equal(["PLAIN", "LOGIN"], await client.ListAsync("AUTH"));
    }

    [Fact]
    public async Task Wrong_passwords_and_unknown_names_look_the_same_and_the_third_is_the_last()
    {
        await using var bench = new Pop3Bench();
        using var client = await bench.ConnectAsync();
        Assert.StartsWith("-ERR", await client.AskAsync("PASS secret pass"), StringComparison.Ordinal);
        var answers = new List<string>();
        foreach (var name in new[] { "ada", "nobody", "ada" })
        {
            Assert.Equal("+OK Send the password", await client.AskAsync($"USER {name}"));
            answers.Add(await client.AskAsync("PASS wrong"));
        }

        Assert.Equal("-ERR [AUTH] Name or password are wrong", Assert.Single(answers.Distinct(StringComparer.Ordinal)));
        await Assert.ThrowsAsync<EndOfStreamException>(client.LineAsync);
    }

    [Fact]
    public async Task Trouble_with_the_directory_is_told_as_ours_and_the_session_goes_on()
    {
        await using var bench = new Pop3Bench();
        using var client = await bench.ConnectAsync();
        bench.Accounts.Failure = new IOException("locked");
        await client.AskAsync("USER ada");
        Assert.StartsWith("-ERR [SYS/TEMP]", await client.AskAsync("PASS secret pass"), StringComparison.Ordinal);
        bench.Accounts.Failure = null;
        await client.AskAsync("USER ada");
        Assert.StartsWith("+OK", await client.AskAsync("PASS secret pass"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_of_ours_ends_the_session_politely()
    {
        await using var bench = new Pop3Bench();
        using var client = await bench.ConnectAsync();
        bench.Accounts.Failure = new InvalidOperationException("a bug");
        await client.AskAsync("USER ada");
        Assert.StartsWith("-ERR [SYS/TEMP]", await client.AskAsync("PASS secret pass"), StringComparison.Ordinal);
        await Assert.ThrowsAsync<EndOfStreamException>(client.LineAsync);
    }

    [Fact]
    public async Task Without_TLS_no_password_is_taken_and_with_it_what_came_ahead_is_dropped()
    {
        await using var bench = new Pop3Bench(allowsCleartext: false);
        using var client = await bench.ConnectAsync();
        var before = await client.ListAsync("CAPA");
        Assert.Contains("STLS", before);
        Assert.DoesNotContain("USER", before);
        Assert.DoesNotContain(before, line => line.StartsWith("SASL", StringComparison.Ordinal));
        foreach (var line in new[] { "USER ada", "PASS secret pass", "AUTH PLAIN AGFkYQBzZWNyZXQgcGFzcw==", "AUTH PLAIN" })
            Assert.StartsWith("-ERR [AUTH]", await client.AskAsync(line), StringComparison.Ordinal);

        await client.SendAsync("STLS\r\nCAPA\r\nNOOP\r\n");
        Assert.StartsWith("+OK", await client.LineAsync(), StringComparison.Ordinal);
        await client.SecureAsync();
        Assert.StartsWith("-ERR", await client.AskAsync("STLS"), StringComparison.Ordinal);
        var after = await client.ListAsync("CAPA");
        Assert.DoesNotContain("STLS", after);
        Assert.Contains("USER", after);
        Assert.Contains("SASL PLAIN LOGIN", after);
        Assert.StartsWith("+OK", await client.AskAsync("USER ada"), StringComparison.Ordinal);
        Assert.StartsWith("+OK", await client.AskAsync("PASS secret pass"), StringComparison.Ordinal);
        Assert.StartsWith("-ERR", await client.AskAsync("STLS"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_given_in_the_clear_is_forgotten_by_TLS()
    {
        await using var bench = new Pop3Bench();
        using var client = await bench.ConnectAsync();
        await client.AskAsync("USER ada");
        await client.AskAsync("STLS");
        await client.SecureAsync();
        Assert.Equal("-ERR USER comes first", await client.AskAsync("PASS secret pass"));
    }

    [Fact]
    public async Task A_line_too_long_is_refused_and_the_session_goes_on()
    {
        await using var bench = new Pop3Bench();
        using var client = await bench.ConnectAsync();
        Assert.Equal("-ERR Line too long", await client.AskAsync("USER " + new string('x', 200_000)));
        Assert.StartsWith("+OK", await client.AskAsync("USER ada"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_errors_end_the_session()
    {
        await using var bench = new Pop3Bench(limits: new Pop3Limits { BadCommands = 5 });
        using var client = await bench.ConnectAsync();
        for (var i = 0; i < 4; i++)
            Assert.Equal("-ERR Unknown command", await client.AskAsync("NONSENSE"));
        Assert.Equal("-ERR Too many errors", await client.AskAsync("NONSENSE"));
        await Assert.ThrowsAsync<EndOfStreamException>(client.LineAsync);
    }

    [Fact]
    public async Task A_silent_client_is_told_and_left()
    {
        await using var bench = new Pop3Bench(limits: new Pop3Limits { CommandTimeout = TimeSpan.FromMilliseconds(100) });
        using var client = await bench.ConnectAsync();
        Assert.Equal("-ERR Timed out waiting for input", await client.LineAsync());
        await Assert.ThrowsAsync<EndOfStreamException>(client.LineAsync);
    }

    [Fact]
    public void The_limits_are_those_of_the_RFC()
    {
        Assert.True(new Pop3Limits().CommandTimeout >= TimeSpan.FromMinutes(10));
        Assert.True(new Pop3Limits().LineBytes >= 255);
    }

    private static async Task EventuallyAsync(Func<bool> holds)
    {
        for (var i = 0; i < 100 && !holds(); i++)
            await Task.Delay(50);
        Assert.True(holds());
    }
}
