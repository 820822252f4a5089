namespace Courier.Testing.Processes;

/// <summary>What a finished program left.</summary>
internal sealed record RunResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>The result itself when the program succeeded, else an exception that shows all of it.</summary>
    public RunResult Checked() => ExitCode == 0 ? this : throw new InvalidOperationException(ToString());

    public override string ToString() => $"{Command}\nexit code {ExitCode}\n--- output\n{Output}\n--- error\n{Error}";
}
