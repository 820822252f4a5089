using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Courier.Faults.Load;
using Courier.Faults.Server;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>Connections that hold a place and give nothing for it, and a server that has no descriptors left: others are served, memory stays bounded.</summary>
public sealed class ManyConnections(ITestOutputHelper output)
{
    // [limits] says how many at least; each of these clients comes from 127.0.0.1.
    private const string Settings = """
        [limits]
        connections_per_peer = 15000
        connections_per_network = 15000

        """;

    /// <summary>What an idle connection may cost the server: design.md gives IMAP 16 KiB, and SMTP keeps less.</summary>
    private const int BytesPerConnection = 16 * 1024;

    /// <summary>Beside the connections: the mail that is taken meanwhile, and what the garbage collector has not given back.</summary>
    private const long Slack = 80L << 20;

    [Fact]
    public async Task Connections_that_say_nothing_or_stop_in_the_middle_cost_little_and_keep_nobody_out()
    {
        var count = RunLength.IsLong ? 10_000 : 3000;
        await using var run = await FaultRun.CreateAsync(CourierServer.NewState("silent"), Settings, RunLength.Seed, output);
        await run.Server.StartAsync(CancellationToken.None);
        await SendAsync(run, 300);
        var before = ResidentBytes(run.Server.ProcessId);
        var silent = new List<Socket>();
        try
        {
            // One says nothing, one half a command, one half a message, one does not read what it asked for.
            string[] openings = ["", "EHLO half.example", "EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<user1@example.test>\r\nDATA\r\nhalf a li", "EHLO x\r\nNOOP\r\nHELP\r\n"];
            for (var i = 0; i < count; i++)
                silent.Add(await OpenAsync(run, openings[i % openings.Length]));
            var started = TimeProvider.System.GetTimestamp();
            await SendAsync(run, 300);
            var time = TimeProvider.System.GetElapsedTime(started);
            var held = ResidentBytes(run.Server.ProcessId) - before;
            run.Say(string.Create(CultureInfo.InvariantCulture, $"{count} silent connections: {held >> 10} KiB more, {held / count} bytes each; 300 messages meanwhile in {time.TotalSeconds:F1} s"));
            Assert.InRange(held, long.MinValue, ((long)count * BytesPerConnection) + Slack);
            Assert.InRange(time, TimeSpan.Zero, TimeSpan.FromSeconds(30));
            Assert.Equal(count, silent.Count(socket => IsOpen(socket)));
        }
        finally
        {
            silent.ForEach(socket => socket.Dispose());
        }

        await UntilAsync(() => DescriptorLimit.Open(run.Server.ProcessId) < 300, () => $"{DescriptorLimit.Open(run.Server.ProcessId)} descriptors are still open");
        await run.DrainAsync();
        await run.ConcludeAsync("silent connections", 1, run.Audit.Judge(run.Ledger));
    }

    [Fact]
    public async Task Without_descriptors_what_is_open_is_served_and_with_them_everybody()
    {
        await using var run = await FaultRun.CreateAsync(CourierServer.NewState("descriptors"), Settings + "[queue]\nretry_first = 1s\nretry_round_wait = 1s\nretry_doublings = 0\n", RunLength.Seed, output, "early@example.test");
        await run.Server.StartAsync(CancellationToken.None);
        await SendAsync(run, 50);
        await run.DrainAsync();
        using var early = await OpenAsync(run, "EHLO early.example\r\n");
        await ReadUntilAsync(early, "250 ");
        DescriptorLimit.Take(run.Server.ProcessId, DescriptorLimit.Open(run.Server.ProcessId) + 10);
        var others = new List<Socket>();
        try
        {
            // The kernel's line takes them; the server cannot.
            for (var i = 0; i < 60; i++)
                others.Add(await OpenAsync(run, ""));
            await Task.Delay(1000);
            Assert.True(run.Server.IsRunning, "the server ended\n" + run.Server.LogText);
            // Every answer to who came before is right: a message is kept, or asked to come later.
            await early.SendAsync(Encoding.ASCII.GetBytes("MAIL FROM:<a@example.org>\r\nRCPT TO:<early@example.test>\r\nDATA\r\n"));
            if ((await ReadUntilAsync(early, "354 ", "4", "5")).Contains("\r\n354 ", StringComparison.Ordinal))
            {
                await early.SendAsync(Encoding.ASCII.GetBytes("Subject: without descriptors\r\n\r\nx\r\n.\r\n"));
                Assert.Matches("^(250 2.0.0|4[0-9][0-9]) ", await ReadUntilAsync(early, "2", "4", "5"));
            }

            Assert.Single(run.Server.LogText.Split('\n'), line => line.Contains("cannot accept", StringComparison.Ordinal));
            DescriptorLimit.GiveBack(run.Server.ProcessId);
            await SendAsync(run, 50);
        }
        finally
        {
            others.ForEach(socket => socket.Dispose());
        }

        await run.DrainAsync();
        await run.ConcludeAsync("no descriptors", 1, run.Audit.Judge(run.Ledger));
    }

    private static async Task SendAsync(FaultRun run, int messages)
    {
        var plan = new LoadPlan(4, run.Local, 2, TimeSpan.Zero, Messages.RandomSize) { Messages = messages };
        await new SmtpLoad(run.Smtp, plan, run.Ledger, run.Random.Next()).RunAsync(CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(2));
    }

    private static async Task<Socket> OpenAsync(FaultRun run, string opening)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await socket.ConnectAsync(run.Smtp, limit.Token);
        if (opening.Length > 0)
            await socket.SendAsync(Encoding.ASCII.GetBytes(opening), limit.Token);
        return socket;
    }

    private static async Task<string> ReadUntilAsync(Socket socket, params string[] starts)
    {
        var text = "";
        var buffer = new byte[4096];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!text.Split("\r\n").Any(line => starts.Any(start => line.StartsWith(start, StringComparison.Ordinal))))
        {
            var count = await socket.ReceiveAsync(buffer, limit.Token);
            Assert.True(count > 0, "the server hung up: " + text);
            text += Encoding.ASCII.GetString(buffer, 0, count);
        }

        return text;
    }

    /// <summary>Whatever is there to read, the end is not.</summary>
    private static bool IsOpen(Socket socket)
    {
        var buffer = new byte[8192];
        socket.Blocking = false;
        try
        {
            return socket.Receive(buffer) > 0;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.WouldBlock;
        }
    }

    private static async Task UntilAsync(Func<bool> condition, Func<string> complaint)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), complaint());
            await Task.Delay(100);
        }
    }

    private static long ResidentBytes(int process) => File.ReadLines($"/proc/{process}/status").Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024).Single();
}
