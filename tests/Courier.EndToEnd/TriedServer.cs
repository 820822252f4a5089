using System.Diagnostics;
using System.Text;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>`courier try` with its fixed ports moved by the environment, so that it runs beside another one.</summary>
internal sealed class TriedServer : IAsyncDisposable
{
    private const string LastLine = "Ctrl-C stops the server.";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly Dictionary<string, int> _ports;

    private TriedServer(Process process, Dictionary<string, int> ports, string screen)
    {
        _process = process;
        _ports = ports;
        Screen = screen;
    }

    public string Screen { get; }

    public IEnumerable<int> Ports => _ports.Values;

    public static async Task<TriedServer> StartAsync(string state)
    {
        var ports = ServerOptions.Protocols.Append("metrics").ToDictionary(p => p, _ => FreePorts.Next(), StringComparer.Ordinal);
        var start = new ProcessStartInfo(RepositoryPaths.Program, ["try", "--state", state]) { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var (protocol, port) in ports)
            start.Environment[$"COURIER_{protocol.ToUpperInvariant()}__LISTEN"] = $"127.0.0.1:{port}";
        var process = Process.Start(start) ?? throw new InvalidOperationException("the program did not start");
        var screen = new StringBuilder();
        try
        {
            using var limit = new CancellationTokenSource(StartLimit);
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                screen.Append(line).Append('\n');
                if (line.Contains(LastLine, StringComparison.Ordinal))
                    return new(process, ports, screen.ToString());
            }

            throw new InvalidOperationException($"the server ended before its screen was whole:\n{screen}");
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    public int Port(string protocol) => _ports[protocol];

    /// <summary>Ctrl-C; how long the server took to end.</summary>
    public async Task<TimeSpan> InterruptAsync()
    {
        var start = TimeProvider.System.GetTimestamp();
        (await ExternalProgram.RunAsync("/bin/kill", "-INT", $"{_process.Id}")).Checked();
        using var limit = new CancellationTokenSource(StopLimit);
        await _process.WaitForExitAsync(limit.Token);
        Assert.Equal(0, _process.ExitCode);
        return TimeProvider.System.GetElapsedTime(start);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
