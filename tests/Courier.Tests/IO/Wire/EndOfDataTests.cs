using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using Courier.IO.Wire;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.IO.Wire;

public sealed class EndOfDataTests
{
    private static readonly Regex _dot = new("(?<=^|\r\n)\\.", RegexOptions.None, TimeSpan.FromSeconds(10));
    private static readonly Regex _openDot = new("(?<=^|\r\n)\\.\r?\\z", RegexOptions.None, TimeSpan.FromSeconds(10));

    // Texts in which every mark means something, and some octets that mean nothing.
    private static readonly Arbitrary<string> _texts =
        Gen.Elements("\r\n", "\r\n", "\r\n.", "\r\n.\r\n", "\r", "\n", ".", ".", "a", "bc", "\0", "ÿ", new string('x', 40)).ListOf().Select(string.Concat).ToArbitrary();

    [Theory]
    [InlineData(".\r\n", "")]
    [InlineData("\r\n.\r\n", "\r\n")]
    [InlineData("a\r\n.\r\n", "a\r\n")]
    [InlineData("a\r\n..\r\n.\r\n", "a\r\n.\r\n")]
    [InlineData("..a\r\n.\r\n", ".a\r\n")]
    [InlineData(".a\r\n.\r\n", "a\r\n")]
    [InlineData("a\0b\r\n.\r\n", "a\0b\r\n")]
    [InlineData("a\nb\r\n.\r\n", "a\r\nb\r\n")]
    [InlineData("a\rb\r\n.\r\n", "a\r\nb\r\n")]
    [InlineData("a\r\r\n.\r\n", "a\r\n\r\n")]
    [InlineData("a\n.\r\nb\r\n.\r\n", "a\r\n.\r\nb\r\n")]         // LF.CRLF is no end
    [InlineData("a\n.\nb\r\n.\r\n", "a\r\n.\r\nb\r\n")]           // LF.LF
    [InlineData("a\r\n.\nb\r\n.\r\n", "a\r\n\r\nb\r\n")]          // CRLF.LF: the dot of a true line start is taken off
    [InlineData("a\r\n.\rb\r\n.\r\n", "a\r\n\r\nb\r\n")]          // CRLF.CR
    [InlineData("a\r.\r\nb\r\n.\r\n", "a\r\n.\r\nb\r\n")]         // CR.CRLF
    [InlineData("a\r.\rb\r\n.\r\n", "a\r\n.\r\nb\r\n")]           // CR.CR
    [InlineData("a\r\n.\r\r\nb\r\n.\r\n", "a\r\n\r\n\r\nb\r\n")]  // CRLF.CRCRLF
    [InlineData("a\r\n\0.\r\nb\r\n.\r\n", "a\r\n\0.\r\nb\r\n")]
    [InlineData("a\r\n.\0\r\nb\r\n.\r\n", "a\r\n\0\r\nb\r\n")]
    public void Only_a_line_of_one_dot_between_true_line_ends_ends_a_message(string input, string message)
    {
        var (text, left, ended) = Decode(input, input.Length);
        Assert.Equal((message, "", true), (text, left, ended));
    }

    [Fact]
    public void What_follows_the_end_is_left_for_the_next_command()
    {
        var (text, left, ended) = Decode("a\r\n.\r\nMAIL", 100);
        Assert.Equal(("a\r\n", "MAIL", true), (text, left, ended));
    }

    [Fact]
    public void Any_split_of_the_input_gives_the_same_message() =>
        Prop.ForAll(_texts, Gen.Choose(1, 70).ToArbitrary(), (input, piece) => Decode(input, piece) == Decode(input, input.Length + 1)).QuickCheckThrowOnFailure();

    [Fact]
    public void The_decoder_agrees_with_the_words_of_the_rule() =>
        Prop.ForAll(_texts, input => Decode(input, input.Length + 1) == DecodeByRule(input)).QuickCheckThrowOnFailure();

    [Fact]
    public void No_lone_CR_or_LF_leaves_the_decoder() =>
        Prop.ForAll(_texts, input => HasOnlyWholeLineEnds(Decode(input + "\r\n.\r\n", 7).Text)).QuickCheckThrowOnFailure();

    [Fact]
    public void What_the_encoder_wrote_is_ended_once_and_reads_back_with_its_line_ends_made_whole() =>
        Prop.ForAll(_texts, Gen.Choose(1, 70).ToArbitrary(), (message, piece) =>
        {
            var wire = Encode(message, piece);
            var whole = Whole(message);
            var expected = whole.Length == 0 || whole.EndsWith("\r\n", StringComparison.Ordinal) ? whole : whole + "\r\n";
            return Decode(wire, wire.Length) == (expected, "", true);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void No_server_however_lax_finds_an_end_in_what_the_encoder_wrote() =>
        Prop.ForAll(_texts, Gen.Choose(1, 70).ToArbitrary(), (message, piece) =>
        {
            var wire = Encode(message, piece);
            return HasOnlyWholeLineEnds(wire) && ("\r\n" + wire).Replace('\r', '\n').Split("\n.\n").Length == 2;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("", ".\r\n")]
    [InlineData("a", "a\r\n.\r\n")]
    [InlineData("a\r\n", "a\r\n.\r\n")]
    [InlineData("a\n", "a\r\n.\r\n")]
    [InlineData("a\r", "a\r\n.\r\n")]
    [InlineData(".", "..\r\n.\r\n")]
    [InlineData("a\r\n.\r\n", "a\r\n..\r\n.\r\n")]
    [InlineData("a\n.\nb", "a\r\n..\r\nb\r\n.\r\n")]
    [InlineData("a\r.\rb", "a\r\n..\r\nb\r\n.\r\n")]
    public void The_encoder_doubles_dots_and_makes_line_ends_whole(string message, string wire) => Assert.Equal(wire, Encode(message, 1000));

    [Theory]
    [InlineData("", 0)]
    [InlineData("\n", 0)]
    [InlineData("\r\n", 0)]
    [InlineData("a\r\n", 1)]
    [InlineData("a\r\nb", 4)]
    [InlineData("a\r\n.", 1)]
    [InlineData("a\nb", 1)]
    [InlineData("a\r\n\nb", 1 + 2)]
    public void The_scan_stops_before_what_needs_a_closer_look(string text, int length)
    {
        // At every offset within and across the vectors.
        for (var padding = 0; padding < 100; padding++)
        {
            var padded = new string('x', padding) + text;
            Assert.Equal(padding + length, LineEndScan.PlainLength(Encoding.Latin1.GetBytes(padded)));
            if (length < text.Length)
                Assert.Equal(padding + length, LineEndScan.PlainLength(Encoding.Latin1.GetBytes(padded + (text.EndsWith("\r\n", StringComparison.Ordinal) ? "" : new string('y', 100)))));
        }
    }

    private static (string Text, string Left, bool Ended) Decode(string input, int piece)
    {
        var decoder = default(EndOfDataDecoder);
        var bytes = Encoding.Latin1.GetBytes(input);
        var text = new StringBuilder();
        var offset = 0;
        while (offset < bytes.Length && !decoder.IsEnded)
        {
            var span = bytes.AsSpan(offset, Math.Min(piece, bytes.Length - offset));
            ReadOnlySpan<byte> rest = span;
            while (decoder.TryRead(ref rest, out var part))
                text.Append(Encoding.Latin1.GetString(part));
            offset += span.Length - rest.Length;
        }

        return (text.ToString(), input[offset..], decoder.IsEnded);
    }

    private static (string Text, string Left, bool Ended) DecodeByRule(string input)
    {
        var end = ("\r\n" + input).IndexOf("\r\n.\r\n", StringComparison.Ordinal);
        var message = end < 0 ? input : input[..end];
        // A dot, and a dot with CR, at the very end of an unfinished input are not decided yet.
        if (end < 0)
            message = _openDot.Replace(message, "");
        message = Whole(_dot.Replace(message, ""));
        return (message, end < 0 ? "" : input[(end + ".\r\n".Length)..], end >= 0);
    }

    private static string Whole(string text) =>
        text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Replace("\n", "\r\n", StringComparison.Ordinal);

    private static bool HasOnlyWholeLineEnds(string text) => !text.Replace("\r\n", "", StringComparison.Ordinal).AsSpan().ContainsAny('\r', '\n');

    private static string Encode(string message, int piece)
    {
        var encoder = default(EndOfDataEncoder);
        var output = new ArrayBufferWriter<byte>();
        foreach (var part in Encoding.Latin1.GetBytes(message).Chunk(piece))
            encoder.Write(part, output);
        encoder.Finish(output);
        return Encoding.Latin1.GetString(output.WrittenSpan);
    }
}
