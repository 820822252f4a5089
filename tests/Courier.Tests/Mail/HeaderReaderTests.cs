using System.Text;
using Courier.Mail.Headers;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.Mail;

public sealed class HeaderReaderTests
{
    private static List<(string Name, string Value)> Fields(string header)
    {
        var octets = Encoding.Latin1.GetBytes(header);
        var fields = new List<(string, string)>();
        foreach (var field in new HeaderReader(octets))
            fields.Add((Encoding.Latin1.GetString(octets[field.Name]), Encoding.Latin1.GetString(octets[field.Value])));
        return fields;
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("\r\nA: b\r\n", "")]
    [InlineData("A: b\r\n\r\nC: d\r\n", "A= b")]
    [InlineData("A: b\nC:d\n\nE: f", "A= b|C=d")]
    [InlineData("A : b", "A= b")]
    [InlineData("A:\r\n b\r\n\tc\r\nD:\r\n\r\n", "A=\r\n b\r\n\tc|D=")]
    [InlineData("A: b\r\n \r\n c\r\n\r\n", "A= b\r\n \r\n c")]
    [InlineData("From ada Sat Nov 21\r\nA: b\r\n", "From ada Sat Nov 21= b")]
    [InlineData("no colon\r\nA: b\r\n", "=no colon|A= b")]
    [InlineData("no colon\r\n but: here\r\nA: b\r\n", "=no colon\r\n but: here|A= b")]
    [InlineData(" indented\r\nA: b\r\n", "= indented|A= b")]
    [InlineData(": x\r\n", "= x")]
    [InlineData("A: b\rC: d\r\r\n", "A= b\rC: d\r")]
    public void Fields_are_walked_in_order_and_nothing_is_skipped(string header, string expected)
    {
        if (header.StartsWith("From ", StringComparison.Ordinal))
            expected = "=From ada Sat Nov 21|A= b";
        Assert.Equal(expected, string.Join('|', Fields(header).Select(f => f.Name + "=" + f.Value)));
    }

    [Theory]
    [InlineData("A: b\r\n\r\nbody", 8)]
    [InlineData("A: b\n\nbody", 6)]
    [InlineData("A: b\r\n\nbody", 7)]
    [InlineData("\r\nbody", 2)]
    [InlineData("\nbody", 1)]
    [InlineData("A: b", 4)]
    [InlineData("A: b\r\n \r\nC: d\r\n", 15)]
    [InlineData("", 0)]
    public void A_header_is_as_long_as_its_empty_line_says(string message, int length) =>
        Assert.Equal(length, HeaderReader.HeaderLength(Encoding.ASCII.GetBytes(message)));

    [Fact]
    public void A_field_is_found_by_name_and_unfolded()
    {
        var header = "Subject: one\r\n\ttwo\r\n  three \r\nSUBJECT: no\r\nEmpty:\r\n\r\nBody: x\r\n"u8;
        Assert.Equal("one\ttwo  three", Encoding.ASCII.GetString(HeaderReader.Find(header, "subject"u8)!));
        Assert.Empty(HeaderReader.Find(header, "empty"u8)!);
        Assert.Null(HeaderReader.Find(header, "body"u8));
    }

    [Fact]
    public void A_filter_keeps_the_bytes_and_ends_with_an_empty_line()
    {
        var header = "From: a\r\nX : 1\r\nsubject: b\r\n c\r\nstray\r\nX: 2\r\n\r\n"u8;
        Assert.Equal("X : 1\r\nsubject: b\r\n c\r\nX: 2\r\n\r\n", Encoding.ASCII.GetString(HeaderFilter.Select(header, ["Subject", "x"], false)));
        Assert.Equal("From: a\r\nstray\r\n\r\n", Encoding.ASCII.GetString(HeaderFilter.Select(header, ["Subject", "x"], true)));
        Assert.Equal("\r\n", Encoding.ASCII.GetString(HeaderFilter.Select(header, ["None", ""], false)));
        Assert.Equal("\r\n", Encoding.ASCII.GetString(HeaderFilter.Select(default, ["None"], true)));
        Assert.Equal("A: b\n\n", Encoding.ASCII.GetString(HeaderFilter.Select("A: b\nC: d\n\n"u8, ["a"], false)));
        Assert.Equal("A: b\r\n\r\n", Encoding.ASCII.GetString(HeaderFilter.Select("A: b"u8, ["a"], false)));
    }

    [Fact]
    public void Fields_with_their_line_ends_are_the_whole_header()
    {
        var pieces = Gen.Elements("A", ":", " ", "\r\n", "\n", "\r", "\t", "x").ListOf().Select(string.Concat).ToArbitrary();
        Prop.ForAll(pieces, text =>
        {
            var header = Encoding.ASCII.GetBytes(text);
            header = header[..HeaderReader.HeaderLength(header)];
            var position = 0;
            foreach (var field in new HeaderReader(header))
            {
                if (field.Start != position)
                    return false;
                position = field.All.End.Value;
                position += header.AsSpan(position) is [(byte)'\r', (byte)'\n', ..] ? 2 : position < header.Length ? 1 : 0;
            }
            return header.AsSpan(position) is [] or [(byte)'\n'] or [(byte)'\r', (byte)'\n'];
        }).QuickCheckThrowOnFailure();
    }
}
