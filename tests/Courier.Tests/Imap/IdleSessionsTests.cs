using System.Globalization;
using Courier.Shared.Imap;

namespace Courier.Tests.Imap;

/// <summary>What a session costs that only waits.</summary>
[Collection(WeighedAlone.Name)]
public sealed class IdleSessionsTests
{
    private const string Message = "Subject: hello\r\n\r\nHello.\r\n";

    [Fact]
    public async Task Five_hundred_idle_sessions_are_cheap_and_all_are_told()
    {
        const int count = 500;
        await using var host = new ImapHost();
        await (await host.LogInAsync()).AppendAsync("INBOX", Message);
        var warm = await IdleAsync(host);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var idle = new List<ImapClient>();
        for (var i = 0; i < count; i++)
            idle.Add(await IdleAsync(host));
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before - WireBytes(count)) / count;
        await (await host.LogInAsync()).AppendAsync("INBOX", Message);
        foreach (var client in idle.Append(warm))
            Assert.Equal("* 2 EXISTS", await client.ReadLineAsync());
        Assert.True(each < 6 * 1024, string.Create(CultureInfo.InvariantCulture, $"{each} octets each"));
    }

    // What the test's own wire and client weigh.
    private static long WireBytes(int count)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var wires = Enumerable.Range(0, 50).Select(_ => (MemoryWire.Create(), new ImapClient(Stream.Null))).ToList();
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / 50;
        GC.KeepAlive(wires);
        return each * count;
    }

    private static async Task<ImapClient> IdleAsync(ImapHost host)
    {
        var client = await host.SelectAsync();
        await client.SendAsync("i IDLE\r\n");
        await client.ReadLineAsync();
        return client;
    }
}
