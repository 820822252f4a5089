using System.Diagnostics;
using System.Text;

namespace Courier.Testing.Processes;

/// <summary>
/// The program as it is shipped, started from outside: `courier serve` in the foreground on a temporary state. It is the only
/// way the end-to-end and fault tests touch the server; they know its command line, its ports and its files, nothing else.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int SigInt = 2;
    private const int SigTerm = 15;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);  // a cold start while two cores run other tests
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);   // kept above the promised 2 s, which has a test of its own

    private readonly ScratchDirectory _scratch = new();
    private readonly StringBuilder _log = new();
    private Process? _process;
    private TaskCompletionSource<bool> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(ServerOptions options)
    {
        Options = options;
        ConfigFile = _scratch.Write("courier.conf", options.Text(StateDirectory));
    }

    public ServerOptions Options { get; }

    public string ConfigFile { get; }

    public string StateDirectory => _scratch["state"];

    public string Host => Options.Address;

    public int ProcessId => _process?.Id ?? throw new InvalidOperationException("the server was not started");

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Everything the server printed so far, over all of its starts.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    public int Port(string protocol) => Options.Ports[protocol];

    public string Address(string user) => $"{user}@{Options.Domain}";

    /// <summary>A path below the directory that goes with this server.</summary>
    public string Scratch(string name) => _scratch[name];

    public string WriteScratch(string name, string text) => _scratch.Write(name, text);

    /// <summary>Makes state and accounts (password: the user's name) and starts the server.</summary>
    public static async Task<ServerProcess> StartAsync(ServerOptions options, params string[] users)
    {
        var server = await PrepareAsync(options, users);
        try
        {
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes state and accounts; the server is started later or never.</summary>
    public static async Task<ServerProcess> PrepareAsync(ServerOptions options, params string[] users)
    {
        var server = new ServerProcess(options);
        await server.CommandAsync("domain", "add", options.Domain);
        foreach (var user in users)
            await server.AddAccountAsync(user);
        return server;
    }

    public async Task AddAccountAsync(string user, string? maildir = null)
    {
        string[] at = maildir is null ? [] : ["--maildir", maildir];
        (await CommandAsync(["account", "add", Address(user), "--password", user, .. at])).Checked();
    }

    /// <summary>`courier --config FILE …`, to its end.</summary>
    public Task<RunResult> CommandAsync(params string[] arguments)
    {
        var (program, before) = Program;
        return ExternalProgram.RunAsync(program, [.. before, "--config", ConfigFile, .. arguments]);
    }

    /// <summary>The program, by a launcher or as another user where the options say so; what the test made is that user's from then on.</summary>
    private (string Program, string[] Before) Program
    {
        get
        {
            string[] command = [.. Options.Launcher, .. AsUser(), RepositoryPaths.Program];
            return (command[0], command[1..]);
        }
    }

    private string[] AsUser()
    {
        if (Options.User is not { } user)
            return [];
        using var chown = Process.Start("chown", ["-R", $"{user}:{user}", _scratch.Path]);
        chown.WaitForExit();
        return ["setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups"];
    }

    /// <summary>Starts the server and returns once it has printed `ready`.</summary>
    public async Task StartAsync()
    {
        _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _process?.Dispose();
        var (program, before) = Program;
        _process = new Process
        {
            StartInfo = new(program, [.. before, Options.Service, "--config", ConfigFile])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
            EnableRaisingEvents = true,
        };
        var ready = _ready;
        _process.OutputDataReceived += (_, e) => Keep(e.Data, ready);
        _process.ErrorDataReceived += (_, e) => Keep(e.Data, ready);
        _process.Exited += (_, _) => ready.TrySetResult(false);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        if (await Task.WhenAny(ready.Task, Task.Delay(StartLimit)) != ready.Task)
            throw new TimeoutException($"no `ready` from the server after {StartLimit}:\n{Log}");
        if (!await ready.Task)
            throw new InvalidOperationException($"the server ended instead of getting ready:\n{Log}");
    }

    /// <summary>SIGTERM; the exit code of the server.</summary>
    public Task<int> StopAsync() => SignalAsync(SigTerm);

    /// <summary>SIGINT, as Ctrl-C sends it; the exit code of the server.</summary>
    public Task<int> InterruptAsync() => SignalAsync(SigInt);

    /// <summary>SIGKILL: no chance to tidy up.</summary>
    public async Task KillAsync()
    {
        if (_process is not { HasExited: false } running)
            return;
        running.Kill();
        await running.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
        {
            try
            {
                await StopAsync();
            }
            catch (TimeoutException)
            {
                await KillAsync();
            }
        }

        _process?.Dispose();
        _scratch.Dispose();
    }

    private async Task<int> SignalAsync(int signal)
    {
        var running = _process ?? throw new InvalidOperationException("the server was not started");
        using var stop = new CancellationTokenSource(StopLimit);
        (await ExternalProgram.RunAsync("/bin/kill", $"-{signal}", $"{running.Id}")).Checked();
        try
        {
            await running.WaitForExitAsync(stop.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"the server did not end within {StopLimit} of signal {signal}:\n{Log}", e);
        }

        return running.ExitCode;
    }

    private void Keep(string? line, TaskCompletionSource<bool> ready)
    {
        if (line is null)
            return;
        lock (_log)
            _log.Append(line).Append('\n');
        if (line.Trim() == "ready")
            ready.TrySetResult(true);
    }
}
