using System.Diagnostics;
using System.Text;
using Courier.Imap;
using Courier.Imap.Responses;
using Courier.Shared.Imap;

namespace Courier.Fuzz;

/// <summary>Commands that were cut, spliced, repeated and nested: the parser refuses or takes them, but nothing else happens, and
/// pieces give what the whole gives.</summary>
public sealed class ImapCommandFuzzTests
{
    private const ImapStates Anywhere = ImapStates.Any;

    private static readonly bool _long = Environment.GetEnvironmentVariable("COURIER_TEST_LONG") == "1";

    private static readonly string[] _seeds =
    [
        "a1 LOGIN \"joe\" {6}\r\nsecret",
        "a2 AUTHENTICATE PLAIN AGRlbW8AcHc=",
        "a3 SELECT INBOX.Entw&APw-rfe",
        "a4 FETCH 1:5,*:7 (UID FLAGS BODY.PEEK[1.2.HEADER.FIELDS.NOT (To \"x\")]<0.100> ENVELOPE RFC822.SIZE)",
        "a5 UID FETCH 4294967295:* FULL",
        "a6 STORE 1:* +FLAGS.SILENT (\\Seen $Label1 \\Deleted)",
        "a7 SEARCH CHARSET UTF-8 OR (NOT FROM \"a\\\"b\" UNSEEN) SINCE 1-Feb-2020 1:3 HEADER X-Foo {3}\r\nbar LARGER 100",
        "a8 UID SEARCH UID 1:100 NOT NOT KEYWORD work",
        "a9 APPEND INBOX (\\Seen work) \"17-Jul-1996 02:44:25 -0700\" {10+}",
        "b1 LIST \"INBOX.\" %.*",
        "b2 STATUS \"two words\" (MESSAGES UIDNEXT)",
        "b3 ID (\"name\" \"x\" \"version\" NIL)",
        "b4 RENAME a b",
        "b5 UID COPY 1,2,3 INBOX.Trash",
        "b6 UID EXPUNGE 1:2",
        "c1 NOTIFY SET STATUS (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (To)]) MessageExpunge FlagChange)) (subtree (INBOX.a {3}\r\nx.y) (MailboxName))",
        "c2 ESEARCH IN (mailboxes \"INBOX\" subtree-one (a b) personal) RETURN (MIN COUNT PARTIAL 1:5) CHARSET UTF-8 UIDAFTER 7 TEXT x",
        "c3 UID SORT RETURN (UPDATE (UID FLAGS) CONTEXT ALL) (REVERSE DATE SUBJECT) UTF-8 UNDELETED",
        "c4 CANCELUPDATE \"a\" \"b\"",
        "c5 UIDBATCHES 2000 10:20",
    ];

    [Fact]
    public void Mutated_commands_are_taken_or_refused_and_nothing_else()
    {
        var random = new Random(20261121);
        var rounds = _long ? 2_000_000 : 40_000;
        for (var i = 0; i < rounds; i++)
        {
            var input = Mutate(random, Encoding.Latin1.GetBytes(_seeds[random.Next(_seeds.Length)]));
            var received = ReceivedCommand.Interpret(input, ReadStatus.Command, Anywhere, new());
            Assert.True(received.Command is not null || received.Complaint.Length > 0);
        }
    }

    [Fact]
    public void Every_prefix_of_a_command_is_taken_or_refused()
    {
        foreach (var seed in _seeds.Select(Encoding.Latin1.GetBytes))
        {
            for (var length = 0; length <= seed.Length; length++)
                ReceivedCommand.Interpret(seed.AsSpan(0, length), ReadStatus.Command, Anywhere, new());
        }
    }

    [Fact]
    public async Task Pieces_give_what_the_whole_gives()
    {
        var stream = Encoding.Latin1.GetBytes(
            "a NOOP\r\nb LOGIN {4+}\r\ndemo {3+}\r\nx\"y\nc {2+}\r\n\r\n SELECT\r\nd APPEND x {5+}\r\n12345 {2+}\r\nab\r\ne NOOP {70000+}\r\n" + new string('z', 70_000) + " more\r\nf CHECK\r\n");
        var whole = await ReadAllAsync([stream]);
        Assert.Contains("f CHECK", whole[^1], StringComparison.Ordinal);
        var random = new Random(7);
        for (var round = 0; round < (_long ? 2000 : 60); round++)
        {
            var pieces = new List<byte[]>();
            for (var at = 0; at < stream.Length;)
            {
                var length = Math.Min(random.Next(1, round < 5 ? 3 : 5000), stream.Length - at);
                pieces.Add(stream[at..(at + length)]);
                at += length;
            }

            Assert.Equal(whole, await ReadAllAsync(pieces));
        }
    }

    [Theory]
    [InlineData("a SEARCH ", "NOT ", "SEEN")]
    [InlineData("a SEARCH ", "(", "SEEN")]
    [InlineData("a FETCH ", "1:2,", "1 FLAGS")]
    [InlineData("a STORE 1 FLAGS (", "\\Seen ", "x)")]
    [InlineData("a LIST \"\" ", "*", "")]
    [InlineData("a LOGIN \"", "\\\\", "\" x")]
    [InlineData("a FETCH 1 (", "BODY[] ", "FLAGS)")]
    [InlineData("a NOTIFY SET ", "(personal NONE) ", "(selected NONE)")]
    [InlineData("a NOTIFY SET (mailboxes (", "a ", "b) NONE)")]
    [InlineData("a ESEARCH IN (", "personal ", "selected) ALL")]
    [InlineData("a CANCELUPDATE", " \"x\"", "")]
    [InlineData("a SEARCH RETURN (", "UPDATE (UID) ", "ALL) ALL")]
    public void Time_grows_with_length_and_no_faster(string head, string repeated, string tail)
    {
        const int count = 20_000;
        Measure(count / 10); // warm
        var (once, twice) = (0.0, double.MaxValue);
        // A busy machine may spoil one measurement, hardly five.
        for (var attempt = 0; attempt < 5 && twice >= Math.Max(once * 3, 5); attempt++)
            (once, twice) = (Measure(count), Measure(count * 2));
        Assert.True(twice < Math.Max(once * 3, 5), $"{once:0.0} ms became {twice:0.0} ms");

        double Measure(int n)
        {
            var input = Encoding.Latin1.GetBytes(head + string.Concat(Enumerable.Repeat(repeated, n)) + tail);
            var best = double.MaxValue;
            for (var i = 0; i < 5; i++)
            {
                var start = Stopwatch.GetTimestamp();
                ReceivedCommand.Interpret(input, ReadStatus.Command, Anywhere, new());
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            return best;
        }
    }

    [Fact]
    public async Task A_flood_of_literals_ends_in_bounded_memory()
    {
        var flood = Encoding.Latin1.GetBytes("a SEARCH" + string.Concat(Enumerable.Repeat(" SUBJECT {9+}\r\n123456789", 5000)) + "\r\nb NOOP\r\n");
        var before = GC.GetAllocatedBytesForCurrentThread();
        var read = await ReadAllAsync([flood]);
        Assert.Contains(read, line => line.StartsWith("LiteralRefused", StringComparison.Ordinal) || line.StartsWith("TooMuch", StringComparison.Ordinal));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 32 << 20);
    }

    private static byte[] Mutate(Random random, byte[] input)
    {
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(input.Length + 1);
            var other = Encoding.Latin1.GetBytes(_seeds[random.Next(_seeds.Length)]);
            input = random.Next(6) switch
            {
                0 => input[..at],
                1 => [.. input[..at], (byte)random.Next(256), .. input[at..]],
                2 when at < input.Length => [.. input[..at], (byte)random.Next(256), .. input[(at + 1)..]],
                3 => [.. input[..at], .. other[random.Next(other.Length)..]],
                4 => [.. input[..at], .. Enumerable.Repeat(input[random.Next(at + 1)..at], 3).SelectMany(part => part), .. input[at..]],
                _ => [.. input[..at], .. Encoding.Latin1.GetBytes(new string("({\"*"[random.Next(4)], random.Next(200))), .. input[at..]],
            };
            if (input.Length == 0)
                return input;
        }

        return input;
    }

    private static async Task<List<string>> ReadAllAsync(IReadOnlyList<byte[]> pieces)
    {
        var (server, client) = MemoryWire.Create();
        await using var connection = server;
        var limits = new ImapLimits();
        using var transport = new ImapTransport(server, limits, TimeProvider.System, CancellationToken.None) { IsLoggedIn = true };
        var reader = new CommandReader(transport, new ImapWriter(transport, limits), limits);
        var sending = Task.Run(async () =>
        {
            foreach (var piece in pieces)
            {
                await client.WriteAsync(piece);
                if (pieces.Count > 1000)
                    await Task.Yield();
            }

            await client.DisposeAsync();
        });
        var read = new List<string>();
        while (await reader.ReadAsync() is not ReadStatus.End and var status)
        {
            read.Add($"{status} {Encoding.Latin1.GetString(reader.Text)} {reader.Message}");
            if (status == ReadStatus.TooMuch)
                break;
        }

        reader.Reset();
        await connection.DisposeAsync();
        await Task.WhenAny(sending);
        return read;
    }
}
