using System.Text;
using Courier.Mail.Mime;

namespace Courier.Tests.Mail;

/// <summary>The example of RFC 3501 §6.4.5, as a message.</summary>
public sealed class MimeSectionTests
{
    private static readonly string Message = """
        Subject: outer
        Content-Type: multipart/mixed; boundary=b0

        --b0
        Content-Type: text/plain

        p1
        --b0
        Content-Type: application/octet-stream

        p2
        --b0
        Content-Type: message/rfc822

        Subject: inner3
        Content-Type: multipart/mixed; boundary=b3

        --b3

        p3.1
        --b3
        Content-Type: application/octet-stream

        p3.2
        --b3--
        --b0
        Content-Type: multipart/mixed; boundary=b4

        --b4
        Content-Type: image/gif

        p4.1
        --b4
        Content-Type: message/rfc822

        Subject: inner4
        Content-Type: multipart/mixed; boundary=b42

        --b42

        p4.2.1
        --b42
        Content-Type: multipart/alternative; boundary=b422

        --b422

        p4.2.2.1
        --b422
        Content-Type: text/richtext

        p4.2.2.2
        --b422--
        --b42--
        --b4--
        --b0--

        """.ReplaceLineEndings("\r\n");

    private static string? Find(string message, string path, SectionText text)
    {
        var octets = Encoding.ASCII.GetBytes(message);
        int[] numbers = path.Length == 0 ? [] : [.. path.Split('.').Select(n => int.Parse(n, System.Globalization.CultureInfo.InvariantCulture))];
        var range = MimeSection.Find(MimeReader.Read(octets, MimeLimits.Default), numbers, text);
        return range is { } found ? Encoding.ASCII.GetString(octets[found]) : null;
    }

    [Theory]
    [InlineData("1", "p1")]
    [InlineData("2", "p2")]
    [InlineData("3.1", "p3.1")]
    [InlineData("3.2", "p3.2")]
    [InlineData("4.1", "p4.1")]
    [InlineData("4.2.1", "p4.2.1")]
    [InlineData("4.2.2.1", "p4.2.2.1")]
    [InlineData("4.2.2.2", "p4.2.2.2")]
    [InlineData("0", null)]
    [InlineData("5", null)]
    [InlineData("1.1", null)]
    [InlineData("3.3", null)]
    [InlineData("4.2.2.3", null)]
    [InlineData("4.2.2.2.1", null)]
    public void A_number_names_a_part(string path, string? body) => Assert.Equal(body, Find(Message, path, SectionText.Content));

    [Theory]
    [InlineData("", "Subject: outer")]
    [InlineData("3", "Subject: inner3")]
    [InlineData("4.2", "Subject: inner4")]
    [InlineData("1", null)]
    [InlineData("4", null)]
    public void A_header_is_that_of_a_message(string path, string? start)
    {
        foreach (var text in new[] { SectionText.Header, SectionText.HeaderFields, SectionText.HeaderFieldsNot })
        {
            var header = Find(Message, path, text);
            Assert.Equal(start, header?.Split('\r')[0]);
            Assert.True(header is null || header.EndsWith("\r\n\r\n", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("1", "Content-Type: text/plain\r\n\r\n")]
    [InlineData("3", "Content-Type: message/rfc822\r\n\r\n")]
    [InlineData("3.1", "\r\n")]
    [InlineData("4.2.2", "Content-Type: multipart/alternative; boundary=b422\r\n\r\n")]
    [InlineData("", null)]
    public void Mime_is_the_header_of_a_part(string path, string? header) => Assert.Equal(header, Find(Message, path, SectionText.Mime));

    [Fact]
    public void Header_and_text_make_the_content()
    {
        Assert.Equal(Message, Find(Message, "", SectionText.Content));
        Assert.Equal(Message, Find(Message, "", SectionText.Header) + Find(Message, "", SectionText.Text));
        Assert.Equal(Find(Message, "3", SectionText.Content), Find(Message, "3", SectionText.Header) + Find(Message, "3", SectionText.Text));
        Assert.Null(Find(Message, "1", SectionText.Text));
    }

    [Fact]
    public void The_only_part_of_a_message_is_part_1()
    {
        const string Plain = "Subject: x\r\n\r\nbody";
        Assert.Equal("body", Find(Plain, "1", SectionText.Content));
        Assert.Equal("Subject: x\r\n\r\n", Find(Plain, "1", SectionText.Mime));
        Assert.Null(Find(Plain, "2", SectionText.Content));
        Assert.Null(Find(Plain, "1.1", SectionText.Content));
        Assert.Null(Find(Plain, "1", SectionText.Header));
        const string Wrapped = "Content-Type: message/rfc822\r\n\r\n" + Plain;
        Assert.Equal(Plain, Find(Wrapped, "1", SectionText.Content));
        Assert.Equal("body", Find(Wrapped, "1.1", SectionText.Content));
        Assert.Equal("body", Find(Wrapped, "1", SectionText.Text));
    }

    [Fact]
    public void A_multipart_without_parts_has_the_empty_one_that_its_structure_shows() =>
        Assert.Equal("", Find("Content-Type: multipart/mixed\r\n\r\nbody", "1", SectionText.Content));
}
