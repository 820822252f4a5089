using System.Net.Sockets;
using System.Text;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>What the queue keeps and remembers, through the program as shipped.</summary>
public sealed class QueueTests
{
    private static readonly string[] _begin = ["EHLO client.test", "MAIL FROM:<sender@elsewhere.test>"];

    /// <summary>Sends the lines one after the other; the answer to each.</summary>
    private static async Task<IReadOnlyList<string>> TalkAsync(ServerProcess server, params string[] lines)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port("smtp"));
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.Latin1);
        await ReplyAsync(reader);
        var replies = new List<string>();
        foreach (var line in lines)
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(line + "\r\n"));
            replies.Add(await ReplyAsync(reader));
        }

        return replies;
    }

    private static async Task<string> ReplyAsync(StreamReader reader)
    {
        while (true)
        {
            var line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)) ?? "";
            if (line.Length < 4 || line[3] == ' ')
                return line;
        }
    }

    private static async Task<string> RecipientAsync(ServerProcess server, string recipient) => (await TalkAsync(server, [.. _begin, $"RCPT TO:<{recipient}>"]))[^1];

    private static Task SendAsync(ServerProcess server, string recipient) => TalkAsync(server, [.. _begin, $"RCPT TO:<{recipient}>", "DATA", "Subject: x\r\n\r\ntext\r\n."]);

    [Fact]
    public async Task Mail_for_an_address_in_trouble_is_refused_until_an_operator_clears_it()
    {
        await using var sink = new SmtpSink(recipient => recipient.StartsWith("gone", StringComparison.Ordinal) ? "550 5.1.1 gone" : recipient.StartsWith("full", StringComparison.Ordinal) ? "452 4.2.2 full" : null);
        var options = new ServerOptions { Extra = [("relay", "networks = 127.0.0.0/8"), ("relay", $"next_hop = 127.0.0.1:{sink.Port}"), ("recipients", "refuse_troubled = smtp, login")] };
        await using var server = await ServerProcess.StartAsync(options);
        foreach (var user in (string[])["gone", "full", "fine"])
            await SendAsync(server, user + "@far.test");
        await Eventually.IsAsync("they were tried", async () => (await server.CommandAsync("show")).Checked().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length == 2 && !sink.Messages.IsEmpty);
        var shown = (await server.CommandAsync("show")).Output;
        Assert.Matches("failed gone@far.test\n", shown);
        Assert.Matches("deferred full@far.test\n", shown);
        Assert.StartsWith("550 5.1.1 ", await RecipientAsync(server, "Gone@FAR.test"), StringComparison.Ordinal);
        Assert.StartsWith("450 4.2.0 ", await RecipientAsync(server, "full@far.test"), StringComparison.Ordinal);
        Assert.StartsWith("250 ", await RecipientAsync(server, "fine@far.test"), StringComparison.Ordinal);
        Assert.Equal("250 1 cleared\n", (await server.CommandAsync("clear", "gone@far.test")).Checked().Output);
        Assert.StartsWith("250 ", await RecipientAsync(server, "gone@far.test"), StringComparison.Ordinal);
        Assert.Equal(67, (await server.CommandAsync("clear", "gone@far.test")).ExitCode);
        Assert.Equal("250 1 cleared\n", (await server.CommandAsync("clear", "all")).Checked().Output);
        Assert.StartsWith("250 ", await RecipientAsync(server, "full@far.test"), StringComparison.Ordinal);
        await server.StopAsync();
        Assert.Equal(69, (await server.CommandAsync("clear", "all")).ExitCode);
    }

    [Fact]
    public async Task Every_message_is_archived_by_day_and_can_be_imported_through_the_running_server()
    {
        using var archive = new ScratchDirectory();
        var options = new ServerOptions { Extra = [("queue", $"archive = {archive["kept"]}")] };
        await using var server = await ServerProcess.StartAsync(options, "demo");
        await SendAsync(server, server.Address("demo"));
        await Mail.ArrivesAsync(server, "demo", 1);
        var kept = Assert.Single(Directory.GetFiles(Path.Combine(archive["kept"], DateTimeOffset.UtcNow.ToString("yyyy.MM.dd", System.Globalization.CultureInfo.InvariantCulture))));
        Assert.Matches("/[0-9A-F]+\\.message$", kept);
        var text = await File.ReadAllTextAsync(kept);
        Assert.StartsWith("courier-message 1\nS sender@elsewhere.test\nR demo@example.test", text, StringComparison.Ordinal);
        Assert.EndsWith("Subject: x\r\n\r\ntext\r\n", text, StringComparison.Ordinal);
        Assert.StartsWith(kept + ": ", (await server.CommandAsync("queue", "import", kept)).Checked().Output, StringComparison.Ordinal);
        await Mail.ArrivesAsync(server, "demo", 2);
        // What came by hand is archived as well.
        Assert.Equal(2, Directory.GetFiles(Path.GetDirectoryName(kept)!).Length);
        // An archive that cannot be written: nothing is acknowledged.
        Directory.Delete(archive["kept"], recursive: true);
        await File.WriteAllTextAsync(archive["kept"], "in the way");
        var replies = await TalkAsync(server, [.. _begin, $"RCPT TO:<{server.Address("demo")}>", "DATA", "Subject: x\r\n\r\ntext\r\n."]);
        Assert.StartsWith("451 ", replies[^1], StringComparison.Ordinal);
        await Mail.ArrivesAsync(server, "demo", 2);
    }
}
