using System.Globalization;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>Debian's Courier-IMAP or Dovecot in a jail (tests/jails), serving one Maildir as user "shared" over IMAP and POP3.</summary>
internal sealed class SharedPeer : IAsyncDisposable
{
    /// <summary>The user of the jails, who owns the Maildir.</summary>
    public const int User = 5000;

    /// <summary>The first start installs the server into its jail.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private readonly string _jail;
    private bool _runs = true;

    private SharedPeer(string jail, int port) => (_jail, Port) = (jail, port);

    public int Port { get; }

    public int Pop3Port => Port + 1;

    /// <param name="kind">courier or dovecot.</param>
    /// <param name="maildir">Below /tmp.</param>
    public static async Task<SharedPeer> StartAsync(string kind, string maildir)
    {
        var port = FreePorts.Next();
        var jail = Path.Combine(RepositoryPaths.Root, "tests", "jails", kind == "courier" ? "courier-imap.sh" : kind + ".sh");
        (await ExternalProgram.RunAsync(jail, ["start", maildir, port.ToString(CultureInfo.InvariantCulture)], input: null, limit: Limit)).Checked();
        return new(jail, port);
    }

    public Task<ImapProbe> LoginAsync() => ImapProbe.LoginAsync(Port, "shared", "shared");

    public async Task StopAsync()
    {
        if (!_runs)
            return;
        _runs = false;
        (await ExternalProgram.RunAsync(_jail, ["stop"], input: null, limit: Limit)).Checked();
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}
