using System.Globalization;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>Runs a program that draws on a terminal; it gets its keys by its own means, and must end by itself with 0.</summary>
internal static class Terminal
{
    private const int Seconds = 40;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20); // for the script that counts the seconds

    public static async Task RunAsync(string home, IReadOnlyList<string> command)
    {
        var script = Path.Combine(RepositoryPaths.Root, "tests", "Courier.EndToEnd", "scripts", "in_terminal.py");
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = home, ["TERM"] = "xterm", ["LC_ALL"] = "C.UTF-8" };
        var run = await ExternalProgram.RunAsync(
            "python3", [script, Seconds.ToString(CultureInfo.InvariantCulture), .. command], input: null, environment, TimeSpan.FromSeconds(Seconds) + Grace);
        run.Checked();
    }
}
