using System.Net;
using System.Net.Sockets;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>How the program starts, stops and complains.</summary>
public sealed class LifeOfTheProcessTests
{
    private const int ExUsage = 64;   // sysexits.h
    private const int ExUnavailable = 69;
    private const int ExConfig = 78;

    [Fact]
    public async Task Ctrl_C_stops_within_two_seconds_while_clients_are_connected()
    {
        await using var server = await ServerProcess.StartAsync(new(), "demo");
        await using var idle = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo");
        await idle.OkAsync("SELECT INBOX");
        using var smtp = new TcpClient();
        await smtp.ConnectAsync(server.Host, server.Port("smtp"));

        var start = TimeProvider.System.GetTimestamp();
        Assert.Equal(0, await server.InterruptAsync());
        Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(2), $"took {TimeProvider.System.GetElapsedTime(start)}");
    }

    [Fact]
    public async Task SIGTERM_stops_cleanly_and_a_restart_finds_everything()
    {
        await using var server = await ServerProcess.StartAsync(new(), "demo");
        await Mail.SendAsync(server, "kept", server.Address("demo"));
        await Mail.ArrivesAsync(server, "demo", 1);
        Assert.Equal(0, await server.StopAsync());
        await server.StartAsync();
        await using var imap = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo");
        Assert.Equal(["kept"], await imap.SubjectsAsync("INBOX"));
    }

    [Fact]
    public async Task A_port_in_use_is_a_one_line_error_that_names_it()
    {
        var options = new ServerOptions();
        using var taken = new TcpListener(IPAddress.Loopback, options.Ports["imap"]);
        taken.Start();
        await using var server = await ServerProcess.PrepareAsync(options);
        var run = await ExternalProgram.RunAsync(RepositoryPaths.Program, "serve", "--config", server.ConfigFile);

        Assert.Equal(ExUnavailable, run.ExitCode);
        var lines = (run.Output + run.Error).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Single(lines, l => l.Contains($"{options.Ports["imap"]}", StringComparison.Ordinal) && l.Contains("another program uses that port", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, l => l.Contains("   at ", StringComparison.Ordinal) || l.Trim() == "ready");
    }

    [Fact]
    public async Task All_configuration_errors_are_listed_at_once_with_their_places()
    {
        using var scratch = new ScratchDirectory();
        var file = scratch.Write("courier.conf", $"[server]\nstate = {scratch["state"]}\nhostnam = typo.test\n[imap]\nlisten = nowhere\n[limits]\nmessage_size = many\n[nonsense]\nx = 1\n");
        foreach (string[] command in new[] { new[] { "serve", "--config", file }, ["config", "check", "--config", file] })
        {
            var run = await ExternalProgram.RunAsync(RepositoryPaths.Program, command);
            var said = run.Output + run.Error;
            Assert.True(run.ExitCode == ExConfig, run.ToString());
            foreach (var (line, word) in new[] { (3, "hostnam"), (5, "nowhere"), (7, "many"), (9, "nonsense") })
                Assert.Contains(said.Split('\n'), l => l.Contains($"courier.conf:{line}", StringComparison.Ordinal) && l.Contains(word, StringComparison.Ordinal));
            Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("[accounts]\npostmaster = you@example.test\n", false)]
    public async Task A_configuration_without_a_postmaster_is_right_but_remarked_upon(string accounts, bool isRemarked)
    {
        using var scratch = new ScratchDirectory();
        var file = scratch.Write("courier.conf", $"[server]\nstate = {scratch["state"]}\n{accounts}");
        var run = await ExternalProgram.RunAsync(RepositoryPaths.Program, "config", "check", "--config", file);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(isRemarked, run.Output.Contains("remark: no [accounts] postmaster", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_command_has_help_and_a_wrong_one_is_a_usage_error()
    {
        string[][] commands = [[], ["serve"], ["account"], ["account", "add"], ["account", "import"], ["account", "list"], ["domain"], ["domain", "add"], ["queue"], ["queue", "list"], ["config"], ["config", "show"], ["config", "check"]];
        foreach (var command in commands)
        {
            var help = (await ExternalProgram.RunAsync(RepositoryPaths.Program, [.. command, "--help"])).Checked();
            Assert.NotEmpty(help.Output);
        }

        Assert.Matches(@"\d+\.\d+\.\d+", (await ExternalProgram.RunAsync(RepositoryPaths.Program, "--version")).Checked().Output);
        Assert.Equal(ExUsage, (await ExternalProgram.RunAsync(RepositoryPaths.Program, "no-such-command")).ExitCode);
    }
}
