using System.Text;
using Courier.Mail.Mime;

namespace Courier.Tests.Mail;

public sealed class MimeReaderTests
{
    private static MimePart Read(string message, MimeLimits? limits = null) =>
        MimeReader.Read(Encoding.Latin1.GetBytes(message), limits ?? MimeLimits.Default);

    /// <summary>The tree on one line: types, with the body of leaves in quotes.</summary>
    private static string Show(string message, MimePart part)
    {
        var name = $"{part.Type}/{part.Subtype}";
        if (part.Children.Count > 0)
            return $"{name}[{string.Join(' ', part.Children.Select(child => Show(message, child)))}]";
        var body = message.Substring(part.BodyStart, part.BodyLength).Replace("\r\n", "\\", StringComparison.Ordinal);
        return $"{name}\"{body}\"";
    }

    private static string Show(string message) => Show(message, Read(message));

    private static string Multipart(string boundary, params string[] parts) =>
        $"Content-Type: multipart/mixed; boundary=\"{boundary}\"\n\n"
        + string.Concat(parts.Select(part => $"--{boundary}\n{part}\n")) + $"--{boundary}--\n";

    [Theory]
    [InlineData("", "text/plain\"\"")]
    [InlineData("Subject: x\n\nbody\n", "text/plain\"body\\\"")]
    [InlineData("\nbody", "text/plain\"body\"")]
    [InlineData("Subject: only a header", "text/plain\"\"")]
    [InlineData("Content-Type: TEXT/Html; charset=x\n\nb", "text/html\"b\"")]
    [InlineData("Content-Type: text\n\nb", "text/plain\"b\"")]
    [InlineData("Content-Type: /html\n\nb", "text/plain\"b\"")]
    [InlineData("Content-Type:\n\nb", "text/plain\"b\"")]
    [InlineData("Content-Type: (a (nested) comment) image (x) / (y) png (z)\n\nb", "image/png\"b\"")]
    [InlineData("Content-Type:\n\timage/\n png\n\nb", "image/png\"b\"")]
    [InlineData("content-TYPE : image/png\n\nb", "image/png\"b\"")]
    [InlineData("Content-Type: image/png\nContent-Type: text/html\n\nb", "image/png\"b\"")]
    [InlineData("Content-Type: multipart/mixed\n\n--x\n\nb\n--x--\n", "multipart/mixed\"--x\\\\b\\--x--\\\"")]
    [InlineData("Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\nb\n----\n", "multipart/mixed\"--\\\\b\\----\\\"")]
    [InlineData("Content-Type: multipart/mixed; boundary=x\n\nno parts\n", "multipart/mixed\"no parts\\\"")]
    public void A_message_has_the_type_its_header_says(string message, string expected)
    {
        message = message.Replace("\n", "\r\n", StringComparison.Ordinal);
        Assert.Equal(expected, Show(message));
    }

    [Theory]
    [InlineData("preamble\n--b\n\none\n--b\nContent-Type: image/png\n\ntwo\n--b--\nepilogue\n", "text/plain\"one\" image/png\"two\"")]
    [InlineData("--b\n\none\n--b\n\ntwo", "text/plain\"one\" text/plain\"two\"")]                  // no closing delimiter
    [InlineData("--b\n\none\n\n--b--", "text/plain\"one\\\"")]
    [InlineData("--b\n\none\n--b--\n--b\n\nepilogue\n", "text/plain\"one\"")]                      // after the closing delimiter
    [InlineData("--b \t\n\none\n--b-- \n", "text/plain\"one\"")]                                   // transport padding
    [InlineData("--b\n\none\n--bother\n\ntwo", "text/plain\"one\" text/plain\"two\"")]           // RFC 2046 §5.1.1: by its beginning
    [InlineData("--b\n\none --b\n-- b\n--B\n--b--\n", "text/plain\"one --b\\-- b\\--B\"")]
    [InlineData("--b\n\n--b\n--b--\n", "text/plain\"\" text/plain\"\"")]
    [InlineData("--b\nContent-Type: image/png\n\n--b--\n", "image/png\"\"")]
    [InlineData("--b\nContent-Type: image/png\n--b\n\ntwo\n--b--\n", "image/png\"\" text/plain\"two\"")] // header without its end
    [InlineData("--b\n\n\n--b--\n", "text/plain\"\"")]
    public void Parts_lie_between_boundaries(string body, string expected)
    {
        var message = ("Content-Type: multipart/mixed; boundary=b\n\n" + body).Replace("\n", "\r\n", StringComparison.Ordinal);
        Assert.Equal($"multipart/mixed[{expected}]", Show(message));
        var unix = message.Replace("\r\n", "\n", StringComparison.Ordinal);
        Assert.Equal($"multipart/mixed[{expected}]", Show(unix).Replace('\n', '\\'));
    }

    [Theory]
    [InlineData("a", "ab")] // the outer is the beginning of the inner
    [InlineData("ab", "a")]
    [InlineData("a", "a")]
    public void Of_two_boundaries_the_longer_match_counts(string outer, string inner)
    {
        var message = Multipart(outer, Multipart(inner, "\none", "\ntwo"), "\nthree");
        Assert.Equal("multipart/mixed[multipart/mixed[text/plain\"one\" text/plain\"two\"] text/plain\"three\"]", Show(message));
    }

    [Fact]
    public void An_outer_boundary_closes_whatever_is_open_inside()
    {
        var message = Multipart("o", "Content-Type: multipart/mixed; boundary=i\n\n--i\n\none", "\ntwo");
        Assert.Equal("multipart/mixed[multipart/mixed[text/plain\"one\"] text/plain\"two\"]", Show(message));
    }

    [Theory]
    [InlineData("", "message/rfc822[image/png\"b\"]")]
    [InlineData("Content-Transfer-Encoding: 8BIT\n", "message/rfc822[image/png\"b\"]")]
    [InlineData("Content-Transfer-Encoding: (c) binary (d)\n", "message/rfc822[image/png\"b\"]")]
    [InlineData("Content-Transfer-Encoding: base64\n", "message/rfc822\"Content-Type: image/png\n\nb\"")]
    [InlineData("Content-Transfer-Encoding: quoted-printable\n", "message/rfc822\"Content-Type: image/png\n\nb\"")]
    public void A_message_inside_is_read_unless_it_is_encoded(string encoding, string expected)
    {
        var message = $"Content-Type: message/rfc822\n{encoding}\nContent-Type: image/png\n\nb";
        Assert.Equal(expected, Show(message));
        Assert.Equal(!expected.EndsWith("\nb\"", StringComparison.Ordinal), Read(message).IsMessage);
    }

    [Fact]
    public void In_a_digest_parts_are_messages_unless_they_say_otherwise()
    {
        var message = Multipart("b", "\nSubject: x\n\none", "Content-Type: text/plain\n\ntwo").Replace("mixed", "digest", StringComparison.Ordinal);
        Assert.Equal("multipart/digest[message/rfc822[text/plain\"one\"] text/plain\"two\"]", Show(message));
    }

    [Theory]
    [InlineData("charset=\"utf-8\"; format=flowed", "charset=utf-8|format=flowed")]
    [InlineData("CHARSET=UTF-8;;; x", "charset=UTF-8")]
    [InlineData("name=\"a \\\"b\\\" \\\\;\"", "name=a \"b\" \\;")]
    [InlineData("name=\"a\r\n b\"", "name=a b")]
    [InlineData("name=\"unterminated", "name=unterminated")]
    [InlineData("name=a=b/c:d; x (comment; y=z) = (e) 1", "name=a=b/c:d|x=1")]
    [InlineData("=novalue; charset=x", "charset=x")]
    [InlineData("filename*=utf-8'en'%e2%82%AC%20rates", "filename=€ rates")]
    [InlineData("filename*1=b; filename*0=a; filename*2=c", "filename=abc")]
    [InlineData("url*0*=us-ascii'en'a%20; url*1=%20; url*2*=%2Bb", "url=a %20+b")]
    [InlineData("filename*0*=utf-8''%e2%82; filename*1*=%AC", "filename=€")]
    [InlineData("filename=plain; filename*=utf-8''%c3%a4", "filename=ä")]
    [InlineData("filename*1=lost", "filename*1=lost")]
    [InlineData("filename*x=odd; filename**=odder", "filename*x=odd|filename**=odder")]
    [InlineData("filename*0=a; filename*0=b; filename*2=c", "filename=a")]
    [InlineData("filename*=nope", "filename=nope")]
    [InlineData("filename*=utf-8''%zz%4", "filename=%zz%4")]
    [InlineData("filename*=iso-8859-1''%e4", "filename=ä")]
    public void Parameters_are_joined_and_decoded(string parameters, string expected)
    {
        var part = Read($"Content-Type: application/x; {parameters}\r\n\r\n");
        Assert.Equal(expected, string.Join('|', part.Parameters.Select(p => $"{p.Key}={p.Value}")));
    }

    [Fact]
    public void Raw_8bit_parameters_are_read_as_utf8_or_latin1()
    {
        Assert.Equal("ä", Read("Content-Type: a/b; name=\"\u00c3\u00a4\"\n\n").Parameters[0].Value);
        Assert.Equal("ä", Read("Content-Type: a/b; name=\"\u00e4\"\n\n").Parameters[0].Value);
    }

    [Fact]
    public void Parameters_past_the_limit_are_not_looked_at()
    {
        var header = "Content-Type: a/b" + string.Concat(Enumerable.Range(0, 5000).Select(i => $";x*{i}=y")) + "\n\n";
        var part = Read(header);
        Assert.Equal(new string('y', MimeLimits.Parameters), Assert.Single(part.Parameters).Value);
    }

    [Fact]
    public void Offsets_and_lines_are_those_of_the_message()
    {
        var message = "A: b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npre\r\n--b\r\nC: d\r\n\r\none\r\ntwo\r\n\r\n--b--\r\n";
        var root = Read(message);
        var part = root.Children[0];
        Assert.Equal("C: d\r\n\r\n", message.Substring(part.HeaderStart, part.HeaderLength));
        Assert.Equal(("one\r\ntwo\r\n", 2), (message.Substring(part.BodyStart, part.BodyLength), part.BodyLines));
        Assert.Equal(message.Length, root.BodyStart + root.BodyLength);
        Assert.Equal(8, root.BodyLines);
    }

    [Fact]
    public void An_empty_line_that_belongs_to_the_boundary_is_not_the_headers()
    {
        var message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nC: d\r\n\r\n--b--\r\n";
        var part = Read(message).Children[0];
        Assert.Equal(("C: d\r\n", 0), (message.Substring(part.HeaderStart, part.HeaderLength), part.BodyLength));
    }

    [Fact]
    public void Nesting_past_the_limit_is_content()
    {
        var message = new StringBuilder();
        for (var i = 0; i < 10_000; i++)
            message.Append("Content-Type: multipart/mixed; boundary=b").Append(i).Append("\n\n--b").Append(i).Append('\n');
        Assert.Equal(MimeLimits.Default.Depth, Depth(Read(message.ToString())));
        var messages = string.Concat(Enumerable.Repeat("Content-Type: message/rfc822\n\n", 10_000));
        Assert.Equal(MimeLimits.Default.Depth, Depth(Read(messages)));
        Assert.Equal(3, Depth(Read(messages, new MimeLimits { Depth = 3 })));

        static int Depth(MimePart part) => part.Children.Count == 0 ? 0 : 1 + part.Children.Max(Depth);
    }

    [Fact]
    public void Parts_past_the_limit_are_content_of_the_last()
    {
        var message = Multipart("b", "\none", "\ntwo", "\nthree", "\nfour");
        var root = Read(message, new MimeLimits { Parts = 3 });
        Assert.Equal("multipart/mixed[text/plain\"one\" text/plain\"two\n--b\n\nthree\n--b\n\nfour\n--b--\n\"]", Show(message, root));
        var million = "Content-Type: multipart/mixed; boundary=b\n\n" + string.Concat(Enumerable.Repeat("--b\n", 1_000_000));
        Assert.Equal(MimeLimits.Default.Parts - 1, Read(million).Children.Count);
    }

    [Fact]
    public void A_header_is_looked_into_up_to_its_limit()
    {
        var message = "A: " + new string('x', 100) + "\nContent-Type: image/png\n\nbody";
        Assert.Equal("image/png\"body\"", Show(message));
        Assert.Equal("text/plain\"body\"", Show(message, Read(message, new MimeLimits { HeaderBytes = 100 })));
    }
}
