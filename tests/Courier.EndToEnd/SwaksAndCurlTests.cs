using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>The first minutes of a new user: swaks sends, curl reads.</summary>
public sealed class SwaksAndCurlTests
{
    [ToolFact("swaks", "curl")]
    public async Task What_swaks_sends_curl_reads_over_IMAPS_and_POP3S()
    {
        await using var server = await ServerProcess.StartAsync(new(), "demo");
        (await ExternalProgram.RunAsync(
            "swaks", "--server", $"{server.Host}:{server.Port("smtp")}", "--from", "ada@elsewhere.test", "--to", server.Address("demo"),
            "--header", "Subject: from swaks", "--body", "line one\n.line two begins with a dot", "--helo", "client.test")).Checked();
        await Mail.ArrivesAsync(server, "demo", 1);

        var imap = (await CurlAsync(server, $"imaps://{server.Host}:{server.Port("imaps")}/INBOX;MAILINDEX=1", "demo", "demo")).Checked().Output;
        Assert.Contains("Subject: from swaks\r\n", imap, StringComparison.Ordinal);
        Assert.Contains("\r\nline one\r\n.line two begins with a dot\r\n", imap, StringComparison.Ordinal);
        var pop3 = (await CurlAsync(server, $"pop3s://{server.Host}:{server.Port("pop3s")}/1", "demo", "demo")).Checked().Output;
        Assert.Equal(imap, pop3);
    }

    [ToolFact("swaks")]
    public async Task Submission_wants_TLS_and_a_login_before_it_takes_mail()
    {
        await using var server = await ServerProcess.StartAsync(new() { CleartextLogins = "never" }, "demo", "ada");
        string[] common = ["--server", $"{server.Host}:{server.Port("submission")}", "--from", server.Address("demo"), "--to", server.Address("ada"), "--helo", "client.test"];

        Assert.NotEqual(0, (await ExternalProgram.RunAsync("swaks", common)).ExitCode);
        Assert.NotEqual(0, (await ExternalProgram.RunAsync("swaks", [.. common, "--auth", "PLAIN", "--auth-user", server.Address("demo"), "--auth-password", "demo"])).ExitCode);
        Assert.NotEqual(0, (await ExternalProgram.RunAsync("swaks", [.. common, "-tls", "--auth", "PLAIN", "--auth-user", server.Address("demo"), "--auth-password", "wrong"])).ExitCode);
        foreach (var mechanism in new[] { "PLAIN", "LOGIN" })
            (await ExternalProgram.RunAsync("swaks", [.. common, "-tls", "--auth", mechanism, "--auth-user", server.Address("demo"), "--auth-password", "demo"])).Checked();
        (await ExternalProgram.RunAsync(
            "swaks", "--server", $"{server.Host}:{server.Port("submissions")}", "--tls-on-connect", "--auth", "PLAIN", "--auth-user", "demo", "--auth-password", "demo",
            "--from", server.Address("demo"), "--to", server.Address("ada"), "--helo", "client.test")).Checked();
        var read = await CurlAsync(server, $"imaps://{server.Host}:{server.Port("imaps")}/INBOX;MAILINDEX=3", "ada", "ada");
        await Eventually.IsAsync("the third message", async () => (read = await CurlAsync(server, $"imaps://{server.Host}:{server.Port("imaps")}/INBOX;MAILINDEX=3", "ada", "ada")).ExitCode == 0);
        Assert.Contains("Received: ", read.Output, StringComparison.Ordinal);
    }

    [ToolFact("swaks")]
    public async Task Unknown_users_and_relaying_are_refused_at_RCPT()
    {
        await using var server = await ServerProcess.StartAsync(new(), "demo");
        string[] common = ["--server", $"{server.Host}:{server.Port("smtp")}", "--from", "ada@elsewhere.test", "--helo", "client.test", "--quit-after", "RCPT"];
        (await ExternalProgram.RunAsync("swaks", [.. common, "--to", server.Address("demo")])).Checked();

        var unknown = await ExternalProgram.RunAsync("swaks", [.. common, "--to", server.Address("nobody")]);
        Assert.Contains("<** 550 5.1.1", unknown.Output + unknown.Error, StringComparison.Ordinal);
        var stranger = await ExternalProgram.RunAsync("swaks", [.. common, "--to", "someone@elsewhere.test"]);
        Assert.Matches(@"<\*\* 55[04] 5\.7\.1", stranger.Output + stranger.Error);
    }

    private static Task<RunResult> CurlAsync(ServerProcess server, string url, string user, string password) =>
        ExternalProgram.RunAsync("curl", "-sSk", "--max-time", "20", url, "-u", $"{server.Address(user)}:{password}");
}
