using System.Globalization;
using System.Text;
using Courier.Smtp.Server;
using Courier.Tests.Shared.Smtp;

namespace Courier.Tests.Smtp;

/// <summary>Random sequences of commands, chunks and messages against a model of the session: the same codes, the same messages. A failure
/// names its seed, which gives the same sequence again.</summary>
public sealed class SessionModelTests
{
    private static readonly SmtpServerSettings _settings = new("mail.example.test", SmtpRole.Relay)
    {
        AuthOffered = false,
        Limits = new SmtpLimits { BadCommands = int.MaxValue, RefusalsBeforeDelay = int.MaxValue, RefusedRecipients = int.MaxValue, MessageBytes = 400, Recipients = 3 },
    };

    [Fact]
    public async Task Any_sequence_of_commands_is_answered_as_the_model_says()
    {
        var sessions = Environment.GetEnvironmentVariable("COURIER_TEST_LONG") == "1" ? 100_000 : 1500;
        var (messages, chunked, refusals) = (0, 0, 0);
        for (var seed = 0; seed < sessions; seed++)
        {
            var model = new SessionModel(new Random(seed));
            while (!model.IsOver && model.Steps < 60)
                model.Step();
            var reception = new FakeReception();
            var output = await RunAsync(model.Input, reception, new Random(seed));
            var codes = output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Where(line => line.Length < 4 || line[3] != '-').Select(line => line[..3]);
            Assert.True(model.Codes.SequenceEqual(codes), $"Seed {seed}\n{model.Transcript}\nanswered {string.Join(' ', codes)}\nexpected {string.Join(' ', model.Codes)}");
            Assert.True(model.Messages.SequenceEqual(reception.Messages.Select(message => $"{message.Sender} {string.Join(',', message.Recipients)} {message.Text}")), $"Seed {seed}\n{model.Transcript}");
            messages += model.Messages.Count;
            chunked += model.Chunked;
            refusals += model.Codes.Count(code => code is "552" or "503");
        }

        // The model must get somewhere, or it would agree with anything.
        Assert.True(messages > sessions && chunked > sessions / 4 && refusals > sessions, $"{messages} messages, {chunked} in chunks, {refusals} refusals");
    }

    private static async Task<string> RunAsync(byte[] input, FakeReception reception, Random random)
    {
        var duplex = new MemoryDuplex();
        var log = new RecordingLogger();
        var serving = ServeAsync(duplex, new SmtpServer(_settings, reception, log, TimeProvider.System));
        for (var at = 0; at < input.Length;)
        {
            var piece = Math.Min(input.Length - at, random.Next(4) == 0 ? random.Next(1, 8) : random.Next(1, 400));
            if ((await duplex.Input.WriteAsync(input.AsMemory(at, piece))).IsCompleted)
                break;
            at += piece;
        }

        await duplex.Input.CompleteAsync();
        await serving.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.DoesNotContain(log.Events, e => e.StartsWith("Critical", StringComparison.Ordinal));
        return await new StreamReader(duplex.Output.AsStream(), Encoding.Latin1).ReadToEndAsync();
    }

    private static async Task ServeAsync(MemoryDuplex duplex, SmtpServer server)
    {
        await using (duplex.Server)
            await server.ServeAsync(duplex.Server, default);
    }

    /// <summary>What RFC 5321 §4.1.4 and RFC 3030 §2 say of the order of commands, written without a look at the server.</summary>
    private sealed class SessionModel(Random random)
    {
        private const int MessageBytes = 400;
        private const int RecipientsMax = 3;

        private readonly MemoryStream _input = new();
        private bool _isGreeted;
        private string? _sender;
        private bool _isUtf8;
        private bool _isBinary;
        private List<string> _recipients = [];
        private StringBuilder? _chunks;

        internal int Steps { get; private set; }

        internal bool IsOver { get; private set; }

        internal List<string> Codes { get; } = ["220"];

        internal List<string> Messages { get; } = [];

        /// <summary>Messages that came by BDAT.</summary>
        internal int Chunked { get; private set; }

        internal byte[] Input => _input.ToArray();

        internal string Transcript => Encoding.Latin1.GetString(Input).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n\n", StringComparison.Ordinal).Replace("\0", "\\0", StringComparison.Ordinal);

        internal void Step()
        {
            Steps++;
            if (random.Next(2) == 0)
            {
                Sensible();
                return;
            }

            switch (random.Next(24))
            {
                case 0 or 1:
                    Hello();
                    break;
                case 2:
                    Line("RSET", "250");
                    Reset();
                    break;
                case 3:
                    Fixed();
                    break;
                case 4:
                    Wrong();
                    break;
                case 5:
                    Elsewhere();
                    break;
                case 6 when random.Next(6) == 0:
                    Line("QUIT", "221");
                    IsOver = true;
                    break;
                case 6 when random.Next(6) == 0:
                    Line($"BDAT {(random.Next(2) == 0 ? "x" : "-1 LAST")}", "501");
                    IsOver = true;
                    break;
                case < 11:
                    Mail();
                    break;
                case < 16:
                    Rcpt();
                    break;
                case < 19:
                    Data();
                    break;
                default:
                    Bdat();
                    break;
            }
        }

        /// <summary>What leads on to a message.</summary>
        private void Sensible()
        {
            if (!_isGreeted)
            {
                Line("EHLO client.example", "250");
                _isGreeted = true;
            }
            else if (_sender is null)
            {
                Line("MAIL FROM:<a@example.org>", "250");
                _sender = "a@example.org";
            }
            else if (_chunks is not null || (_recipients.Count > 0 && random.Next(2) == 0))
            {
                Bdat();
            }
            else if (_recipients.Count > 0)
            {
                Data();
            }
            else
            {
                Line("RCPT TO:<b@example.test>", "250");
                _recipients.Add("b@example.test");
            }
        }

        private void Hello()
        {
            var (line, code) = random.Next(5) switch
            {
                0 => ("HELO client.example", "250"),
                1 => ("LHLO client.example", "500"),
                2 => ("EHLO", "501"),
                _ => ("EHLO client.example", "250"),
            };
            Line(line, code);
            if (code != "250")
                return;
            _isGreeted = true;
            Reset();
        }

        private void Fixed()
        {
            string[] lines = ["NOOP", "NOOP \\", "VRFY x", "HELP", "EXPN x", "VRFY"];
            string[] codes = ["250", "250", "252", "214", "502", "501"];
            var which = random.Next(lines.Length);
            Line(lines[which], codes[which]);
        }

        private void Wrong()
        {
            string[] lines = ["XYZZY", "", "MAIL FROM:<a", "RCPT TO:<>", "DATA now", "NO\0OP", "XCLIENT ADDR=127.0.0.1", "MAIL FROM:<a@example.org> FOO=1", "NOOP\rQUIT"];
            string[] codes = ["500", "500", "501", "501", "501", "500", "500", "555", "500"];
            var which = random.Next(lines.Length);
            Line(lines[which], codes[which]);
        }

        private void Elsewhere()
        {
            var isIdle = _isGreeted && _sender is null;
            switch (random.Next(3))
            {
                case 0:
                    Line("STARTTLS", _isGreeted ? "502" : "503");
                    break;
                case 1:
                    Line("AUTH PLAIN", isIdle ? "502" : "503");
                    break;
                default:
                    Line("ETRN example.org", isIdle ? "250" : "503");
                    break;
            }
        }

        private void Mail()
        {
            string[] senders = ["a@example.org", "", "unknown@example.org", "later@example.org", "\xc3\xbc@example.org"];
            string[] parameters = ["", " SIZE=10", " BODY=8BITMIME", " SMTPUTF8", " BODY=BINARYMIME", " SIZE=401", " RET=FULL ENVID=x"];
            var (sender, parameter) = (senders[random.Next(senders.Length)], parameters[random.Next(parameters.Length)]);
            var isUtf8 = parameter == " SMTPUTF8";
            var code = sender.StartsWith('\xc3') && !isUtf8 ? "550"
                : !_isGreeted || _sender is not null ? "503"
                : parameter == " SIZE=401" ? "552"
                : sender.StartsWith("unknown", StringComparison.Ordinal) ? "550"
                : sender.StartsWith("later", StringComparison.Ordinal) ? "450"
                : "250";
            Line($"MAIL FROM:<{sender}>{parameter}", code);
            if (code != "250")
                return;
            Reset();
            (_sender, _isUtf8, _isBinary) = (Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(sender)), isUtf8, parameter == " BODY=BINARYMIME");
        }

        private void Rcpt()
        {
            string[] recipients = ["b@example.test", "c@example.test", "unknown@example.test", "later@example.test", "\xc3\xa9@example.test"];
            var recipient = recipients[random.Next(recipients.Length)];
            var code = _sender is null || _chunks is not null ? "503"
                : recipient.StartsWith('\xc3') && !_isUtf8 ? "553"
                : _recipients.Count >= RecipientsMax ? "452"
                : recipient.StartsWith("unknown", StringComparison.Ordinal) ? "550"
                : recipient.StartsWith("later", StringComparison.Ordinal) ? "450"
                : "250";
            Line($"RCPT TO:<{recipient}>{(random.Next(4) == 0 ? " NOTIFY=NEVER" : "")}", code);
            if (code == "250")
                _recipients.Add(Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(recipient)));
        }

        private void Data()
        {
            if (_sender is null || _recipients.Count == 0 || _chunks is not null || _isBinary)
            {
                Line("DATA", "503");
                return;
            }

            Line("DATA", "354");
            // Lines with their ends; the dots that the client adds.
            var text = Whole(Piece(random.Next(10) == 0 ? MessageBytes + 50 : 60));
            if (text.Length > 0 && !text.EndsWith("\r\n", StringComparison.Ordinal))
                text += "\r\n";
            Send(string.Concat(text.Split("\r\n").Select((line, i) => (i == 0 ? "" : "\r\n") + (line.StartsWith('.') ? "." : "") + line)) + ".\r\n");
            End(text);
        }

        private void Bdat()
        {
            var octets = Piece(random.Next(8) == 0 ? MessageBytes : 40);
            if (octets.Length > MessageBytes)
                octets = octets[..MessageBytes];
            var isLast = random.Next(2) == 0;
            var isInPlace = _sender is not null && _recipients.Count > 0;
            _chunks = isInPlace ? (_chunks ?? new StringBuilder()).Append(octets) : _chunks;
            Send(string.Create(CultureInfo.InvariantCulture, $"BDAT {octets.Length}{(isLast ? " LAST" : "")}\r\n{octets}"));
            if (!isInPlace)
            {
                Codes.Add("503");
                return;
            }

            // A CR at the end of a chunk has its line end already, and its LF may come with the next.
            var text = _isBinary ? _chunks!.ToString() : Whole(_chunks!.ToString());
            if (text.Length > MessageBytes)
            {
                Codes.Add("552");
                Reset();
            }
            else if (!isLast)
            {
                Codes.Add("250");
            }
            else
            {
                // Without a header that says so, nothing in it is binary.
                Chunked++;
                var whole = Whole(text);
                End(whole.Length > 0 && !whole.EndsWith("\r\n", StringComparison.Ordinal) ? whole + "\r\n" : whole);
            }
        }

        private void End(string text)
        {
            var isTooLarge = text.Length > MessageBytes && !_isBinary;
            Codes.Add(isTooLarge ? "552" : "250");
            if (!isTooLarge)
                Messages.Add($"{_sender} {string.Join(',', _recipients)} {text}");
            Reset();
        }

        /// <summary>Octets that are easily mistaken: line ends of every kind, dots, commands.</summary>
        private string Piece(int most)
        {
            string[] words = ["\r\n", "\r", "\n", ".", "\r\n.\r\n", "\n.\n", "\0", "x", "QUIT\r\n", "MAIL FROM:<evil@example.org>\r\n", "BDAT 3 LAST\r\n", "\xff", "longer text "];
            var piece = new StringBuilder();
            var wanted = random.Next(most + 1);
            while (piece.Length < wanted)
                piece.Append(words[random.Next(words.Length)]);
            return piece.ToString();
        }

        private static string Whole(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Replace("\n", "\r\n", StringComparison.Ordinal);

        private void Line(string line, string code)
        {
            Send(line + "\r\n");
            Codes.Add(code);
        }

        private void Send(string text) => _input.Write(Encoding.Latin1.GetBytes(text));

        private void Reset()
        {
            (_sender, _isUtf8, _isBinary, _chunks) = (null, false, false, null);
            _recipients = [];
        }
    }
}
