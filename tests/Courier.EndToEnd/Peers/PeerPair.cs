using Courier.Testing.Processes;

namespace Courier.EndToEnd.Peers;

/// <summary>One of Debian's servers and ours, each the other's next hop, and a third server that takes what either relays.</summary>
/// <param name="name">The peer.</param>
public abstract class PeerPair(string name) : IAsyncLifetime
{
    /// <summary>What the tests need; without it they are skipped and nothing is started.</summary>
    internal static readonly string[] Tools = ["root", "apt-get", "python3", "openssl"];

    private PeerServer? _peer;
    private ServerProcess? _ours;
    private SmtpSink? _far;

    internal string Name => name;

    internal PeerServer Peer => _peer ?? throw new InvalidOperationException("the peer was not started");

    internal ServerProcess Ours => _ours ?? throw new InvalidOperationException("our server was not started");

    /// <summary>Takes login.test from us and far.test from the peer.</summary>
    internal SmtpSink Far => _far ?? throw new InvalidOperationException("the third server was not started");

    internal int PeerPort { get; } = FreePorts.Next();

    /// <summary>Postfix as a server without extensions, for old.test.</summary>
    internal int PlainPort { get; } = FreePorts.Next();

    internal string OurMail => Path.Combine(Ours.StateDirectory, "mail");

    public async Task InitializeAsync()
    {
        if (ToolFactAttribute.Missing(Tools).Count > 0)
            return;
        _far = new SmtpSink();
        var options = new ServerOptions
        {
            Extra =
            [
                ("relay", "networks = 127.0.0.2"), ("relay", $"route.{name}.test = 127.0.0.1:{PeerPort} required"), ("relay", $"route.far.test = 127.0.0.1:{PeerPort} required"),
                ("relay", $"route.old.test = 127.0.0.1:{PlainPort}"), ("relay", $"route.login.test = 127.0.0.1:{_far.Port}"), ("queue", "retry_first = 1s"),
            ],
        };
        _ours = await ServerProcess.PrepareAsync(options, "demo", "jürgen");
        var logins = _ours.WriteScratch("esmtpauthclient", $"127.0.0.1,{PeerPort} relay@{name}.test secret\n");
        await File.AppendAllTextAsync(_ours.ConfigFile, $"[relay]\nesmtpauthclient = {logins}\n");
        await _ours.StartAsync();
        _peer = await PeerServer.StartAsync(name, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PORT"] = $"{PeerPort}",
            ["PLAINPORT"] = $"{PlainPort}",
            ["OURS"] = $"{_ours.Port("smtp")}",
            ["SUBMISSION"] = $"{_ours.Port("submission")}",
            ["LOGIN"] = "demo@example.test",
            ["PASSWORD"] = "demo",
            ["FAR"] = $"{_far.Port}",
        });
    }

    public async Task DisposeAsync()
    {
        if (_peer is not null)
            await _peer.DisposeAsync();
        if (_ours is not null)
        {
            // Beside the peer's log, which stays as well: what both say of the same messages.
            if (_peer is not null)
                await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(_peer.LogFile)!, "ours"), _ours.Log);
            await _ours.DisposeAsync();
        }

        if (_far is not null)
            await _far.DisposeAsync();
    }
}
