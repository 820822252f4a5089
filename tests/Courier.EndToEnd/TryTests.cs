using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>The first minute of a newcomer: `courier try` (which ./run builds and starts) prints its screen, and the three lines on
/// it work as they stand when they are pasted into a shell.</summary>
public sealed class TryTests
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2);

    [ToolFact("swaks", "curl", "mutt", "python3")]
    public async Task The_three_lines_on_the_screen_send_read_and_open()
    {
        using var scratch = new ScratchDirectory();
        await using var server = await TriedServer.StartAsync(scratch["state"]);
        Assert.Matches(@"(?m)^\s*demo@example\.test  password: \S+$", server.Screen);
        foreach (var port in server.Ports)
            Assert.Contains($"{port}", server.Screen, StringComparison.Ordinal);

        var pasted = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = scratch.Path };
        (await ExternalProgram.RunAsync("sh", ["-c", Line("swaks", server)], input: null, pasted)).Checked();
        RunResult? read = null;
        await Eventually.IsAsync("curl reads the message", async () => (read = await ExternalProgram.RunAsync("sh", ["-c", Line("curl", server)], input: null, pasted)).ExitCode == 0);
        Assert.Contains("Subject: Hello\r\n", read!.Output, StringComparison.Ordinal);
        Assert.Contains("\r\nIt works.\r\n", read.Output, StringComparison.Ordinal);

        // The keys are what a person would press; a question of mutt's (about the certificate,
        // or a folder that is not there) would swallow them.
        var keys = $"set quit=yes wait_key=no; push '<first-entry><pipe-message>cat > {scratch["piped"]}<enter><quit>'";
        await Terminal.RunAsync(scratch.Path, ["sh", "-c", Line("mutt", server) + $" -e \"{keys}\""]);
        Assert.Contains("It works.", await File.ReadAllTextAsync(scratch["piped"]), StringComparison.Ordinal);
    }

    [ToolFact("swaks")]
    public async Task Mail_for_other_domains_is_held_and_shown_and_a_restart_keeps_password_and_mail()
    {
        using var scratch = new ScratchDirectory();
        string password;
        await using (var server = await TriedServer.StartAsync(scratch["state"]))
        {
            password = Password(server);
            (await ExternalProgram.RunAsync(
                "swaks", "--server", $"127.0.0.1:{server.Port("smtp")}", "--from", "demo@example.test", "--to", "someone@elsewhere.test", "--helo", "client.test")).Checked();
            Assert.True(await server.InterruptAsync() < StopLimit);
        }

        await using var again = await TriedServer.StartAsync(scratch["state"]);
        Assert.Equal(password, Password(again));
        var shown = Line("courier --config", again).Split("is held:")[^1].Trim().Split(' ')[1..];
        Assert.Contains("someone@elsewhere.test", (await ExternalProgram.RunAsync(RepositoryPaths.Program, shown)).Checked().Output, StringComparison.Ordinal);
    }

    private static string Line(string start, TriedServer server) =>
        server.Screen.Split('\n').Single(l => l.Contains(start + " ", StringComparison.Ordinal)).Trim();

    private static string Password(TriedServer server) => Line("password:", server).Split(' ')[^1];
}
