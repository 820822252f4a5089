using System.Net.Sockets;
using System.Runtime.InteropServices;
using Courier.Testing.Processes;
using Microsoft.Win32.SafeHandles;

namespace Courier.EndToEnd.Namespaces;

/// <summary>A network of our own: addresses on its loopback, real port numbers, its own /etc/resolv.conf. Nothing of it is seen outside.</summary>
internal sealed partial class NetworkNamespace : IAsyncDisposable
{
    private const int CloneNewNet = 0x40000000;
    private readonly string _name;

    private NetworkNamespace(string name) => _name = name;

    /// <summary>What a command line begins with to run in it.</summary>
    public string[] Launcher => ["ip", "netns", "exec", _name];

    private string Settings => Path.Combine("/etc/netns", _name);

    /// <summary>Why none can be made here, or null.</summary>
    public static string? MissingReason { get; } = FindReason();

    /// <param name="addresses">Addresses of the network, all on its loopback interface.</param>
    /// <param name="resolver">The name server of its /etc/resolv.conf.</param>
    public static async Task<NetworkNamespace> CreateAsync(IEnumerable<string> addresses, string resolver)
    {
        var space = new NetworkNamespace($"courier-{Guid.NewGuid():N}"[..20]);
        Directory.CreateDirectory(space.Settings);
        await File.WriteAllTextAsync(Path.Combine(space.Settings, "resolv.conf"), $"nameserver {resolver}\n");
        (await ExternalProgram.RunAsync("ip", "netns", "add", space._name)).Checked();
        (await ExternalProgram.RunAsync("ip", "-n", space._name, "link", "set", "lo", "up")).Checked();
        foreach (var address in addresses)
            (await ExternalProgram.RunAsync("ip", "-n", space._name, "address", "add", address, "dev", "lo")).Checked();
        return space;
    }

    /// <summary>A socket of this network, wherever it is used afterwards.</summary>
    public Socket Socket(SocketType type, ProtocolType protocol)
    {
        Socket? made = null;
        Exception? fault = null;
        // A namespace belongs to a thread; this one ends with what it is for.
        var thread = new Thread(() =>
        {
            try
            {
                using var handle = File.OpenHandle(Path.Combine("/run/netns", _name));
                if (SetNamespace(handle, CloneNewNet) != 0)
                    throw new IOException($"setns: error {Marshal.GetLastPInvokeError()}");
                made = new Socket(AddressFamily.InterNetwork, type, protocol);
            }
            catch (Exception e)
            {
                fault = e;
            }
        });
        thread.Start();
        thread.Join();
        return made ?? throw new IOException("no socket in the namespace", fault);
    }

    public async ValueTask DisposeAsync()
    {
        await ExternalProgram.RunAsync("ip", "netns", "delete", _name);
        Directory.Delete(Settings, recursive: true);
    }

    private static string? FindReason()
    {
        if (ToolFactAttribute.Missing("root", "ip", "unbound", "ldns-signzone", "openssl", "python3", "apt-get") is { Count: > 0 } missing)
            return $"missing here: {string.Join(", ", missing)}";
        using var probe = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("unshare", ["-n", "-m", "true"]) { RedirectStandardError = true })!;
        probe.WaitForExit();
        return probe.ExitCode == 0 ? null : $"network namespaces cannot be made here: {probe.StandardError.ReadToEnd().Trim()}";
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetNamespace(SafeFileHandle handle, int kind);
}

/// <summary>A fact that needs a network namespace; skipped with the reason where none can be made.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NamespaceFactAttribute : FactAttribute
{
    public NamespaceFactAttribute() => Skip = NetworkNamespace.MissingReason;
}
