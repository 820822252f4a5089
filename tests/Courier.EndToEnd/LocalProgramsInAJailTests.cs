using System.Diagnostics;
using Courier.EndToEnd.Peers;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>Debian's bsd-mailx, mutt and cron as they come, in a jail where our program is /usr/sbin/sendmail: they are told nothing of us.</summary>
public sealed class LocalProgramsInAJailTests
{
    private static readonly string Jail = Path.Combine(RepositoryPaths.Root, "tests", "jails", "local.sh");
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4); // the first use installs them
    private static readonly string[] AsNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/tmp", "LOGNAME=nobody", "USER=nobody"];

    [ToolFact("root", "apt-get", "setpriv")]
    public async Task Mail_of_mailx_mutt_and_cron_is_delivered_from_users_with_the_server_down_and_up()
    {
        var server = await ServerProcess.PrepareAsync(new() { Extra = [("relay", "hold = yes")] }, "demo");
        await using var _ = server;
        // Scratch directories are for their owner alone; users of a machine reach the state directory.
        foreach (var directory in new[] { server.Scratch(""), server.StateDirectory })
            File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | UnixFileMode.OtherExecute);
        await server.StartAsync();
        await server.StopAsync();
        var drop = Path.Combine(server.StateDirectory, "drop");

        await RunAsync(server, "hello from mailx\n", [.. AsNobody, "bsd-mailx", "-s", "mailx down", "demo@example.test"]);
        await RunAsync(server, "hello from mutt\n", [.. AsNobody, "mutt", "-n", "-F", "/dev/null", "-s", "mutt down", "demo@example.test"]);
        Assert.Equal(2, Directory.GetFiles(drop).Length);
        await CronAsync(server, "printf hello-from-cron", () => Directory.GetFiles(drop).Length == 3);

        await server.StartAsync();
        await Mail.ArrivesAsync(server, "demo", 3);
        Assert.Empty(Directory.GetFiles(drop));
        var mail = Path.Combine(server.StateDirectory, "mail");
        foreach (var words in new[] { "hello from mailx", "hello from mutt", "hello-from-cron" })
            Assert.Contains("(uid 65534)", await Mailbag.TextAsync(mail, words), StringComparison.Ordinal);
        Assert.Contains("Subject: Cron <nobody@", await Mailbag.TextAsync(mail, "hello-from-cron"), StringComparison.Ordinal);

        await RunAsync(server, "and again\n", [.. AsNobody, "bsd-mailx", "-s", "mailx up", "demo@example.test"]);
        await CronAsync(server, "printf again-from-cron", () => Directory.GetFiles(mail, "*.M*", SearchOption.AllDirectories).Length == 5);
    }

    private static async Task RunAsync(ServerProcess server, string input, string[] command) =>
        (await ExternalProgram.RunAsync(Jail, [Path.GetDirectoryName(RepositoryPaths.Program)!, server.ConfigFile, .. command], input, limit: Limit)).Checked();

    /// <summary>Starts cron with a job of nobody's that runs at its start and says something; ends it once the mail is there.</summary>
    private static async Task CronAsync(ServerProcess server, string command, Func<bool> isThere)
    {
        var table = $"MAILTO=demo@example.test\n@reboot nobody {command}";
        var start = new ProcessStartInfo(Jail, [Path.GetDirectoryName(RepositoryPaths.Program)!, server.ConfigFile, "cron", table]) { RedirectStandardInput = true };
        using var cron = Process.Start(start)!;
        try
        {
            await Eventually.IsAsync("cron's mail is there", isThere, seconds: 40);
        }
        finally
        {
            cron.StandardInput.Close();
            await cron.WaitForExitAsync();
        }
    }
}
