using System.Diagnostics;
using System.Net.Sockets;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>Every policy as an administrator tries it out: by swaks.</summary>
/// <remarks>What swaks cannot say (VRFY, EXPN, a word before the greeting) is in <c>tests/Courier.Conversations/smtp</c> and the tests of the sessions.</remarks>
public sealed class SwaksPolicyTests(PolicyServer policies) : IClassFixture<PolicyServer>
{
    private readonly ServerProcess _server = policies.Server;

    [Theory]
    // Relay control.
    [InlineData("strangers", "--to who@elsewhere.example", "550 5.7.1")]
    [InlineData("smtpaccess with RELAYCLIENT", "--xclient-addr 192.0.2.1 --to who@elsewhere.example", "250 2.1.5")]
    [InlineData("smtpaccess with RELAYCLIENT and a suffix", "--xclient-addr 192.0.2.2 --to who@elsewhere.example", "250 2.1.5")]
    [InlineData("smtpaccess that denies a network", "--xclient-addr 192.0.2.77 --to ada@example.test", "554 5.7.1")]
    [InlineData("smtpaccess with BLOCK", "--xclient-addr 198.51.100.1 --to ada@example.test", "450 4.7.1 Come back when you are clean")]
    [InlineData("smtpaccess with AUTH_REQUIRED", "--xclient-addr 198.51.100.4 --to ada@example.test", "530 5.7.0")]
    [InlineData("smtpaccess with AUTH_REQUIRED, logged in", "--xclient-addr 198.51.100.4 -tls --auth PLAIN --auth-user ada@example.test --auth-password ada --to bob@example.test", "250 2.1.5")]
    [InlineData("smtpaccess with ESMTP_TLS_REQUIRED", "--xclient-addr 198.51.100.5 --to ada@example.test", "530 5.7.0")]
    [InlineData("esmtpacceptmailfor", "--to who@backup.example", "250 2.1.5")]
    [InlineData("esmtpacceptmailfor, all below", "--to who@any.backup.example", "250 2.1.5")]
    [InlineData("esmtpacceptmailfor, an exception", "--to who@not.backup.example", "550 5.7.1")]
    [InlineData("percent relay", "--to who%inside.example@example.test", "250 2.1.5")]
    [InlineData("percent relay elsewhere", "--to who%outside.example@example.test", "550 5.1.1")]
    // Recipients.
    [InlineData("verification", "--to nobody@example.test", "550 5.1.1")]
    [InlineData("bofh maxrcpts", "--to ada@example.test,bob@example.test,cleo@example.test,ada@example.test", "550 5.5.3")]
    // Senders.
    [InlineData("bofh badfrom, an address", "--from bad@refused.test", "550 5.7.1")]
    [InlineData("bofh badfrom, another address there", "--from good@refused.test", "250 2.1.5")]
    [InlineData("bofh badfrom, a domain", "--from any@all.refused.test", "550 5.7.1")]
    [InlineData("bofh badfrom, domains below one", "--from any@low.below.test", "550 5.7.1")]
    [InlineData("bofh badmx", "--from any@badmx.test", "550 5.7.1")]
    [InlineData("bofh freemail from elsewhere", "--from any@free.test", "550 5.7.1")]
    [InlineData("bofh freemail from its hosts", "--xclient-addr 203.0.113.20 --from any@free.test", "250 2.1.5")]
    [InlineData("BOFHCHECKDNS, no such domain", "--from any@nothing.test", "550 5.1.8")]
    [InlineData("BOFHCHECKDNS, a domain without mail", "--from any@null.test", "550 5.7.27")]
    [InlineData("BOFHCHECKDNS, silence", "--from any@deaf.test", "451 4.4.3")]
    [InlineData("smtpaccess with BOFHCHECKDNS=0", "--xclient-addr 203.0.113.8 --from any@nothing.test", "250 2.1.5")]
    [InlineData("smtpaccess with BOFHCHECKHELO", "--xclient-addr 203.0.113.9", "550 5.7.1")]
    [InlineData("a DNS list", "--xclient-addr 203.0.114.9", "554 5.7.1 Seen sending spam")]
    public async Task A_policy_answers(string policy, string arguments, string expected)
    {
        _ = policy;
        await AnswersAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), expected);
    }

    [ToolFact("swaks")]
    public async Task A_name_in_EHLO_that_leads_elsewhere_is_refused_where_BOFHCHECKHELO_says_so()
    {
        await using var server = await ServerProcess.StartAsync(new() { Extra = [("senders", "check_helo = permanent")] }, "ada");
        await AnswersAsync(["--helo", "[127.0.0.1]"], "250 2.1.5", server);
        await AnswersAsync(["--helo", "[127.0.0.2]"], "550 5.7.1", server);
    }

    [ToolFact("swaks")]
    public async Task Greylisting_puts_off_the_first_and_takes_what_comes_again()
    {
        string[] message = ["--xclient-addr", "203.0.114.30", "--from", "grey@good.test"];
        await AnswersAsync(message, "451 4.7.1");
        await Eventually.IsAsync("it is taken", async () => (await SwaksAsync(["--quit-after", "RCPT", .. message], _server)).ExitCode == 0);
    }

    [ToolFact("swaks")]
    public async Task Rates_hold_for_a_peer_and_for_an_account()
    {
        await using (var server = await ServerProcess.StartAsync(new() { Extra = [("limits", "recipients_per_peer = 2/d")] }, "ada", "bob"))
        {
            await AnswersAsync(["--to", "ada@example.test,bob@example.test"], "250 2.1.5", server);
            await AnswersAsync([], "450 4.7.1", server);
        }

        string[] account = ["--server", Endpoint("submission"), "-tls", "--auth", "PLAIN", "--auth-user", "cleo@example.test", "--auth-password", "cleo", "--from", "cleo@example.test"];
        await AnswersAsync([.. account, "--to", "a@elsewhere.example,b@elsewhere.example,c@elsewhere.example"], "250 2.1.5");
        await AnswersAsync([.. account, "--to", "d@elsewhere.example"], "450 4.7.1");
    }

    [ToolFact("swaks")]
    public async Task A_tarpit_holds_back_what_goes_on_being_refused()
    {
        string[] guesses = ["--xclient-addr", "203.0.113.50", "--to", "no1@example.test,no2@example.test,no3@example.test,no4@example.test"];
        var began = Stopwatch.GetTimestamp();
        await AnswersAsync(guesses, "550 5.1.1");
        // 0.5 s before the third answer, 1 s before the fourth; the second counts already.
        Assert.True(Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(1.5));
    }

    [ToolFact("swaks")]
    public async Task Connections_of_one_address_of_a_network_and_of_all_are_limited()
    {
        foreach (var key in (string[])["connections_per_peer", "connections_per_network", "connections"])
        {
            await using var server = await ServerProcess.StartAsync(new() { Extra = [("limits", key + " = 1")] }, "ada");
            using (var first = new TcpClient(server.Host, server.Port("smtp")))
            {
                var greeting = new byte[4];
                await first.GetStream().ReadExactlyAsync(greeting);
                await AnswersAsync([], "421 4.7.0", server);
            }

            await Eventually.IsAsync("there is room again", async () => (await SwaksAsync(["--quit-after", "RCPT"], server)).ExitCode == 0);
        }
    }

    [ToolFact("swaks")]
    public Task A_disk_that_is_nearly_full_takes_nothing_for_the_time_being() =>
        AnswersAsync(["--server", Endpoint("lmtp"), "--protocol", "LMTP", "--to", "ada@example.test"], "452 4.3.1");

    [ToolFact("swaks")]
    public async Task Who_logged_in_sends_as_himself()
    {
        string[] ada = ["--server", Endpoint("submission"), "-tls", "--auth", "PLAIN", "--auth-user", "ada@example.test", "--auth-password", "ada", "--to", "bob@example.test"];
        await AnswersAsync([.. ada, "--from", "bob@example.test"], "550 5.7.1");
        await AnswersToMessageAsync([.. ada, "--from", "ada@example.test", "--h-From", "bob@example.test"], "550 5.7.1", _server);
        await AnswersAsync([.. ada, "--from", "ada@example.test"], "250 2.1.5");
    }

    [ToolFact("swaks")]
    public async Task A_message_answers_for_its_size_its_header_and_its_way()
    {
        await MessageAnswersAsync("552 5.3.4", "X-Long: " + new string('x', 9000), "--xclient-addr", "192.0.2.1");
        await MessageAnswersAsync("554 5.6.0", Fields(51, "X-Field: x"), "--xclient-addr", "192.0.2.1");
        await MessageAnswersAsync("554 5.4.6", Fields(21, "Received: from a by b"), "--xclient-addr", "192.0.2.1");
        await MessageAnswersAsync("552 5.3.4", Fields(40, "X-Field: " + new string('x', 40)), "--xclient-addr", "198.51.100.3");
        await MessageAnswersAsync("550 5.7.1 Spam refused", "Subject: buy", "--to", "ada@example.test,trap@example.test");
        await MessageAnswersAsync("250 2.0.0", "Subject: hello");

        static string Fields(int count, string field) => string.Join("\r\n", Enumerable.Repeat(field, count));
    }

    [ToolFact("swaks")]
    public async Task What_a_program_leaves_out_is_made_good_unless_headers_are_not_to_be_changed()
    {
        string[] bob = ["-tls", "--auth", "PLAIN", "--auth-user", "bob@example.test", "--auth-password", "bob", "--from", "bob", "--to", "bob"];
        await MessageAnswersAsync("250 2.0.0", "From: bob\r\nSubject: completed", ["--server", Endpoint("submission"), .. bob]);
        await MessageAnswersAsync("250 2.0.0", "From: bob\r\nSubject: another server's", "--to", "bob@example.test", "--xclient-addr", "203.0.113.7");
        await MessageAnswersAsync("250 2.0.0", "From: bob\r\nSubject: by NOADDMSGID=0", "--to", "bob@example.test", "--xclient-addr", "203.0.113.10");
        await Mail.ArrivesAsync(_server, "bob", 3);
        var messages = await MessagesAsync(_server, "bob");
        var completed = Assert.Single(messages, message => message.Contains("Subject: completed", StringComparison.Ordinal));
        Assert.Contains("\nFrom: bob@example.test\n", completed, StringComparison.Ordinal);
        Assert.Matches("\nMessage-ID: <.+@.+>\n", completed);
        Assert.Matches("\nDate: ...,", completed);
        var others = Assert.Single(messages, message => message.Contains("Subject: another", StringComparison.Ordinal));
        Assert.Contains("\nFrom: bob\n", others, StringComparison.Ordinal);
        Assert.DoesNotContain("\nMessage-ID:", others, StringComparison.OrdinalIgnoreCase);
        Assert.Matches("\nMessage-ID: <.+@.+>\n(.*\n)*Subject: by", Assert.Single(messages, message => message.Contains("Subject: by", StringComparison.Ordinal)));

        await using var server = await ServerProcess.StartAsync(new() { Extra = [("headers", "change = none")] }, "ada");
        await MessageAnswersAsync(server, "250 2.0.0", "From: ada\r\nSubject: as it was", "--server", $"{server.Host}:{server.Port("submission")}", "-tls", "--auth", "PLAIN", "--auth-user", "ada@example.test", "--auth-password", "ada");
        await Mail.ArrivesAsync(server, "ada", 1);
        Assert.Contains("\nFrom: ada\n", Assert.Single(await MessagesAsync(server, "ada")), StringComparison.Ordinal);
    }

    [ToolFact("swaks")]
    public async Task Eight_bits_become_seven_for_the_peers_that_MIME_names()
    {
        await MessageAnswersAsync("250 2.0.0", "Subject: seven\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nfünf", "--to", "cleo@example.test", "--xclient-addr", "203.0.113.11");
        await Mail.ArrivesAsync(_server, "cleo", 1);
        var message = Assert.Single(await MessagesAsync(_server, "cleo"));
        Assert.Contains("f=C3=BCnf", message, StringComparison.Ordinal);
        Assert.Contains("Content-Transfer-Encoding: quoted-printable", message, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<string[]> MessagesAsync(ServerProcess server, string user)
    {
        var maildir = Path.Combine(server.StateDirectory, "mail", server.Options.Domain, user, "Maildir");
        var files = ((string[])["cur", "new"]).SelectMany(name => Directory.GetFiles(Path.Combine(maildir, name)));
        return await Task.WhenAll(files.Select(file => File.ReadAllTextAsync(file)));
    }

    private Task MessageAnswersAsync(string expected, string header, params string[] arguments) => MessageAnswersAsync(_server, expected, header, arguments);

    private static Task MessageAnswersAsync(ServerProcess server, string expected, string header, params string[] arguments)
    {
        var file = server.WriteScratch("message.eml", header + "\r\n\r\nhello\r\n");
        return AnswersToMessageAsync(["--data", "@" + file, .. arguments], expected, server);
    }

    private string Endpoint(string service) => $"{_server.Host}:{_server.Port(service)}";

    private Task AnswersAsync(IReadOnlyList<string> arguments, string expected) => AnswersAsync(arguments, expected, _server);

    /// <summary>One of the answers up to those to RCPT is <paramref name="expected"/>.</summary>
    private static Task AnswersAsync(IReadOnlyList<string> arguments, string expected, ServerProcess server) => AnswersToMessageAsync(["--quit-after", "RCPT", .. arguments], expected, server);

    private static async Task AnswersToMessageAsync(IReadOnlyList<string> arguments, string expected, ServerProcess server)
    {
        var run = await SwaksAsync(arguments, server);
        Assert.True(run.Output.Split('\n').Any(line => IsAnswer(line, expected)), $"{expected} was expected of {run}");
        if (expected[0] == '2')
            run.Checked();
    }

    /// <summary>swaks writes <c>&lt;-  250 …</c>, <c>&lt;** 550 …</c>, and under TLS <c>&lt;~  250 …</c>.</summary>
    private static bool IsAnswer(string line, string expected) => line.Length > 4 && line[0] == '<' && line[4..].StartsWith(expected, StringComparison.Ordinal);

    private static Task<RunResult> SwaksAsync(IReadOnlyList<string> arguments, ServerProcess server) => ExternalProgram.RunAsync(
        "swaks", ["--server", $"{server.Host}:{server.Port("smtp")}", "--helo", "client.test", "--from", "good@good.test", "--to", server.Address("ada"), .. arguments]);
}
