using System.Text;
using Courier.Mailboxes.Content;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.Mailboxes;

public class LineEndsTests
{
    private static readonly Gen<string> Text = Gen.Elements("a", "\r", "\n", "\r\n", "\r\r\n", "line", "\r\n\r\n").ListOf().Select(string.Concat);

    [Theory]
    [InlineData("", "")]
    [InlineData("a\r\nb\r\n", "a\nb\n")]
    [InlineData("a\r\r\nb", "a\r\r\nb")]
    [InlineData("\r\n\r\n", "\n\n")]
    [InlineData("a\rb\r", "a\rb\r")]
    [InlineData("a\nb", "a\nb")]
    public void To_disk_a_plain_CRLF_becomes_LF_and_nothing_else_changes(string wire, string disk) =>
        Assert.Equal(disk, ToDisk(wire, int.MaxValue).Disk);

    [Fact]
    public void What_has_no_bare_LF_comes_back_byte_for_byte_whatever_the_pieces()
    {
        Prop.ForAll(Text.ToArbitrary(), Gen.Choose(1, 5).ToArbitrary(), (text, piece) =>
        {
            var (disk, wireLength) = ToDisk(text, piece);
            Assert.Equal(ToDisk(text, int.MaxValue).Disk, disk);
            var back = ToWire(disk);
            Assert.Equal(back.Length, wireLength);
            Assert.Equal(Canonical(text), back);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_file_with_CRLF_is_served_as_it_is() => Assert.Equal("a\r\nb\r\n", ToWire("a\r\nb\n"));

    private static string Canonical(string text)
    {
        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
                result.Append('\r');
            result.Append(text[i]);
        }

        return result.ToString();
    }

    private static (string Disk, long WireLength) ToDisk(string text, int piece)
    {
        var input = Encoding.ASCII.GetBytes(text);
        var output = new byte[input.Length + 2];
        var line = default(LineEnds.ToDisk);
        var length = 0;
        for (var at = 0; at < input.Length; at += Math.Min(piece, input.Length - at))
            length += line.Convert(input.AsSpan(at, Math.Min(piece, input.Length - at)), output.AsSpan(length));
        length += line.Finish(output.AsSpan(length));
        Assert.Equal(length, line.Written);
        return (Encoding.ASCII.GetString(output, 0, length), line.Wire);
    }

    private static string ToWire(string text)
    {
        var disk = Encoding.ASCII.GetBytes(text);
        var wire = new byte[LineEnds.WireLength(disk)];
        Assert.Equal(wire.Length, LineEnds.ToWire(disk, wire));
        return Encoding.ASCII.GetString(wire);
    }
}
