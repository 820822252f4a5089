using System.Net;
using System.Net.Sockets;
using System.Text;
using Courier.Mta.Reception;
using Courier.Net;
using Courier.Queue;
using Courier.Smtp.Server;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Mta.Reception;

/// <summary>Policy and wire together, over loopback: what a client reads.</summary>
public sealed class ReceptionSessionTests : IDisposable
{
    private readonly ReceptionBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task A_stranger_delivers_to_us_and_is_refused_elsewhere()
    {
        var relay = new RelayReception(_bench.Settings, _bench.Accounts, _bench.Queue, _bench.Clock, NullLogger<RelayReception>.Instance);
        var codes = await TalkAsync(relay, SmtpRole.Relay,
            "EHLO client.test", "MAIL FROM:<>", "RCPT TO:<someone@example.net>", "RCPT TO:<nobody@example.test>", "RCPT TO:<ada@example.test>",
            "DATA", "Subject: x\r\n\r\ntext\r\n.", "QUIT");
        Assert.Equal(["220", "250", "250 2.1.0", "550 5.7.1", "550 5.1.1", "250 2.1.5", "354", "250 2.0.0", "221 2.0.0"], codes);
        Assert.EndsWith("\r\nSubject: x\r\n\r\ntext\r\n", _bench.Queue.Messages.Single().Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_logs_in_and_sends_anywhere()
    {
        var submission = new SubmissionReception(_bench.Settings, _bench.Accounts, _bench.Queue, _bench.Clock, NullLogger<SubmissionReception>.Instance);
        var login = Convert.ToBase64String(Encoding.ASCII.GetBytes("\0ada@example.test\0secret"));
        var codes = await TalkAsync(submission, SmtpRole.Submission,
            "EHLO client.test", "MAIL FROM:<ada@example.test>", $"AUTH PLAIN {login}", "MAIL FROM:<ada@example.test>", "RCPT TO:<someone@example.net>",
            "DATA", "Subject: x\r\n\r\ntext\r\n.", "QUIT");
        Assert.Equal(["220", "250", "530 5.7.0", "235 2.7.0", "250 2.1.0", "250 2.1.5", "354", "250 2.0.0", "221 2.0.0"], codes);
        Assert.Contains("\r\nMessage-ID: <", _bench.Queue.Messages.Single().Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trouble_with_the_queue_is_451_and_the_session_goes_on()
    {
        _bench.Queue.Failure = new IOException("disk full");
        var relay = new RelayReception(_bench.Settings, _bench.Accounts, _bench.Queue, _bench.Clock, NullLogger<RelayReception>.Instance);
        var codes = await TalkAsync(relay, SmtpRole.Relay,
            "EHLO client.test", "MAIL FROM:<eve@example.net>", "RCPT TO:<ada@example.test>", "DATA", "Subject: x\r\n\r\n.", "NOOP", "QUIT");
        Assert.Equal(["220", "250", "250 2.1.0", "250 2.1.5", "354", "451 4.3.0", "250 2.0.0", "221 2.0.0"], codes);
    }

    [Fact]
    public async Task LMTP_answers_for_each_recipient()
    {
        var lmtp = new LmtpReception(_bench.Settings, _bench.Accounts, (envelope, _, _, _) =>
            new([.. envelope.Recipients.Select((_, number) => new RecipientOutcome(number, number == 0 ? OutcomeKind.Delivered : OutcomeKind.Deferred, "4.2.0", ""))]),
            _bench.Clock, NullLogger<LmtpReception>.Instance);
        var codes = await TalkAsync(lmtp, SmtpRole.Lmtp,
            "LHLO client.test", "MAIL FROM:<eve@example.net>", "RCPT TO:<ada@example.test>", "RCPT TO:<bob@example.org>",
            "DATA", "Subject: x\r\n\r\n.", "QUIT");
        Assert.Equal(["220", "250", "250 2.1.0", "250 2.1.5", "250 2.1.5", "354", "250 2.1.5", "451 4.2.0", "221 2.0.0"], codes);
    }

    /// <summary>Sends each text once the answer to the one before is there.</summary>
    /// <returns>Code and status of every reply, the greeting's first.</returns>
    private static async Task<List<string>> TalkAsync(IReception reception, SmtpRole role, params string[] texts)
    {
        var server = new SmtpServer(new SmtpServerSettings("mx.example.test", role) { CleartextLogins = CleartextLogins.Loopback }, reception, NullLogger.Instance, TimeProvider.System);
        await using var listener = Listener.Start(new ListenerSettings("smtp", new IPEndPoint(IPAddress.Loopback, 0)), server.ServeAsync, NullLogger.Instance);
        using var client = new TcpClient();
        await client.ConnectAsync(listener.EndPoint);
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var codes = new List<string> { await ReplyAsync(reader) };
        foreach (var text in texts)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(text + "\r\n"));
            codes.Add(await ReplyAsync(reader));
        }

        while (await reader.ReadLineAsync() is { } line)
            codes.Add(Shown(line));
        // LMTP gives several answers to one text: the last ones are read at the end.
        return codes;
    }

    private static async Task<string> ReplyAsync(StreamReader reader)
    {
        string line;
        do
            line = await reader.ReadLineAsync() ?? throw new EndOfStreamException();
        while (line[3] == '-');
        return Shown(line);
    }

    private static string Shown(string line)
    {
        var words = line.Split(' ');
        return words.Length > 1 && words[1].Count(c => c == '.') == 2 && char.IsAsciiDigit(words[1][0]) ? $"{words[0]} {words[1]}" : words[0];
    }
}
