using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Text;
using Courier.IO.Wire;
using Courier.Net;
using Courier.Smtp.Client;
using Courier.Smtp.Grammar;
using Courier.Smtp.Server;
using Courier.Tests.Shared.Smtp;

namespace Courier.Fuzz;

/// <summary>Sessions, end of data, command lines and replies under mutated input. A failure names its round: the same round gives the
/// same input again.</summary>
public sealed class SmtpFuzzTests
{
    private static readonly byte[][] _conversations =
    [
        .. new[]
        {
            "EHLO client.example\r\nMAIL FROM:<ada@example.org> SIZE=10 BODY=8BITMIME\r\nRCPT TO:<b@example.test>\r\nDATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n",
            "HELO [192.0.2.1]\r\nMAIL FROM:<>\r\nRCPT TO:<Postmaster>\r\nRCPT TO:<unknown@example.test>\r\nDATA\r\n.\r\nRSET\r\nNOOP\r\nVRFY x\r\nHELP\r\nEXPN y\r\n",
            "EHLO x\r\nAUTH PLAIN AGFkYQBzZWNyZXQ=\r\nMAIL FROM:<\"a b\"@example.org> AUTH=<>\r\nRCPT TO:<@x.example,@y.example:c@[IPv6:2001:db8::1]>\r\nDATA\r\na\nb\rc\r\n.\n.\r\n.\r\n",
            "EHLO x\r\nAUTH LOGIN\r\nYWRh\r\nc2VjcmV0\r\nMAIL FROM:<data-disk@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\nx\r\n.\r\nAUTH PLAIN\r\n*\r\n",
            "EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n\r\n.\r\r\n.\r\nMAIL FROM:<smuggled@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\ny\r\n.\r\n",
            "EHLO x\r\nMAIL FROM:<a@example.org> BODY=BINARYMIME RET=FULL ENVID=a+2Bb\r\nRCPT TO:<b@example.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b\r\nBDAT 5\r\nA: b\nBDAT 42 LAST\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\r\n.\r\nNOOP\r\n",
            "EHLO x\r\nMAIL FROM:<\xc3\xbc@b\xc3\xbccher.example> SMTPUTF8 BY=10;RT MT-PRIORITY=-3 HOLDFOR=9 SECURITY=STARTTLS\r\nRCPT TO:<\xc3\xbc@example.test> ORCPT=utf-8;\xc3\xbc\r\nBDAT 3 LAST\r\nx\r\nETRN example.org\r\nXCLIENT ADDR=IPV6:::1 HELO=y\r\nXFORWARD ADDR=127.0.0.1\r\n",
            "GET / HTTP/1.1\r\nHost: mail\r\n\r\n",
            "XYZZY\r\n\0\r\n\r\r\n \r\n.\r\n",
        }.Select(Encoding.Latin1.GetBytes),
    ];

    private static readonly byte[][] _replies =
    [
        .. new[]
        {
            "250 2.1.5 ok\r\n", "250-one\r\n250-PIPELINING\r\n250 SIZE 10\r\n", "550\r\n", "421 4.3.2 bye\r\n", "354 go\r\n", "250-2.0.0 a\r\n250 2.0.0 b\r\n", "999 x\r\n", "25\r\n", "250\tx\r\n",
        }.Select(Encoding.Latin1.GetBytes),
    ];

    private static readonly SmtpServerSettings _settings = new("mail.example.test", SmtpRole.Submission)
    {
        CleartextLogins = CleartextLogins.Always,
        AuthRequired = false,
        // What EHLO says of it changes with the time.
        Offered = SmtpServerSettings.OfferedBy(SmtpRole.Submission) & ~SmtpExtensions.FutureRelease,
        XClientPeers = [System.Net.IPNetwork.Parse("127.0.0.1/32")],
        XForwardPeers = [System.Net.IPNetwork.Parse("127.0.0.1/32")],
        Limits = new SmtpLimits { RefusalDelay = TimeSpan.Zero, AuthFailureDelay = TimeSpan.Zero, MessageBytes = 4000, CommandLineBytes = 600, AuthLineBytes = 700, Recipients = 5 },
    };

    private static bool IsLong => Environment.GetEnvironmentVariable("COURIER_TEST_LONG") == "1";

    [Fact]
    public async Task A_session_answers_any_input_without_a_fault_and_alike_in_any_pieces()
    {
        for (var round = 0; round < (IsLong ? 200_000 : 600); round++)
        {
            var random = new Random(round);
            var input = Mutate(_conversations, random);
            var whole = await RunAsync(input, input.Length + 1);
            Assert.True(whole == await RunAsync(input, random.Next(1, 40)), $"Round {round}: pieces make a difference.");
            Assert.All(whole.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.True(IsReply(line), $"Round {round}: {line}"));
        }
    }

    [Fact]
    public async Task A_conversation_cut_or_split_at_any_octet_is_answered_alike()
    {
        foreach (var conversation in _conversations)
        {
            var whole = await RunAsync(conversation, conversation.Length + 1);
            for (var at = 0; at < conversation.Length; at++)
            {
                Assert.Equal(whole, await RunAsync(conversation, at + 1));
                var cut = await RunAsync(conversation[..at], at + 1);
                Assert.DoesNotContain("Critical", cut, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void End_of_data_is_found_alike_in_any_pieces_and_leaves_only_whole_line_ends()
    {
        for (var round = 0; round < (IsLong ? 2_000_000 : 5_000); round++)
        {
            var random = new Random(round);
            var input = Mutate(_conversations, random);
            var (text, left) = Decode(input, input.Length + 1);
            var pieces = Decode(input, random.Next(1, 70));
            Assert.True(text == pieces.Text && left == pieces.Left, $"Round {round}: pieces make a difference.");
            Assert.False(text.Replace("\r\n", "", StringComparison.Ordinal).AsSpan().ContainsAny('\r', '\n'), $"Round {round}: a lone CR or LF is left.");
            Assert.True(Decode(Encode(text), 50).Text == (text.Length == 0 || text.EndsWith('\n') ? text : text + "\r\n"), $"Round {round}: it does not read back.");
        }
    }

    [Fact]
    public void Any_line_is_a_command_or_refused_for_good()
    {
        for (var round = 0; round < (IsLong ? 5_000_000 : 20_000); round++)
        {
            var line = Mutate(_conversations, new Random(round));
            var end = line.AsSpan().IndexOf((byte)'\n');
            var command = CommandParser.Parse(end < 0 ? line : line.AsSpan(0, end));
            if (command is Bad bad)
                Assert.InRange(bad.Answer.Code, 500, 599);
            else
                Assert.False(line.AsSpan(0, Math.Max(end, 0)).ContainsAny("\0\r"u8), $"Round {round}: CR or NUL in a command.");
        }
    }

    [Fact]
    public async Task Any_reply_is_read_or_refused()
    {
        var limits = new SmtpClientLimits { ReplyLines = 20, ReplyLineBytes = 200 };
        for (var round = 0; round < (IsLong ? 500_000 : 5_000); round++)
        {
            var pipe = new Pipe();
            await pipe.Writer.WriteAsync(Mutate(_replies, new Random(round)));
            await pipe.Writer.CompleteAsync();
            try
            {
                var reply = await new ReplyReader(limits).ReadAsync(pipe.Reader, default);
                Assert.InRange(reply.Code, 200, 599);
                Assert.DoesNotMatch("[^ -~\n]", reply.Text);
                Assert.True(reply.Status is not { } status || status.Class == reply.Code / 100);
            }
            catch (IOException)
            {
                // What is no reply is refused in no other way.
            }
        }
    }

    [Theory]
    [InlineData("x")]
    [InlineData("\r\n.")]
    [InlineData("\r\n..")]
    [InlineData("\r")]
    [InlineData("\n")]
    [InlineData("\r\n.\r")]
    [InlineData(".\0")]
    [InlineData("some words of a usual line\r\n")]
    public void Twice_the_message_takes_twice_the_time_and_no_memory(string unit)
    {
        var once = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(unit, 400_000 / unit.Length)));
        byte[] twice = [.. once, .. once];
        Drain(once);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Drain(once);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        // Other work on the machine makes single runs slow, never fast.
        Assert.True(Enumerable.Range(0, 5).Any(_ => Least(twice) < 3 * Least(once)), "Time grows faster than the input.");
    }

    private static TimeSpan Least(byte[] input) => Enumerable.Range(0, 7).Min(_ =>
    {
        var started = Stopwatch.GetTimestamp();
        Drain(input);
        return Stopwatch.GetElapsedTime(started);
    });

    private static void Drain(byte[] input)
    {
        var decoder = default(EndOfDataDecoder);
        for (var offset = 0; offset < input.Length; offset += 16_384)
        {
            ReadOnlySpan<byte> rest = input.AsSpan(offset, Math.Min(16_384, input.Length - offset));
            while (decoder.TryRead(ref rest, out _))
            {
            }
        }
    }

    private static bool IsReply(string line) => line.Length > 3 && line[3] is (' ' or '-') && line.AsSpan(0, 3).IndexOfAnyExceptInRange('0', '9') < 0;

    /// <returns>All replies, then the messages taken, then what was logged as critical.</returns>
    private static async Task<string> RunAsync(byte[] input, int piece)
    {
        var log = new RecordingLogger();
        var reception = new FakeReception();
        var duplex = new MemoryDuplex();
        var serving = ServeAsync(duplex, new SmtpServer(_settings, reception, log, TimeProvider.System));
        foreach (var part in input.Chunk(piece))
        {
            if ((await duplex.Input.WriteAsync(part)).IsCompleted)
                break;
        }

        await duplex.Input.CompleteAsync();
        await serving.WaitAsync(TimeSpan.FromSeconds(60));
        var output = await new StreamReader(duplex.Output.AsStream(), Encoding.Latin1).ReadToEndAsync();
        var messages = reception.Messages.Select(m => $"250 message {m.Sender} {string.Join(',', m.Recipients)} {m.User} {Convert.ToBase64String(m.Bytes)}");
        return string.Join('\n', [output.Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd('\n'), .. messages, .. log.Events.Where(e => e.StartsWith("Critical", StringComparison.Ordinal))]);
    }

    private static async Task ServeAsync(MemoryDuplex duplex, SmtpServer server)
    {
        await using (duplex.Server)
            await server.ServeAsync(duplex.Server, default);
    }

    private static (string Text, string Left) Decode(byte[] input, int piece)
    {
        var decoder = default(EndOfDataDecoder);
        var text = new StringBuilder();
        var offset = 0;
        while (offset < input.Length && !decoder.IsEnded)
        {
            var span = input.AsSpan(offset, Math.Min(piece, input.Length - offset));
            ReadOnlySpan<byte> rest = span;
            while (decoder.TryRead(ref rest, out var part))
                text.Append(Encoding.Latin1.GetString(part));
            offset += span.Length - rest.Length;
        }

        return (text.ToString(), Encoding.Latin1.GetString(input.AsSpan(offset)));
    }

    private static byte[] Encode(string text)
    {
        var encoder = default(EndOfDataEncoder);
        var output = new ArrayBufferWriter<byte>();
        encoder.Write(Encoding.Latin1.GetBytes(text), output);
        encoder.Finish(output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Splices, repeats, cuts, and puts octets that mean something where they do not belong.</summary>
    private static byte[] Mutate(byte[][] seeds, Random random)
    {
        List<byte> text = [.. seeds[random.Next(seeds.Length)]];
        for (var changes = random.Next(1, 6); changes > 0; changes--)
        {
            var at = random.Next(text.Count + 1);
            switch (random.Next(6))
            {
                case 0:
                    var other = seeds[random.Next(seeds.Length)];
                    text = [.. text[..at], .. other[random.Next(other.Length)..]];
                    break;
                case 1:
                    var part = text[at..Math.Min(text.Count, at + random.Next(60))];
                    text.InsertRange(at, Enumerable.Repeat(part, random.Next(1, 50)).SelectMany(static p => p));
                    break;
                case 2:
                    text = text[..at];
                    break;
                case 3:
                    text.RemoveRange(at, Math.Min(text.Count - at, random.Next(8)));
                    break;
                case 4:
                    string[] marks = ["\r", "\n", "\r\n", ".", "\r\n.\r\n", "\0", "<", ">", " ", "\"", "\u00ff", "@", ":"];
                    text.InsertRange(at, Encoding.Latin1.GetBytes(marks[random.Next(marks.Length)]));
                    break;
                default:
                    if (at < text.Count)
                        text[at] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }

        return [.. text];
    }
}
