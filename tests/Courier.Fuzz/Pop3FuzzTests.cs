using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using Courier.Accounts;
using Courier.Mail.Addresses;
using Courier.Mailboxes;
using Courier.Net;
using Courier.Pop3;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Fuzz;

/// <summary>POP3 sessions fed with conversations that were spliced, repeated, truncated and cut. Oracles: no fault is logged, the answers
/// to the whole input are those to the input in any two pieces, and each line of them is one of RFC 1939's.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "xunit disposes of it by IAsyncLifetime.")]
public sealed class Pop3FuzzTests : IAsyncLifetime
{
    private static readonly string[] _seeds =
    [
        "USER ada\r\nPASS secret pass\r\nSTAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nTOP 2 1\r\nDELE 1\r\nRSET\r\nNOOP\r\nCAPA\r\n",
        "AUTH PLAIN AGFkYQBzZWNyZXQgcGFzcw==\r\nLIST 1\r\nLIST 99\r\nUIDL 2\r\nTOP 1 2147483648\r\nRETR 0\r\nDELE x\r\nQUIT\r\n",
        "AUTH PLAIN\r\nAGFkYQBzZWNyZXQgcGFzcw==\r\nSTAT\r\nSTAT\r\nQUIT\r\nSTAT\r\n",
        "AUTH LOGIN\r\nYWRh\r\nc2VjcmV0IHBhc3M=\r\nSTAT\r\n",
        "AUTH LOGIN\r\n*\r\nAUTH\r\nAUTH FOO\r\nAUTH PLAIN =\r\nSTLS\r\nUSER nobody\r\nPASS x\r\n",
        "user  ada \r\nPASS\r\npass \xc3\xa4\r\n\r\n \r\n\0\0\r\nGET / HTTP/1.1\r\nUSER \xff\xfe\r\nQUIT now\r\nQUIT \r\n",
    ];

    private static readonly bool _isLong = Environment.GetEnvironmentVariable("COURIER_TEST_LONG") == "1";
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("courier-pop3-fuzz-");
    private readonly MailStore _store = new(new MailStoreSettings(), TimeProvider.System, NullLogger<MailStore>.Instance);
    private readonly FaultCounter _log = new();

    private string Maildir => Path.Combine(_directory.FullName, "Maildir");

    public async Task InitializeAsync()
    {
        foreach (var folder in new[] { "tmp", "new", "cur" })
            Directory.CreateDirectory(Path.Combine(Maildir, folder));
        for (var i = 0; i < 3; i++)
            await File.WriteAllTextAsync(Path.Combine(Maildir, "cur", $"170000000{i}.M{i}P1.host:2,S"), $"Subject: {i}\n\n.dots\n..\nend");
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task The_answers_do_not_depend_on_how_the_input_is_cut()
    {
        foreach (var seed in _seeds)
        {
            var input = Encoding.Latin1.GetBytes(seed);
            var whole = await AnswersAsync(input);
            CheckLines(whole);
            for (var cut = 1; cut < input.Length; cut++)
                Assert.Equal(whole, await AnswersAsync(input[..cut], input[cut..]));
        }

        Assert.Equal(0, _log.Faults);
    }

    [Fact]
    public async Task No_input_makes_a_fault()
    {
        const int seed = 20_261_121;
        var random = new Random(seed);
        for (var round = 0; round < (_isLong ? 50_000 : 1_000); round++)
        {
            var input = Mutate(random);
            var answers = await AnswersAsync(input);
            Assert.True(_log.Faults == 0, $"round {round} of seed {seed}: {Convert.ToHexString(input)}");
            CheckLines(answers);
        }
    }

    [Theory]
    [InlineData("CAPA\r\n", 1)]
    [InlineData("USER x\r\n", 500)]
    [InlineData("yyyyyyyyyy", 1)]
    [InlineData("\r\n", 1)]
    public async Task Twice_the_input_takes_at_most_three_times_as_long(string text, int padding)
    {
        // Before the login, where strangers are; the limit on errors is out of the way.
        var line = text.Replace("x", new string('x', padding), StringComparison.Ordinal);
        const int bytes = 40_000;
        var (once, twice) = (double.MaxValue, double.MaxValue);
        for (var i = 0; i < 10 && !(twice < 3 * once && i > 1); i++)
        {
            once = Math.Min(once, await TimeAsync(line, bytes));
            twice = Math.Min(twice, await TimeAsync(line, 2 * bytes));
        }

        Assert.True(twice < 3 * once, $"{once} ms and {twice} ms");
    }

    [Fact]
    public async Task A_line_without_end_takes_no_more_memory_than_its_limit()
    {
        var line = new byte[10_000_000];
        Array.Fill(line, (byte)'x');
        await AnswersAsync("NOOP\r\n"u8.ToArray());
        // Nothing waits in this stream, so that all of the session runs on this thread; where it did not, the count means nothing.
        var least = long.MaxValue;
        for (var i = 0; i < 10 && least > 500_000; i++)
        {
            var (thread, before) = (Environment.CurrentManagedThreadId, GC.GetAllocatedBytesForCurrentThread());
            await AnswersAsync(line);
            if (Environment.CurrentManagedThreadId == thread)
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.InRange(least, 0, 500_000);
    }

    private async Task<double> TimeAsync(string line, int bytes)
    {
        var input = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(line, bytes / line.Length)));
        var started = Stopwatch.GetTimestamp();
        await AnswersAsync(input);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static byte[] Mutate(Random random)
    {
        string Seed() => _seeds[random.Next(_seeds.Length)];
        var text = Seed();
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var (at, other) = (random.Next(text.Length + 1), Seed());
            text = random.Next(6) switch
            {
                0 => text[..at] + other[random.Next(other.Length)..],                                   // splice
                1 => text[..at] + string.Concat(Enumerable.Repeat(text[at..Math.Min(text.Length, at + 3)], 200)) + text[at..],
                2 => text[..at],                                                                          // truncate
                3 => text[..at] + (char)random.Next(256) + text[Math.Min(text.Length, at + 1)..],
                4 => text[..at] + text[Math.Min(text.Length, at + random.Next(10))..],
                _ => text[..at] + new string((char)random.Next(256), random.Next(6000)) + text[at..],
            };
        }

        return Encoding.Latin1.GetBytes(text);
    }

    private static void CheckLines(string answers)
    {
        Assert.EndsWith("\r\n", answers, StringComparison.Ordinal);
        var isText = false;
        foreach (var line in answers.Split("\r\n")[..^1])
        {
            Assert.DoesNotContain('\n', line);
            // RFC 2449 §4.
            Assert.True(line.Length <= 510, line);
            if (isText)
                isText = line != ".";
            else
                isText = IsBlockHeading(line);
        }

        Assert.False(isText, "A list has no end.");
    }

    private static bool IsBlockHeading(string line)
    {
        Assert.True(line.StartsWith("+OK ", StringComparison.Ordinal) || line.StartsWith("-ERR ", StringComparison.Ordinal) || line.StartsWith("+ ", StringComparison.Ordinal), line);
        return line is "+OK Capability list follows" or "+OK Mechanisms follow" or "+OK Unique ids follow" or "+OK Top of message follows"
            || (line.StartsWith("+OK ", StringComparison.Ordinal) && char.IsAsciiDigit(line[4]) && (line.EndsWith(" octets", StringComparison.Ordinal) || line.EndsWith(" octets)", StringComparison.Ordinal)));
    }

    private async Task<string> AnswersAsync(params byte[][] pieces)
    {
        var settings = new Pop3Settings("pop.test")
        {
            CleartextLogins = CleartextLogins.Always,
            Limits = new Pop3Limits { LoginFailureDelay = TimeSpan.Zero, BadCommands = int.MaxValue, LoginFailures = int.MaxValue },
        };
        var stream = new PieceStream(pieces);
        var server = new Pop3Server(settings, new OneAccount(Maildir), _store, TimeProvider.System, new Logger(_log));
        await using (var connection = Connection.FromStream(stream, new IPEndPoint(IPAddress.Loopback, 110), new IPEndPoint(IPAddress.Loopback, 1024)))
            await server.ServeAsync(connection, CancellationToken.None);
        return stream.Written;
    }

    /// <summary>Gives each piece to a read of its own, then the end; keeps what is written.</summary>
    private sealed class PieceStream(byte[][] pieces) : Stream
    {
        private readonly MemoryStream _written = new();
        private int _piece;
        private int _offset;

        internal string Written => Encoding.Latin1.GetString(_written.ToArray());

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            while (_piece < pieces.Length && _offset == pieces[_piece].Length)
                (_piece, _offset) = (_piece + 1, 0);
            if (_piece == pieces.Length)
                return 0;
            var count = Math.Min(buffer.Length, pieces[_piece].Length - _offset);
            pieces[_piece].AsSpan(_offset, count).CopyTo(buffer);
            _offset += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

        public override void Write(byte[] buffer, int offset, int count) => _written.Write(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _written.Write(buffer.Span);
            return default;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }

    private sealed class OneAccount(string maildir) : IAccountDirectory
    {
        public ValueTask<bool> IsLocalDomainAsync(string domain, CancellationToken ct) => new(false);

        public ValueTask<Account?> FindAsync(MailAddress address, CancellationToken ct) => new((Account?)null);

        public ValueTask<Account?> AuthenticateAsync(string user, string password, CancellationToken ct) =>
            new(user == "ada" && password == "secret pass" ? new Account(MailAddress.Parse("ada@example.test"), maildir) : null);
    }

    /// <summary>What is logged as our fault or trouble.</summary>
    private sealed class FaultCounter
    {
        internal int Faults { get; set; }
    }

    private sealed class Logger(FaultCounter faults) : ILogger<Pop3Server>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                faults.Faults++;
        }
    }
}
