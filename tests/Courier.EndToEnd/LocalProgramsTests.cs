using System.Net.Sockets;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>Programs of this machine send through our sendmail, with the server up and down, as root and as nobody.</summary>
public sealed class LocalProgramsTests
{
    private const string Nobody = "65534";

    /// <summary>The program under its other names, and a configuration that it finds by itself.</summary>
    private static async Task<(ServerProcess Server, string Bin)> PrepareAsync((string Section, string Line)? relay = null)
    {
        var server = await ServerProcess.PrepareAsync(new() { Extra = [relay ?? ("relay", "hold = yes")] }, "demo");
        var bin = Directory.CreateDirectory(server.Scratch("bin")).FullName;
        foreach (var name in new[] { "sendmail", "mailq", "cancelmsg", "rmail", "submit" })
            File.CreateSymbolicLink(Path.Combine(bin, name), RepositoryPaths.Program);
        // Scratch directories are for their owner alone; users of a machine reach the state directory.
        for (var directory = new DirectoryInfo(bin); directory.FullName.StartsWith(server.Scratch(""), StringComparison.Ordinal); directory = directory.Parent!)
            File.SetUnixFileMode(directory.FullName, File.GetUnixFileMode(directory.FullName) | UnixFileMode.OtherExecute | UnixFileMode.OtherRead);
        File.SetUnixFileMode(server.StateDirectory, File.GetUnixFileMode(server.StateDirectory) | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(server.ConfigFile, File.GetUnixFileMode(server.ConfigFile) | UnixFileMode.OtherRead);
        return (server, bin);
    }

    private static Task<RunResult> RunAsync(ServerProcess server, string? user, string program, string input, params string[] arguments) => ExternalProgram.RunAsync(
        user is null ? program : "setpriv",
        user is null ? arguments : [$"--reuid={user}", $"--regid={user}", "--clear-groups", program, .. arguments],
        input,
        new Dictionary<string, string>(StringComparer.Ordinal) { ["COURIER_CONFIG"] = server.ConfigFile, ["LOGNAME"] = user is null ? "root" : "nobody", ["USER"] = user is null ? "root" : "nobody", ["HOME"] = server.Scratch("bin") });

    private static async Task<string> MessageAsync(ServerProcess server, string subject)
    {
        await using var imap = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo");
        await imap.OkAsync("SELECT INBOX");
        return string.Join('\n', (await imap.OkAsync("FETCH 1:* (BODY.PEEK[])")).Where(line => line.Contains($"Subject: {subject}\r\n", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Of_a_program_that_is_gone_in_the_middle_nothing_is_queued()
    {
        var (server, _) = await PrepareAsync();
        await using var running = server;
        await server.StartAsync();
        using (var half = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await half.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(server.StateDirectory, "submit.sock")));
            await half.SendAsync("courier-message 1\nS demo@example.test\nR far@there.test\t\t\n\nSubject: half\n\nThis is where it br"u8.ToArray());
        }

        await Eventually.IsAsync("the server has noticed", () => server.Log.Contains("was not served to its end", StringComparison.Ordinal));
        Assert.Equal("[]", (await server.CommandAsync("queue", "list", "--json")).Checked().Output.Trim());
    }

    [ToolFact("setpriv", "root")]
    public async Task Sendmail_asks_for_a_return_path_for_each_recipient_and_for_a_safe_way()
    {
        await using var sink = new SmtpSink();
        var (server, bin) = await PrepareAsync(("relay", $"next_hop = 127.0.0.1:{sink.Port}"));
        await using var _ = server;
        await server.StartAsync();
        var sendmail = Path.Combine(bin, "sendmail");
        (await RunAsync(server, null, sendmail, "Subject: each\n\nhello\n", "-verp", "-f", "list@elsewhere.test", "a@there.test", "b@there.test")).Checked();
        await Eventually.IsAsync("both were sent", () => sink.Messages.Count == 2);
        Assert.Equal(["list-a=there.test@elsewhere.test", "list-b=there.test@elsewhere.test"], sink.Messages.Select(message => message.From).Order(StringComparer.Ordinal));

        // The sink has no TLS: what is to go a safe way comes back.
        (await RunAsync(server, null, sendmail, "Subject: safe\n\nhello\n", "-S", "STARTTLS", "-f", "demo", "c@there.test")).Checked();
        await Mail.ArrivesAsync(server, "demo", 1);
        Assert.Contains("Status: 5.7.10\r\n", await MessageAsync(server, "safe"), StringComparison.Ordinal);
        Assert.Equal(2, sink.Messages.Count);
    }

    [ToolFact("setpriv", "root")]
    public async Task A_message_of_nobody_is_delivered_by_the_socket_and_says_who_handed_it_in()
    {
        var (server, bin) = await PrepareAsync();
        await using var _ = server;
        await server.StartAsync();
        (await RunAsync(server, Nobody, Path.Combine(bin, "sendmail"), "To: demo\nBcc: demo@example.test\nSubject: up\n\nhello\n.\nmore", "-t", "-FNo Body")).Checked();
        await Mail.ArrivesAsync(server, "demo", 1);
        var message = await MessageAsync(server, "up");
        Assert.Contains("Received: from localhost (uid 65534)\r\n", message, StringComparison.Ordinal);
        Assert.Contains("From: \"No Body\" <nobody@example.test>\r\n", message, StringComparison.Ordinal);
        Assert.Contains("Message-ID: ", message, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nhello\r\n.\r\nmore\r\n)", message, StringComparison.Ordinal);
        Assert.DoesNotContain("Bcc", message, StringComparison.Ordinal);
    }

    [ToolFact("setpriv", "root")]
    public async Task A_message_of_nobody_waits_for_a_server_that_is_down_and_nobody_else_can_touch_it()
    {
        var (server, bin) = await PrepareAsync();
        await using var _ = server;
        // The first start makes the directory.
        await server.StartAsync();
        await server.StopAsync();
        (await RunAsync(server, Nobody, Path.Combine(bin, "sendmail"), "Subject: down\n\nhello\n", "-i", "demo")).Checked();
        var dropped = Assert.Single(Directory.GetFiles(Path.Combine(server.StateDirectory, "drop")));
        Assert.NotEqual(0, (await ExternalProgram.RunAsync("setpriv", "--reuid=65533", "--regid=65533", "--clear-groups", "cat", dropped)).ExitCode);
        Assert.NotEqual(0, (await ExternalProgram.RunAsync("setpriv", "--reuid=65533", "--regid=65533", "--clear-groups", "rm", "-f", dropped)).ExitCode);
        Assert.NotEqual(0, (await ExternalProgram.RunAsync("setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "ls", Path.GetDirectoryName(dropped)!)).ExitCode);
        await server.StartAsync();
        await Mail.ArrivesAsync(server, "demo", 1);
        Assert.Contains("(uid 65534)", await MessageAsync(server, "down"), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(server.StateDirectory, "drop")));
    }

    [ToolFact("root", "ln")]
    public async Task A_link_to_somebody_else_s_file_in_the_drop_directory_is_not_followed()
    {
        var (server, _) = await PrepareAsync();
        await using var held = server;
        await server.StartAsync();
        var secret = server.WriteScratch("secret", "courier-message 1\nS a@b.test\nR demo@example.test\n\nSubject: stolen\n\nsecret\n");
        var drop = Path.Combine(server.StateDirectory, "drop");
        File.CreateSymbolicLink(Path.Combine(drop, "new.link"), secret);
        (await ExternalProgram.RunAsync("ln", secret, Path.Combine(drop, "new.hard"))).Checked();
        await Eventually.IsAsync("both are gone", () => Directory.GetFileSystemEntries(drop).Length == 0);
        Assert.True(File.Exists(secret));
        var maildir = Path.Combine(server.StateDirectory, "mail");
        Assert.True(!Directory.Exists(maildir) || Directory.GetFiles(maildir, "*.M*", SearchOption.AllDirectories).Length == 0);
    }

    [ToolFact("setpriv", "root")]
    public async Task What_can_never_be_accepted_is_kept_aside()
    {
        var (server, _) = await PrepareAsync();
        await using var held = server;
        await server.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(server.StateDirectory, "drop", "new.bad"), "nonsense\n\n");
        await Eventually.IsAsync("it is refused", () => Directory.Exists(Path.Combine(server.StateDirectory, "refused")) && Directory.GetFiles(Path.Combine(server.StateDirectory, "refused")).Length == 1);
    }

    [ToolFact("setpriv", "root", "bsd-mailx")]
    public async Task Mailx_sends_with_the_server_down()
    {
        var (server, bin) = await PrepareAsync();
        await using var _ = server;
        await server.StartAsync();
        await server.StopAsync();
        // It reads HOME/.mailrc, and HOME is that directory.
        await File.WriteAllTextAsync(Path.Combine(bin, ".mailrc"), $"set sendmail={Path.Combine(bin, "sendmail")}\n");
        (await RunAsync(server, Nobody, "bsd-mailx", "hello from mailx\n", "-s", "mailx", "demo@example.test")).Checked();
        // mailx leaves its sendmail to itself.
        await Eventually.IsAsync("it is dropped", () => Directory.GetFiles(Path.Combine(server.StateDirectory, "drop"), "new.*").Length == 1);
        await server.StartAsync();
        await Mail.ArrivesAsync(server, "demo", 1);
        Assert.Contains("hello from mailx", await MessageAsync(server, "mailx"), StringComparison.Ordinal);
    }

    [ToolFact("setpriv", "root", "mutt")]
    public async Task Mutt_sends_with_the_server_down()
    {
        var (server, bin) = await PrepareAsync();
        await using var _ = server;
        await server.StartAsync();
        await server.StopAsync();
        (await RunAsync(server, Nobody, "mutt", "hello from mutt\n", "-n", "-F", "/dev/null", "-e", $"set sendmail=\"{Path.Combine(bin, "sendmail")} -oem -oi\" copy=no sendmail_wait=0", "-s", "mutt", "demo@example.test")).Checked();
        await server.StartAsync();
        await Mail.ArrivesAsync(server, "demo", 1);
        Assert.Contains("hello from mutt", await MessageAsync(server, "mutt"), StringComparison.Ordinal);
    }

    [ToolFact("setpriv", "root")]
    public async Task Sendmail_bs_speaks_SMTP_and_submit_its_own_protocol()
    {
        var (server, bin) = await PrepareAsync();
        await using var _ = server;
        await server.StartAsync();
        var said = (await RunAsync(server, Nobody, Path.Combine(bin, "sendmail"),
            "EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<demo@example.test>\r\nDATA\r\nSubject: stdio\r\n\r\nhi\r\n.\r\nQUIT\r\n", "-bs")).Checked().Output;
        Assert.Contains("\r\n250 2.0.0 ", said, StringComparison.Ordinal);
        var answers = (await RunAsync(server, Nobody, Path.Combine(bin, "submit"), "a@b.test\tF\tQQ1\ndemo@example.test\tSFD\t\nnot an address\n\nSubject: submitted\n\nhi\n", "local", "dns; here")).Checked().Output;
        Assert.Matches("^250 Ok.\n250 Ok.\n513 [^\n]*\n250 [^\n]*\n$", answers);
        await Mail.ArrivesAsync(server, "demo", 2);
        Assert.Contains("(uid 65534)", await MessageAsync(server, "submitted"), StringComparison.Ordinal);
        Assert.Contains("Return-Path: <a@b.test>", await MessageAsync(server, "stdio"), StringComparison.Ordinal);
    }

    [ToolFact("setpriv", "root")]
    public async Task Mailq_shows_a_user_his_own_messages_and_he_may_cancel_only_those()
    {
        var (server, bin) = await PrepareAsync();
        await using var _ = server;
        await server.StartAsync();
        (await RunAsync(server, Nobody, Path.Combine(bin, "sendmail"), "Subject: mine\n\n", "someone@elsewhere.test")).Checked();
        (await RunAsync(server, null, Path.Combine(bin, "sendmail"), "Subject: root's\n\n", "other@elsewhere.test")).Checked();
        var mine = (await RunAsync(server, Nobody, Path.Combine(bin, "mailq"), "")).Checked().Output;
        Assert.Contains("someone@elsewhere.test", mine, StringComparison.Ordinal);
        Assert.DoesNotContain("other@elsewhere.test", mine, StringComparison.Ordinal);
        var all = (await RunAsync(server, null, Path.Combine(bin, "mailq"), "", "-batch")).Checked().Output;
        var ids = all.Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(line => line.Split(';')[^1], line => line.Split(';')[1], StringComparer.Ordinal);
        Assert.NotEqual(0, (await RunAsync(server, Nobody, Path.Combine(bin, "cancelmsg"), "", ids["other@elsewhere.test"])).ExitCode);
        (await RunAsync(server, Nobody, Path.Combine(bin, "cancelmsg"), "", ids["someone@elsewhere.test"], "changed my mind")).Checked();
        await Eventually.IsAsync("it is gone", async () => !(await server.CommandAsync("queue", "list")).Output.Contains("someone@elsewhere.test", StringComparison.Ordinal));
        Assert.Contains("other@elsewhere.test", (await server.CommandAsync("queue", "list")).Output, StringComparison.Ordinal);
    }

    [ToolFact("root")]
    public async Task Rmail_is_for_UUCP_and_takes_named_recipients()
    {
        var (server, bin) = await PrepareAsync();
        await using var _ = server;
        await server.StartAsync();
        Assert.Equal(77, (await RunAsync(server, null, Path.Combine(bin, "rmail"), "Subject: x\n\n", "demo@example.test")).ExitCode);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["COURIER_CONFIG"] = server.ConfigFile, ["UU_MACHINE"] = "neighbour.test", ["UU_USER"] = "ada" };
        (await ExternalProgram.RunAsync(Path.Combine(bin, "rmail"), ["demo@example.test"], "Subject: uucp\n\nhello\n", environment)).Checked();
        await Mail.ArrivesAsync(server, "demo", 1);
        Assert.Contains("Return-Path: <ada@neighbour.test>", await MessageAsync(server, "uucp"), StringComparison.Ordinal);
        foreach (var (option, subject) in new[] { (new[] { "-f", "carol@neighbour.test" }, "apart"), (["-fcarol@neighbour.test"], "attached") })
        {
            (await ExternalProgram.RunAsync(Path.Combine(bin, "rmail"), [.. option, "demo@example.test"], $"Subject: {subject}\n\nhello\n", environment)).Checked();
            await Eventually.IsAsync(subject + " arrives", async () => (await MessageAsync(server, subject)).Contains("Return-Path: <carol@neighbour.test>", StringComparison.Ordinal));
        }
    }
}
