using System.Diagnostics;

namespace Courier.Testing.Processes;

/// <summary>Runs a program to its end, with a time limit after which it and its children are killed by their ids.</summary>
internal static class ExternalProgram
{
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(60);

    public static Task<RunResult> RunAsync(string program, params string[] arguments) => RunAsync(program, arguments, input: null);

    public static async Task<RunResult> RunAsync(
        string program, IReadOnlyList<string> arguments, string? input, IReadOnlyDictionary<string, string>? environment = null, TimeSpan? limit = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
            start.Environment[name] = value;
        var command = string.Join(' ', arguments.Prepend(program));
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{command} did not start");
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            if (input is not null)
                await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It did not want its input; what it says about that is in its output.
        }

        using var stop = new CancellationTokenSource(limit ?? DefaultLimit);
        try
        {
            await process.WaitForExitAsync(stop.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command} was still running after {limit ?? DefaultLimit}\n{await output}\n{await error}", e);
        }

        return new(command, process.ExitCode, await output, await error);
    }
}
