using System.Net;
using System.Net.Sockets;

namespace Courier.Faults.Load;

/// <summary>The load client and the sink against each other: what one writes down as acknowledged the other has received.</summary>
public sealed class SmtpLoadTests
{
    private static LoadPlan Plan(int messages) => new(4, ["a@sink.test", "b@sink.test"], 2, TimeSpan.Zero, Messages.RandomSize) { Messages = messages };

    [Fact]
    public async Task Everything_acknowledged_was_received_once_and_whole()
    {
        await using var sink = new TokenSink();
        var ledger = new Ledger();
        await new SmtpLoad(new(IPAddress.Loopback, sink.Port), Plan(200), ledger, 1).RunAsync(CancellationToken.None);
        Assert.InRange(ledger.Acknowledged, 200, 204);
        Assert.Equal((0, 0), (sink.Torn, ledger.InDoubt));
        var promised = ledger.All.SelectMany(sent => sent.Recipients.Select(recipient => (sent.Token, recipient))).Order();
        Assert.Equal(promised, sink.Received.Keys.Order());
        Assert.All(sink.Received.Values, count => Assert.Equal(1, count));
    }

    [Fact]
    public async Task A_server_that_falls_after_the_data_leaves_the_message_in_doubt()
    {
        var ledger = await LoadAsync(2, async (reader, writer, stop) =>
        {
            while (await reader.ReadLineAsync() is { } line && line != ".")
            {
                if (line.Split(' ', ':')[0] is "EHLO" or "MAIL" or "RCPT")
                    await writer.WriteLineAsync("250 ok");
                if (line == "DATA")
                    await writer.WriteLineAsync("354 go on");
            }
            await stop.CancelAsync();
        });
        Assert.Equal(Outcome.InDoubt, Assert.Single(ledger.All).Outcome);
    }

    [Fact]
    public async Task Refusals_are_written_down_and_nothing_counts_as_acknowledged()
    {
        var ledger = await LoadAsync(3, async (reader, writer, stop) =>
        {
            while (await reader.ReadLineAsync() is { } line && line != "RSET")
                await writer.WriteLineAsync(line.Split(' ', ':')[0] switch
                {
                    "EHLO" => "250 ok",
                    "MAIL" => "452 4.3.1 full",
                    _ => "503 5.5.1 not now",
                });
            await stop.CancelAsync();
            await writer.WriteLineAsync("250 ok");
        });
        Assert.NotEmpty(ledger.Refusals);
        Assert.All(ledger.Refusals, reply => Assert.Equal("452 4.3.1 full", reply));
        Assert.Equal(Outcome.NotAccepted, Assert.Single(ledger.All).Outcome);
    }

    /// <summary>One client and one connection of a server that greets and then answers as it is told, until it says stop.</summary>
    private static async Task<Ledger> LoadAsync(int seed, Func<StreamReader, StreamWriter, CancellationTokenSource, Task> answerAsync)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var server = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            using var reader = new StreamReader(client.GetStream());
            await using var writer = new StreamWriter(client.GetStream()) { AutoFlush = true, NewLine = "\r\n" };
            await writer.WriteLineAsync("220 x");
            await answerAsync(reader, writer, stop);
        });
        var ledger = new Ledger();
        await new SmtpLoad((IPEndPoint)listener.LocalEndpoint, Plan(1) with { Connections = 1 }, ledger, seed).RunAsync(stop.Token);
        await server;
        return ledger;
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(200_000)]
    public void A_message_shows_its_token_and_whether_it_is_whole(int size)
    {
        var text = Messages.Text("T1", size);
        Assert.InRange(text.Length, size, size + 200);
        Assert.Equal("T1", Messages.TokenOf(text));
        Assert.True(Messages.IsWhole(text.Replace("\r\n", "\n", StringComparison.Ordinal), "T1"));
        Assert.False(Messages.IsWhole(text[..^20], "T1"));
        Assert.False(Messages.IsWhole(text.Replace("\r\n\r\n", "\r\n\r\nx", StringComparison.Ordinal), "T1"));
        Assert.False(Messages.IsWhole(text + "x", "T1"));
    }

    [Fact]
    public void Sizes_lie_between_1_and_400_kilobytes_and_most_are_small()
    {
        var random = new Random(1);
        var sizes = Enumerable.Range(0, 1000).Select(_ => Messages.RandomSize(random)).ToList();
        Assert.All(sizes, size => Assert.InRange(size, 1024, 400 * 1024));
        Assert.InRange(sizes.Count(size => size > 16 * 1024), 300, 700);
    }
}
