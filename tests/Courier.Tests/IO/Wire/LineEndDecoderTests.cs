using System.Text;
using Courier.IO.Wire;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.IO;

public sealed class LineEndDecoderTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a\r\nb", "a\r\nb")]
    [InlineData("a\nb\rc\r\r\nd\n\r\n", "a\r\nb\r\nc\r\n\r\nd\r\n\r\n")]
    [InlineData("\r\n.\r\n", "\r\n.\r\n")]
    [InlineData("\n.\n..\r.", "\r\n.\r\n..\r\n.")]
    [InlineData("\r", "\r\n")]
    [InlineData("\0\xff", "\0\xff")]
    public void Line_ends_become_whole_however_the_text_is_cut(string text, string expected)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        for (var first = 0; first <= bytes.Length; first++)
            for (var second = first; second <= bytes.Length; second++)
                Assert.Equal(expected, Decode(bytes[..first], bytes[first..second], bytes[second..]));
    }

    [Fact]
    public void Any_text_keeps_its_octets_and_has_no_line_end_but_CRLF() => Prop.ForAll(
        Gen.ArrayOf(Gen.Elements((byte)'\r', (byte)'\n', (byte)'.', (byte)'a', (byte)0)).ToArbitrary(),
        text =>
        {
            var decoded = Decode(text);
            var alone = decoded.Replace("\r\n", "", StringComparison.Ordinal);
            return !alone.Contains('\r', StringComparison.Ordinal) && !alone.Contains('\n', StringComparison.Ordinal)
                && alone == Encoding.Latin1.GetString(text).Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal)
                && decoded == Decode([.. text.Select(octet => new[] { octet })]);
        }).QuickCheckThrowOnFailure();

    private static string Decode(params byte[][] pieces)
    {
        var decoder = default(LineEndDecoder);
        var text = new StringBuilder();
        foreach (var piece in pieces)
        {
            ReadOnlySpan<byte> input = piece;
            while (decoder.TryRead(ref input, out var taken))
                text.Append(Encoding.Latin1.GetString(taken));
        }

        return text.ToString();
    }
}
