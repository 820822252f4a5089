using System.Diagnostics;
using System.Globalization;

namespace Courier.Faults.Storage;

/// <summary>Programs of the system that make and mend disks.</summary>
internal static class SystemCommand
{
    /// <summary>What it printed. Throws <see cref="IOException"/> where it ends with another code than 0.</summary>
    internal static string Run(string program, params string[] arguments) => Run(program, arguments, code => code == 0);

    internal static string Run(string program, string[] arguments, Func<int, bool> isGood)
    {
        using var process = Start(program, arguments);
        var output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (!isGood(process.ExitCode))
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}"));
        return output;
    }

    internal static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new IOException($"{program} did not start");
}
