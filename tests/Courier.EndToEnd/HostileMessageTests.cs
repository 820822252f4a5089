using Courier.Shared.Imap;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>Messages that were made to hurt cost the server a bounded amount of memory, however they are asked about.</summary>
public sealed class HostileMessageTests
{
    /// <summary>Heap that the server gets, in hexadecimal: 256 MB. The messages take 45 MB, the largest 11; 192 MB are enough.</summary>
    private const string Heap = "10000000";

    [Fact]
    public async Task They_are_served_in_bounded_memory()
    {
        await using var server = await ServerProcess.StartAsync(new() { Launcher = ["env", "DOTNET_GCHeapHardLimit=" + Heap] }, "demo");
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
        Assert.DoesNotContain("OutOfMemory", server.Log, StringComparison.Ordinal);
    }
}
