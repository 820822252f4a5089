using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Courier.Testing.Processes;

namespace Courier.Faults.Server;

/// <summary>A call by which a command changes something.</summary>
/// <param name="Call">Its name.</param>
/// <param name="Ordinal">How many of that name the same thread has made with it.</param>
public readonly record struct Step(string Call, int Ordinal);

/// <summary>A command of the program that is killed at a chosen step: strace(1) counts the calls that change something, and SIGKILL comes in place of one.</summary>
public sealed partial class KilledCommand(CourierServer server, IReadOnlyList<string> words)
{
    /// <summary>What ToolFact asks for.</summary>
    public const string Tool = "strace";

    private const string Calls = "rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,rmdir,fsync,fdatasync,syncfs,ftruncate,write,pwrite64,sendto,sendmsg";
    private const int Killed = 128 + 9;
    private const int NothingThere = 67;         // sysexits(3), EX_NOUSER: what was to be put back is back already

    /// <summary>Runs to the end. The steps whose lines in strace's record are of concern, in their order.</summary>
    public async Task<IReadOnlyList<Step>> RehearseAsync(Func<string, bool> concerns, CancellationToken ct)
    {
        var record = Path.GetTempFileName();
        try
        {
            await RunAsync(["--seccomp-bpf", "-y", "-o", record], ct);
            var counts = new Dictionary<(string Thread, string Call), int>();
            var steps = new List<Step>();
            foreach (var line in await File.ReadAllLinesAsync(record, ct))
            {
                var call = Line().Match(line);
                if (!call.Success)
                    continue;
                var key = (call.Groups["thread"].Value, call.Groups["call"].Value);
                var ordinal = counts[key] = counts.GetValueOrDefault(key) + 1;
                if (concerns(line))
                    steps.Add(new(key.Item2, ordinal));
            }

            return steps;
        }
        finally
        {
            File.Delete(record);
        }
    }

    /// <summary>False when the command came to its end before that step.</summary>
    public async Task<bool> KillAsync(Step step, CancellationToken ct) =>
        await RunAsync(["-e", string.Create(CultureInfo.InvariantCulture, $"inject={step.Call}:signal=KILL:when={step.Ordinal}"), "-o", "/dev/null"], ct) == Killed;

    /// <summary>Runs to the end without a kill. What had nothing left to do may say so by its code.</summary>
    public Task FinishAsync(CancellationToken ct) => RunAsync(["-o", "/dev/null"], ct);

    private async Task<int> RunAsync(string[] options, CancellationToken ct)
    {
        using var process = Process.Start(new ProcessStartInfo(
            Tool, ["-f", "-qq", "-e", $"trace={Calls}", .. options, RepositoryPaths.Program, "--config", server.ConfigurationFile, .. words])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException($"{Tool} did not start");
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
        await process.WaitForExitAsync(ct);
        return process.ExitCode is 0 or NothingThere or Killed ? process.ExitCode
            : throw new InvalidOperationException($"courier {string.Join(' ', words)} ended with {process.ExitCode}: {string.Concat(said)}");
    }

    /// <summary>A call that begins: one that was interrupted in the record ends on another line, without its arguments.</summary>
    [GeneratedRegex(@"^(?<thread>\d+) +(?<call>[a-z0-9]+)\(", RegexOptions.ExplicitCapture)]
    private static partial Regex Line();
}
