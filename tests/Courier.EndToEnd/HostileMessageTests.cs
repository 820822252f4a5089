using System.Globalization;
using Courier.Shared.Imap;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>Messages that were made to hurt cost the server a bounded amount of memory, however they are asked about.</summary>
public sealed class HostileMessageTests
{
    /// <summary>A message of 10 MB is kept on disk and mapped; what is made of it while it is looked at, and what the collector has not given back.</summary>
    private const long MostKilobytes = 420 * 1024;

    [Fact]
    public async Task They_are_served_in_bounded_memory()
    {
        await using var server = await ServerProcess.StartAsync(new(), "demo");
        await using var imap = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo");
        foreach (var kind in HostileMessages.Kinds)
            await imap.LiteralAsync("APPEND INBOX", HostileMessages.Of(kind));
        await imap.OkAsync("SELECT INBOX");
        foreach (var command in (string[])
                 [
                     "FETCH 1:* (ENVELOPE BODYSTRUCTURE PREVIEW EMAILID THREADID)", "SEARCH TEXT nowhere-at-all", "SEARCH FUZZY TEXT nowhere", "SEARCH HEADER X-None nowhere",
                     "SORT (SUBJECT FROM DATE) UTF-8 ALL", "THREAD REFERENCES UTF-8 ALL", "FETCH 1:* (BODY.PEEK[1.1.1.1.1.1.1.1.MIME] BODY.PEEK[HEADER.FIELDS (SUBJECT)])",
                 ])
            await imap.OkAsync(command);
        var peak = PeakOf(server.ProcessId);
        Assert.True(peak < MostKilobytes, $"the server took {peak} KiB");
    }

    private static long PeakOf(int process) => long.Parse(
        File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
