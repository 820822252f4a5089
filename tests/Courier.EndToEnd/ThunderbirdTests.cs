using System.Globalization;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>Thunderbird with a new profile; the script drives it and asserts on both sides, we look at how it ended.</summary>
public sealed class ThunderbirdTests
{
    private const string Transcript = "transcript";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    [LongToolFact("thunderbird", "python3")]
    public async Task Thunderbird_syncs_flags_moves_idles_sends_and_deletes()
    {
        await using var server = await ServerProcess.PrepareAsync(new() { Extra = [("imap", $"transcript = {Transcript}")] });
        var maildir = server.Scratch("demo/Maildir");
        foreach (var directory in (string[])["cur", "new", "tmp"])
            Directory.CreateDirectory(Path.Combine(maildir, directory));
        await File.WriteAllTextAsync(Path.Combine(maildir, Transcript), "");
        await server.AddAccountAsync("demo", maildir);
        await server.StartAsync();
        await using (var imap = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo"))
        {
            await imap.OkAsync("CREATE INBOX.Work");
            await imap.OkAsync("SUBSCRIBE INBOX.Work");
            foreach (var subject in (string[])["first", "second", "third"])
                await SharedAccountTests.AppendAsync(imap, "INBOX", subject);
        }

        var script = Path.Combine(RepositoryPaths.Root, "tests", "Courier.EndToEnd", "scripts", "thunderbird.py");
        var ports = new[] { "smtp", "submission", "imap" }.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p}={server.Port(p)}"));
        var run = await ExternalProgram.RunAsync(
            "python3", [script, server.Scratch("thunderbird"), Path.Combine(maildir, Transcript), server.Options.Domain, .. ports], input: null, limit: Limit);
        Assert.True(run.ExitCode == 0, $"{run}\n{server.Log}\n{await File.ReadAllTextAsync(Path.Combine(maildir, Transcript))}");
        Assert.EndsWith("done\n", run.Output, StringComparison.Ordinal);
    }
}
