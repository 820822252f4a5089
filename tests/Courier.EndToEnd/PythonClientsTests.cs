using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>Python's standard library against all three protocols; the script asserts, we look at how it ended.</summary>
public sealed class PythonClientsTests
{
    [ToolFact("python3")]
    public async Task Smtplib_imaplib_and_poplib_go_through_a_whole_life_of_messages()
    {
        await using var server = await ServerProcess.StartAsync(new(), "ada", "ben");
        var script = Path.Combine(RepositoryPaths.Root, "tests", "Courier.EndToEnd", "scripts", "python_clients.py");
        var ports = new[] { "smtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s" }.Select(p => $"{p}={server.Port(p)}");
        var run = await ExternalProgram.RunAsync("python3", [script, server.Options.Domain, .. ports]);
        Assert.True(run.ExitCode == 0, $"{run}\n{server.Log}");
        Assert.EndsWith("done\n", run.Output, StringComparison.Ordinal);
    }
}
