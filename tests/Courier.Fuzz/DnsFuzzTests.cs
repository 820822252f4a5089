using System.Diagnostics;
using Courier.Net.Dns;
using Courier.Tests.Shared.Dns;

namespace Courier.Fuzz;

/// <summary>Answers of name servers under mutation: read or refused with <see cref="DnsFormatException"/>, in bounded time, and what was
/// read is within the limits. A failure names its round.</summary>
public sealed class DnsFuzzTests
{
    private static readonly DnsLimits _limits = new() { Records = 100 };
    private static readonly byte[] _query = DnsQuery.Write("mail.example.test", DnsType.Mx, withEdns: true, mixCase: false, new DnsLimits());

    private static readonly byte[][] _replies =
    [
        DnsWire.Reply(_query, ["mail.example.test 60 CNAME a.test", "a.test 60 MX 10 mx.a.test", "a.test 60 MX 20 ."]),
        DnsWire.Reply(_query, ["mail.example.test 60 TXT v=STSv1; id=1;", "x.test 60 TLSA 3 1 1 00ff", "x.test 60 A 192.0.2.1", "x.test 60 AAAA ::1"]),
        DnsWire.Reply(_query, [], code: 3, authority: "test 60 SOA 60"),
        Compressed(),
    ];

    private static bool IsLong => Environment.GetEnvironmentVariable("COURIER_TEST_LONG") == "1";

    [Fact]
    public void Any_answer_is_read_or_refused()
    {
        var read = 0;
        for (var round = 0; round < (IsLong ? 5_000_000 : 60_000); round++)
        {
            var message = Mutate(_replies, new Random(round));
            try
            {
                var reply = DnsMessage.Read(message, _query, _limits);
                Assert.InRange(reply.Answers.Count, 0, _limits.Records);
                foreach (var answer in reply.Answers)
                    Assert.True(answer.Owner.Length <= 4 * 255, $"Round {round}: a name of {answer.Owner.Length} characters.");
                AnswerChain.Follow(reply, "mail.example.test", DnsType.Mx, _limits.CnameChain);
                read++;
            }
            catch (DnsFormatException)
            {
                // Refused, which is the other right answer.
            }
        }

        Assert.True(read > 500, $"Only {read} were read: the mutations leave nothing to look at.");
    }

    [Fact]
    public void An_answer_cut_at_any_octet_is_refused()
    {
        foreach (var reply in _replies)
        {
            for (var length = 0; length < reply.Length; length++)
                Assert.Throws<DnsFormatException>(() => DnsMessage.Read(reply.AsSpan(0, length), _query, _limits));
        }
    }

    [Theory]
    [InlineData(0)]   // at itself
    [InlineData(2)]   // forward
    [InlineData(100)] // past the end
    public void A_pointer_leads_only_back(int distance)
    {
        var reply = DnsWire.Reply(_query, ["x.test 60 A 192.0.2.1"]);
        var at = reply.Length - DnsWire.Record("x.test 60 A 192.0.2.1").Length;
        var target = at + distance;
        byte[] message = [.. reply.AsSpan(0, at), (byte)(0xc0 | (target >> 8)), (byte)target, .. reply.AsSpan(at + 8)];
        Assert.Throws<DnsFormatException>(() => DnsMessage.Read(message, _query, _limits));
    }

    [Fact]
    public void Many_pointers_take_no_more_than_their_length()
    {
        // Each record's owner is a pointer to the pointer before: the longest chain that leads back only.
        var (small, large) = (Chain(2_000), Chain(4_000));
        var limits = new DnsLimits { Records = 10_000 };
        Time(small, limits);
        var (one, two) = (Time(small, limits), Time(large, limits));
        Assert.True(two < TimeSpan.FromSeconds(2), $"{one} for half of it, {two} for all.");
    }

    private static TimeSpan Time(byte[] message, DnsLimits limits)
    {
        var watch = Stopwatch.StartNew();
        try
        {
            DnsMessage.Read(message, _query, limits);
        }
        catch (DnsFormatException)
        {
            // What counts is how long it took.
        }

        return watch.Elapsed;
    }

    private static byte[] Chain(int records)
    {
        var message = new List<byte>(DnsWire.Reply(_query, []));
        (message[6], message[7]) = ((byte)(records >> 8), (byte)records);
        var last = DnsMessage.HeaderBytes;
        for (var i = 0; i < records; i++)
        {
            var at = message.Count;
            message.AddRange([(byte)(0xc0 | ((last >> 8) & 0x3f)), (byte)last, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
            last = at < 0x4000 ? at : last;
        }

        return [.. message];
    }

    private static byte[] Compressed()
    {
        var message = new List<byte>(DnsWire.Reply(_query, []));
        message[7] = 2;
        message.AddRange([0xc0, 12, 0, 15, 0, 1, 0, 0, 0, 60, 0, 7, 0, 10, 2, (byte)'m', (byte)'x', 0xc0, 17]);
        message.AddRange([0xc0, 12, 0, 15, 0, 1, 0, 0, 0, 60, 0, 4, 0, 20, 0xc0, 12]);
        return [.. message];
    }

    private static byte[] Mutate(byte[][] seeds, Random random)
    {
        var message = seeds[random.Next(seeds.Length)].ToList();
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            var at = random.Next(DnsMessage.HeaderBytes, message.Count);
            switch (random.Next(5))
            {
                case 0:
                    message[at] = (byte)random.Next(256);
                    break;
                case 1:
                    message[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    message.InsertRange(at, seeds[random.Next(seeds.Length)].Take(random.Next(40)));
                    break;
                case 3:
                    message.RemoveRange(at, Math.Min(random.Next(20), message.Count - at - 1));
                    break;
                default:
                    message[random.Next(DnsMessage.HeaderBytes)] = (byte)random.Next(256);
                    break;
            }
        }

        return [.. message];
    }
}
