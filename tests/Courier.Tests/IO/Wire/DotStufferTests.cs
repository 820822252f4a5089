using System.Buffers;
using System.Text;
using Courier.IO.Wire;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.IO.Wire;

public sealed class DotStufferTests
{
    [Theory]
    [InlineData("", ".\r\n")]
    [InlineData("a", "a\r\n.\r\n")]
    [InlineData("a\r\n", "a\r\n.\r\n")]
    [InlineData(".", "..\r\n.\r\n")]
    [InlineData("a\r\n.\r\n..b", "a\r\n..\r\n...b\r\n.\r\n")]
    [InlineData("a.b", "a.b\r\n.\r\n")]
    [InlineData("a\n.b\r\n", "a\n.b\r\n.\r\n")]       // no line end of the protocol: not its business
    public void A_dot_at_the_start_of_a_line_is_doubled(string text, string wire) => Assert.Equal(wire, Stuff(text, 1000));

    [Fact]
    public void Pieces_make_no_difference() =>
        Prop.ForAll(
            Gen.Elements("\r\n", "\r", "\n", ".", "a", "\r\n.", "bcd").ListOf().Select(string.Concat).ToArbitrary(), Gen.Choose(1, 9).ToArbitrary(),
            (text, piece) => Stuff(text, piece) == Stuff(text, text.Length + 1)).QuickCheckThrowOnFailure();

    [Fact]
    public void Text_of_whole_lines_reads_back() =>
        Prop.ForAll(
            Gen.Elements("\r\n", ".", "a", "\r\n.", "bcd", "..").ListOf().Select(parts => string.Concat(parts) + "\r\n").ToArbitrary(), Gen.Choose(1, 9).ToArbitrary(),
            (text, piece) => ("\r\n" + Stuff(text, piece)).Replace("\r\n.", "\r\n", StringComparison.Ordinal) == "\r\n" + text + "\r\n").QuickCheckThrowOnFailure();

    private static string Stuff(string text, int piece)
    {
        var stuffer = default(DotStuffer);
        var output = new ArrayBufferWriter<byte>();
        foreach (var part in Encoding.Latin1.GetBytes(text).Chunk(piece))
            stuffer.Write(part, output);
        stuffer.Finish(output);
        return Encoding.Latin1.GetString(output.WrittenSpan);
    }
}
