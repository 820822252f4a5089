using System.Diagnostics;
using Courier.Testing.Processes;

namespace Courier.EndToEnd.Peers;

/// <summary>Debian's Postfix, Exim, Courier, OpenSMTPD or sendmail in a jail of its own (tests/jails/mta.sh), for as long as this object lives.</summary>
internal sealed class PeerServer : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(5); // the first start installs the server into its jail
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private readonly Process _process;

    private PeerServer(Process process, string name, string logFile)
    {
        _process = process;
        Name = name;
        LogFile = logFile;
    }

    public string Name { get; }

    public string LogFile { get; }

    /// <summary>What it wrote to its log so far.</summary>
    public string Log => File.ReadAllText(LogFile);

    /// <summary>Where it keeps the mail of demo and others: a directory for each, with a Maildir in it.</summary>
    public string Maildirs => Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(LogFile)!)!, "maildirs");

    /// <param name="name">A script of tests/jails.</param>
    /// <param name="environment">What mta.sh wants to know: PORT, OURS and so on.</param>
    /// <param name="launcher">A program and its arguments that start it elsewhere, as in a network namespace.</param>
    public static async Task<PeerServer> StartAsync(string name, IReadOnlyDictionary<string, string> environment, params string[] launcher)
    {
        var script = Path.Combine(RepositoryPaths.Root, "tests", "jails", "mta.sh");
        if (launcher.Length > 0) // packages come from the network that the host has
            (await ExternalProgram.RunAsync(script, [name, "install"], input: null, environment, StartLimit)).Checked();
        string[] command = [.. launcher, script, name];
        var start = new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in environment)
            start.Environment[key] = value;
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{name} did not start");
        var errors = process.StandardError.ReadToEndAsync();
        var log = "";
        using var limit = new CancellationTokenSource(StartLimit);
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("log ", StringComparison.Ordinal))
                log = line[4..];
            if (line == "ready")
                return new(process, name, log);
        }

        throw new InvalidOperationException($"{name} did not start: {await errors}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var limit = new CancellationTokenSource(StopLimit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }
}
