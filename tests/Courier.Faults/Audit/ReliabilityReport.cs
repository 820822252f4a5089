using System.Diagnostics;
using System.Globalization;
using Courier.Testing.Processes;

namespace Courier.Faults.Audit;

/// <summary>Appends the figures of a run to docs/reliability.md when COURIER_RELIABILITY_REPORT=1.</summary>
public static class ReliabilityReport
{
    public static string Row(DateTimeOffset date, string commit, string what, int rounds, Verdict verdict, int seed) => string.Create(CultureInfo.InvariantCulture,
        $"| {date:yyyy-MM-dd} | {commit} | {what} | {rounds} | {verdict.Acknowledged} | {verdict.InDoubt} | {verdict.Lost} | {verdict.Duplicated} | {verdict.RelayedTwice} | {seed} |");

    public static async Task AddAsync(string what, int rounds, Verdict verdict, int seed)
    {
        if (Environment.GetEnvironmentVariable("COURIER_RELIABILITY_REPORT") != "1")
            return;
        var file = Path.Combine(RepositoryPaths.Root, "docs", "reliability.md");
        await File.AppendAllTextAsync(file, Row(TimeProvider.System.GetUtcNow(), await CommitAsync(), what, rounds, verdict, seed) + "\n");
    }

    private static async Task<string> CommitAsync()
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", RepositoryPaths.Root, "describe", "--always", "--dirty"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        });
        return git is null ? "unknown" : (await git.StandardOutput.ReadToEndAsync()).Trim();
    }
}
