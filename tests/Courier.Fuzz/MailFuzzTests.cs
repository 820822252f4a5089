using System.Buffers;
using System.Diagnostics;
using System.Text;
using Courier.Mail.Addresses;
using Courier.Mail.Headers;
using Courier.Mail.Mime;
using Courier.Mail.Reports;
using Courier.Mail.Sasl;

namespace Courier.Fuzz;

/// <summary>The mail parsers under seeds and mutations. COURIER_TEST_LONG=1 goes on for minutes, from another seed each time; the
/// quick form always takes the same way, so that it fails for everyone or for no one.</summary>
public sealed class MailFuzzTests
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("COURIER_TEST_LONG") == "1";

    private static readonly int Seed = IsLong ? Environment.TickCount : 1;

    // By count in the quick form: time would end it elsewhere on each machine.
    private static void EveryMutation(int count, Action<byte[]> check)
    {
        var start = Stopwatch.GetTimestamp();
        bool GoesOn(byte[] _) => IsLong ? Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(2) : count-- > 0;
        foreach (var input in MailSeeds.Mutations(Seed).TakeWhile(GoesOn))
        {
            try
            {
                check(input);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {Seed}, input {Convert.ToBase64String(input)}", e);
            }
        }
    }

    [Fact]
    public void Any_message_gives_a_sound_tree_and_wire_forms_that_the_grammar_allows() => EveryMutation(6_000, CheckMessage);

    [Fact]
    public void Every_seed_may_be_cut_at_every_octet()
    {
        foreach (var message in MailSeeds.Messages)
            for (var cut = 0; cut <= message.Length; cut++)
            {
                CheckMessage(message[..cut]);
                CheckMessage(message[cut..]);
                CheckValue(message[..cut]);
                CheckValue(message[cut..]);
            }
    }

    [Fact]
    public void Any_value_is_read_or_refused_and_what_is_read_can_be_written() => EveryMutation(6_000, CheckValue);

    [Fact]
    public void Line_ends_do_not_change_the_structure() =>
        EveryMutation(6_000, message =>
        {
            var text = Encoding.Latin1.GetString(message);
            if (text.Contains("\r\r\n", StringComparison.Ordinal))
                return; // its LF form has another CRLF
            var unix = Encoding.Latin1.GetBytes(text.Replace("\r\n", "\n", StringComparison.Ordinal));
            Assert.Equal(Skeleton(MimeReader.Read(message, MimeLimits.Default)), Skeleton(MimeReader.Read(unix, MimeLimits.Default)));
        });

    [Fact]
    public void Any_reply_and_any_original_make_a_sound_report() =>
        EveryMutation(1_000, input =>
        {
            var text = Encoding.Latin1.GetString(input);
            var sender = MailAddress.Parse("ada@example.org");
            var recipient = new RecipientReport(sender, text, DeliveryAction.Failed, "5.0.0", text, text, default);
            var report = new DeliveryReport("mail.example.org", sender, text, default, [recipient], input, input.Length % 2 == 0);
            var message = report.ToMessage("x@mail.example.org", default);
            var root = MimeReader.Read(message, MimeLimits.Default);
            Assert.Equal(3, root.Children.Count);
            Assert.True(Ascii.IsValid(message.AsSpan(0, root.Children[2].HeaderStart)));
            var lines = Encoding.Latin1.GetString(message).Split("\r\n");
            Assert.All(lines, line => Assert.False(line.AsSpan().ContainsAny('\r', '\n')));
            Assert.True(report.FullOriginal || lines.All(line => line.Length <= 998));
        });

    public static TheoryData<string, string, string, int> Repetitions { get; } = new()
    {
        // start, repeated, end, times
        { "A: ", "x", "\r\n\r\n", 2_000_000 },
        { "A: x", "\r\n ", "\r\n\r\n", 500_000 },
        { "", "x\r\n", "", 300_000 },
        { "Content-Type: a/b", ";x=y", "\r\n\r\n", 300_000 },
        { "Content-Type: a/b", ";x*1=y", "\r\n\r\n", 300_000 },
        { "Content-Type: a/b; x=\"", "\\\"", "\"\r\n\r\n", 500_000 },
        { "Content-Type: ", "(", "\r\n\r\n", 1_000_000 },
        { "Content-Type: ", "()", "a/b\r\n\r\n", 500_000 },
        { "Content-Disposition: a", ";", "\r\n\r\n", 1_000_000 },
        { "Content-Language: ", ",", "\r\n\r\n", 1_000_000 },
        { "To: ", "a,", "\r\n\r\n", 300_000 },
        { "To: ", "a:", "\r\n\r\n", 300_000 },
        { "To: ", "<", "\r\n\r\n", 500_000 },
        { "To: ", "<@", "\r\n\r\n", 300_000 },
        { "To: ", "[", "\r\n\r\n", 500_000 },
        { "To: a@", "[,@", "\r\n\r\n", 100_000 },
        { "To: ", "<@a,", "\r\n\r\n", 100_000 },
        { "To: ", "(", "\r\n\r\n", 500_000 },
        { "To: ", "\"", "\r\n\r\n", 500_000 },
        { "To: ", "a ", "\r\n\r\n", 300_000 },
        { "Subject: ", " \t", "x\r\n\r\n", 500_000 },
        { "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--", "", 1_000_000 },
        { "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "\r\n--", "", 500_000 },
        { "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n", "", 300_000 },
        { "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n\r\nx\r\n", "", 200_000 },
        { "", "Content-Type: message/rfc822\r\n\r\n", "", 50_000 },
        { "", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", "", 50_000 },
    };

    [Theory]
    [MemberData(nameof(Repetitions))]
    public void A_message_is_read_in_time_and_memory_that_grow_with_it(string start, string repeated, string end, int times)
    {
        byte[] Make(int count) => Encoding.Latin1.GetBytes(start + string.Concat(Enumerable.Repeat(repeated, count)) + end);
        MailOracles.AssertLinear(Make, times / 4, WriteAll);
        MailOracles.AssertBounded(Make(times), 100, WriteAll);
    }

    [Fact]
    public void A_hundred_open_boundaries_cost_no_more_than_a_hundred()
    {
        // Each line must be held against each boundary, which is what the limit on depth is for.
        static byte[] Make(int lines) => Encoding.ASCII.GetBytes(
            string.Concat(Enumerable.Range(0, 99).Select(i => $"Content-Type: multipart/mixed; boundary=xxxxxxxx{i}y\r\n\r\n--xxxxxxxx{i}y\r\n"))
            + "\r\n" + string.Concat(Enumerable.Repeat("--xxxxxxxx\r\n", lines)));
        MailOracles.AssertLinear(Make, 10_000, WriteAll);
    }

    public static TheoryData<string, string, int> Values { get; } = new()
    {
        { "=?", "", 500_000 },
        { "=?a", "", 300_000 },
        { "=?a?q?", "", 200_000 },
        { "=?utf-8?q?=41?= ", "", 50_000 },
        { "=?utf-8?q?=c3?= =?utf-7?b?w6Q=?= ", "", 20_000 },
        { "(", "21 Nov 2026 01:02", 500_000 },
        { "1", "", 500_000 },
        { "&", "", 300_000 },
        { "&AOk-", "", 100_000 },
        { "&AOk-x", "", 100_000 },
        { "=\r\n", "", 300_000 },
        { " ", "", 1_000_000 },
        { " \n", "", 500_000 },
        { "YQ=", "", 300_000 },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_is_read_in_time_and_memory_that_grow_with_it(string repeated, string end, int times)
    {
        byte[] Make(int count) => Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(repeated, count)) + end);
        MailOracles.AssertLinear(Make, times / 4, ReadAll);
        MailOracles.AssertBounded(Make(times), 200, ReadAll);
    }

    [Fact]
    public void No_charset_throws_on_any_octets()
    {
        string[] charsets =
        [
            "utf-7", "utf-8", "utf-16", "utf-16le", "utf-32", "iso-2022-jp", "iso-2022-kr", "iso-2022-cn", "hz-gb-2312", "gb18030", "big5", "euc-jp", "euc-kr",
            "shift_jis", "x-europa", "x-iscii-de", "ibm037", "windows-1258", "tis-620", "\0", "utf-8\r\n", "50220", "cp0", "x-user-defined", "iso-8859-8-i", "none",
        ];
        EveryMutation(1_000, input =>
        {
            foreach (var charset in charsets)
                Assert.NotNull(MimeText.DecodeCharset(input, charset));
        });
    }

    private static void WriteAll(byte[] message)
    {
        var root = MimeReader.Read(message, MimeLimits.Default);
        var output = new ArrayBufferWriter<byte>();
        ImapForm.WriteEnvelope(message, root, output);
        ImapForm.WriteBodyStructure(message, root, output);
        HeaderFilter.Select(message.AsSpan(root.HeaderStart, root.HeaderLength), ["subject", "x"], true);
    }

    private static void ReadAll(byte[] value)
    {
        EncodedWord.Decode(value);
        _ = MailDate.TryParse(value, out _);
        _ = MailDate.TryParseImap(value, out _);
        _ = ModifiedUtf7.TryDecode(value, out _);
        MimeText.DecodeTransfer(value, "base64");
        MimeText.DecodeTransfer(value, "quoted-printable");
        _ = MailAddress.TryParse(value, out _);
        HeaderReader.Find(value, "x"u8);
    }

    private static void CheckMessage(byte[] message)
    {
        var root = MimeReader.Read(message, MimeLimits.Default);
        Assert.Equal((0, message.Length), (root.HeaderStart, root.BodyStart + root.BodyLength));
        MailOracles.AssertTree(message, root, 0, message.Length);
        var output = new ArrayBufferWriter<byte>();
        ImapForm.WriteEnvelope(message, root, output);
        MailOracles.AssertImap(output.WrittenSpan);
        output.ResetWrittenCount();
        ImapForm.WriteBody(message, root, output);
        MailOracles.AssertImap(output.WrittenSpan);
        MailOracles.AssertImap(Structure(message, root));
        CheckParts(message, root);
    }

    /// <summary>Numbers name the parts that the tree holds, and a part read for itself is what it was in its message.</summary>
    private static void CheckParts(byte[] message, MimePart root)
    {
        foreach (var (number, part, defaultsToMessage) in Numbered(root, [], false))
        {
            Assert.Equal(part.BodyStart..(part.BodyStart + part.BodyLength), MimeSection.Find(root, number, SectionText.Content));
            Assert.Same(part, MimeSection.Part(root, number));
            _ = MimeText.Of(message, part);
            // A part of a digest is another thing alone; so is a header that a boundary cut short, for that may have been no more
            // than the beginning of one.
            if (defaultsToMessage || !HeaderReader.EndsWithEmptyLine(message.AsSpan(part.HeaderStart, part.HeaderLength)))
                continue;
            var alone = message.AsSpan(part.HeaderStart, part.HeaderLength + part.BodyLength);
            Assert.Equal(
                Encoding.Latin1.GetString(Structure(message, part)),
                Encoding.Latin1.GetString(Structure(alone, MimeReader.Read(alone, MimeLimits.Default))));
        }
    }

    /// <summary>The numbering of RFC 3501 §6.4.5, written the other way round than the reader has it.</summary>
    private static IEnumerable<(int[] Number, MimePart Part, bool InDigest)> Numbered(MimePart message, int[] path, bool inDigest)
    {
        IReadOnlyList<MimePart> parts = message.IsMultipart ? message.Children : [message];
        for (var i = 0; i < parts.Count; i++)
        {
            int[] number = [.. path, i + 1];
            yield return (number, parts[i], inDigest |= message.Subtype == "digest");
            var inside = parts[i].IsMessage ? parts[i].Children[0] : parts[i].IsMultipart ? parts[i] : null;
            foreach (var part in inside is null ? [] : Numbered(inside, number, inDigest))
                yield return part;
        }
    }

    private static void CheckValue(byte[] value)
    {
        ReadAll(value);
        if (MailAddress.TryParse(value, out var address))
            Assert.Equal(address, MailAddress.Parse(address!.ToString()));
        byte[] bracketed = [(byte)'<', .. value];
        if (MailAddress.TryParsePath(bracketed, out var consumed, out var path))
            Assert.True(MailAddress.TryParsePath(Encoding.ASCII.GetBytes($"<{path}>"), out _, out var again) && path!.Equals(again) && consumed <= 256);
        if (ModifiedUtf7.TryDecode(value, out var name))
            Assert.Equal(Encoding.ASCII.GetString(value), ModifiedUtf7.Encode(name));
        if (MailDate.TryParse(value, out var date))
            Assert.True(MailDate.TryParse(Encoding.ASCII.GetBytes(MailDate.Format(date)), out var same) && same.EqualsExact(date));
        foreach (var mechanism in SaslExchange.Mechanisms)
        {
            var exchange = SaslExchange.Start(mechanism)!;
            var step = exchange.Next(value);
            Assert.Equal(step == SaslStep.Credentials, exchange.Credentials is not null);
        }
    }

    private static ReadOnlySpan<byte> Structure(ReadOnlySpan<byte> message, MimePart part)
    {
        var output = new ArrayBufferWriter<byte>();
        ImapForm.WriteBodyStructure(message, part, output);
        return output.WrittenSpan;
    }

    private static string Skeleton(MimePart part) =>
        $"{part.Type}/{part.Subtype} {part.BodyLines} [{string.Join(',', part.Children.Select(Skeleton))}]";
}
