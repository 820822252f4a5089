using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Courier.Testing.Processes;

namespace Courier.Faults.Server;

/// <summary>The program as shipped: `courier serve` with a configuration and a state directory of its own, to be killed and started again.</summary>
/// <remarks>Ports are chosen once, so that a restarted server is found where it was.</remarks>
public sealed partial class CourierServer : IAsyncDisposable
{
    /// <summary>Every section that listens.</summary>
    public static readonly string[] AllServices = ["smtp", "submission", "submissions", "lmtp", "imap", "imaps", "pop3", "pop3s"];

    /// <summary>For sh(1): the id of its first word takes the place of the machine's, and the process becomes the server.</summary>
    private const string WithBootId = "mount --bind \"$0\" /proc/sys/kernel/random/boot_id && exec \"$@\"";

    private string? _bootId;
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(60);      // a busy machine, and recovery after a crash
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(15);
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;
    private const int ShownLog = 40;                                            // lines of log in the message of a failure

    private readonly Dictionary<string, int> _ports = new(StringComparer.Ordinal);
    private readonly Queue<string> _log = new();
    private readonly string _settings;
    private readonly string _outside = Directory.CreateTempSubdirectory("courier-conf-").FullName;
    private Process? _process;

    /// <param name="state">A directory that exists; removed by <see cref="DisposeAsync"/> if it came from <see cref="NewState"/>.</param>
    /// <param name="settings">Sections beside [server] and the listeners, as text of courier.conf.</param>
    /// <param name="services">The sections that listen on a loopback port.</param>
    public CourierServer(string state, string settings, IEnumerable<string> services)
    {
        (State, _settings) = (state, settings);
        foreach (var service in services)
            _ports[service] = FreePorts.Next();
        Directory.CreateDirectory(state);
        File.WriteAllText(ConfigurationFile, Configuration());
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Kill();
    }

    public string State { get; }

    /// <summary>Not in the state directory: a power cut there must not take our own file.</summary>
    public string ConfigurationFile => Path.Combine(_outside, "courier.conf");

    public bool IsRunning => _process is { HasExited: false };

    public int ProcessId => (_process ?? throw new InvalidOperationException("not running")).Id;

    /// <summary>proc(5), VmRSS: what of it is in memory.</summary>
    public long ResidentBytes => 1024 * long.Parse(
        File.ReadLines($"/proc/{ProcessId}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);

    public int Port(string service) => _ports[service];

    public static string NewState(string name) => Directory.CreateTempSubdirectory($"courier-{name}-").FullName;

    /// <summary>Starts and waits for the line `ready`.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        var (process, ready) = Launch();
        var exited = process.WaitForExitAsync(ct);
        var first = await Task.WhenAny(ready, exited, Task.Delay(StartTime, ct));
        if (first != ready)
            throw new InvalidOperationException($"the server {(first == exited ? $"ended with {process.ExitCode}" : "was not ready in time")}\n{LogText}");
    }

    /// <summary>Starts, and does not wait: for a crash in the middle of starting.</summary>
    public void StartOnly() => Launch();

    /// <summary>The next start is one after a boot of the machine: Linux has another id for it, and what the server knows only of this one counts for nothing.</summary>
    public void Reboot()
    {
        _bootId ??= Path.Combine(_outside, "boot_id");
        File.WriteAllText(_bootId, Guid.NewGuid().ToString());
    }

    private (Process Process, Task Ready) Launch()
    {
        string[] command = [RepositoryPaths.Program, "serve", "--config", ConfigurationFile];
        var start = new ProcessStartInfo(_bootId is null ? command[0] : "unshare", _bootId is null ? command[1..] : ["--mount", "sh", "-c", WithBootId, _bootId, .. command])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{RepositoryPaths.Program} did not start");
        _process = process;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is "ready")
                ready.TrySetResult();
            else
                Log(line.Data);
        };
        process.ErrorDataReceived += (_, line) => Log(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return (process, ready.Task);
    }

    /// <summary>SIGSTOP: once it returns the server says nothing more. A thread inside the kernel ends what it does there, and stays.</summary>
    public async Task FreezeAsync()
    {
        var process = _process ?? throw new InvalidOperationException("not running");
        _ = SendSignal(process.Id, SigStop);
        while (Directory.EnumerateDirectories($"/proc/{process.Id}/task").Any(IsAwake))
            await Task.Yield();
    }

    /// <summary>SIGCONT.</summary>
    public void Thaw() => _ = SendSignal((_process ?? throw new InvalidOperationException("not running")).Id, SigCont);

    /// <summary>Neither stopped (T) nor waiting for a disk (D): proc(5), /proc/pid/stat, the field after the name.</summary>
    private static bool IsAwake(string thread)
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(thread, "stat"));
            return stat[stat.LastIndexOf(')') + 2] is not ('T' or 'D');
        }
        catch (IOException)
        {
            return false;       // it ended meanwhile
        }
    }

    /// <summary>SIGKILL: nothing is flushed, nothing is said.</summary>
    public void Kill()
    {
        if (_process is not { } process)
            return;
        _process = null;
        try
        {
            process.Kill();
            process.WaitForExit();
        }
        catch (InvalidOperationException)
        {
            // It had ended by itself.
        }
        process.Dispose();
    }

    /// <summary>SIGTERM; the exit code.</summary>
    public async Task<int> StopAsync()
    {
        var process = _process ?? throw new InvalidOperationException("not running");
        _ = SendSignal(process.Id, SigTerm);
        using var limit = new CancellationTokenSource(StopTime);
        await process.WaitForExitAsync(limit.Token);
        var code = process.ExitCode;
        Kill();
        return code;
    }

    /// <summary>Runs `courier --config … WORDS`; its output. Another exit code than 0 throws.</summary>
    public async Task<string> RunAsync(IEnumerable<string> words, CancellationToken ct)
    {
        var start = new ProcessStartInfo(RepositoryPaths.Program, ["--config", ConfigurationFile, .. words]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{RepositoryPaths.Program} did not start");
        var output = process.StandardOutput.ReadToEndAsync(ct);
        var error = process.StandardError.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        return process.ExitCode == 0 ? await output
            : throw new InvalidOperationException($"courier {string.Join(' ', words)} ended with {process.ExitCode}: {await error}{await output}");
    }

    /// <summary>Accounts with one password hash each (crypt), in one go; a Maildir for each below <see cref="State"/>/mail.</summary>
    public async Task ImportAccountsAsync(IEnumerable<string> addresses, string hash, CancellationToken ct)
    {
        var list = addresses.ToList();
        foreach (var domain in list.Select(address => address[(address.IndexOf('@', StringComparison.Ordinal) + 1)..]).Distinct(StringComparer.Ordinal))
            await RunAsync(["domain", "add", domain], ct);
        var lines = new StringBuilder();
        foreach (var address in list)
            lines.Append(CultureInfo.InvariantCulture, $"{address}\t{hash}\t{MaildirOf(address)}\n");
        var file = Path.Combine(_outside, "accounts.import");
        await File.WriteAllTextAsync(file, lines.ToString(), ct);
        await RunAsync(["account", "import", file], ct);
    }

    public string MaildirOf(string address) => Path.Combine(State, "mail", address[..address.IndexOf('@', StringComparison.Ordinal)], "Maildir");

    /// <summary>The last lines that the server logged.</summary>
    public string LogText
    {
        get
        {
            lock (_log)
                return string.Join('\n', _log);
        }
    }

    private void Log(string? line)
    {
        if (line is null)
            return;
        lock (_log)
        {
            _log.Enqueue(line);
            if (_log.Count > ShownLog)
                _log.Dequeue();
        }
    }

    private string Configuration()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"[server]\nhostname = mail.example.test\nstate = {State}\n");
        foreach (var (service, port) in _ports)
            text.Append(CultureInfo.InvariantCulture, $"[{service}]\nlisten = 127.0.0.1:{port}\n");
        return text.Append(_settings).Append('\n').ToString();
    }

    public ValueTask DisposeAsync()
    {
        Kill();
        Directory.Delete(_outside, recursive: true);
        try
        {
            if (Directory.Exists(State) && State.StartsWith(Path.GetTempPath(), StringComparison.Ordinal))
                Directory.Delete(State, recursive: true);
        }
        catch (IOException)
        {
            // On a disk without power. Whatever failed before says more.
        }

        return ValueTask.CompletedTask;
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int pid, int signal);
}
