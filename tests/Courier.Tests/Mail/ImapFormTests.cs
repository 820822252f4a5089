using System.Buffers;
using System.Text;
using Courier.Mail.Mime;

namespace Courier.Tests.Mail;

public sealed class ImapFormTests
{
    private delegate void Writer(ReadOnlySpan<byte> message, MimePart part, IBufferWriter<byte> output);

    private static string Write(string message, Writer writer)
    {
        var octets = Encoding.Latin1.GetBytes(message.Replace("\n", "\r\n", StringComparison.Ordinal));
        var output = new ArrayBufferWriter<byte>();
        writer(octets, MimeReader.Read(octets, MimeLimits.Default), output);
        return Encoding.Latin1.GetString(output.WrittenSpan);
    }

    private static string Envelope(string header) => Write(header + "\n\n", ImapForm.WriteEnvelope);

    private static string Structure(string message) => Write(message, ImapForm.WriteBodyStructure);

    /// <summary>The addresses of To as they stand in the envelope.</summary>
    private static string To(string value)
    {
        var envelope = Envelope("To: " + value);
        return envelope["(NIL NIL NIL NIL NIL ".Length..^" NIL NIL NIL NIL)".Length];
    }

    [Fact]
    public void An_envelope_has_ten_fields_in_order() =>
        Assert.Equal(
            "(\"Thu, 15 Feb 2007 01:02:03 +0200\" \"subject header\" ((\"From Real\" NIL \"fromuser\" \"fromdomain.org\"))"
            + " ((\"Sender Real\" NIL \"senderuser\" \"senderdomain.org\")) ((\"ReplyTo Real\" NIL \"replytouser\" \"replytodomain.org\"))"
            + " ((\"To Real\" NIL \"touser\" \"todomain.org\")) ((\"Cc Real\" NIL \"ccuser\" \"ccdomain.org\"))"
            + " ((\"Bcc Real\" NIL \"bccuser\" \"bccdomain.org\")) \"<reply@to.id>\" \"<msg@id>\")",
            Envelope("""
                Message-ID: <msg@id>
                In-Reply-To: <reply@to.id>
                Date: Thu, 15 Feb 2007 01:02:03 +0200
                Subject: subject header
                From: From Real <fromuser@fromdomain.org>
                To: To Real <touser@todomain.org>
                Cc: Cc Real <ccuser@ccdomain.org>
                Bcc: Bcc Real <bccuser@bccdomain.org>
                Sender: Sender Real <senderuser@senderdomain.org>
                Reply-To: ReplyTo Real <replytouser@replytodomain.org>
                """.ReplaceLineEndings("\n")));

    [Theory]
    [InlineData("From: a@b")]
    [InlineData("From: a@b\nSender:\nReply-To: ")]
    [InlineData("From: a@b\nSender: ,\nReply-To: (nobody)")]
    public void Sender_and_reply_to_default_to_from(string header)
    {
        const string From = "((NIL NIL \"a\" \"b\"))";
        Assert.Equal($"(NIL NIL {From} {From} {From} NIL NIL NIL NIL NIL)", Envelope(header));
    }

    [Fact]
    public void A_message_without_header_has_an_empty_envelope() => Assert.Equal("(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)", Envelope(""));

    [Fact]
    public void Folding_leaves_no_trace_in_a_subject_and_identifiers_stay_raw()
    {
        Assert.Equal(
            "(NIL \"one two three\" NIL NIL NIL NIL NIL NIL \"<a@b>  <c@d>\" \"<\\\"x\\\\y\\\"@z>\")",
            Envelope("Subject:  one\n \ttwo   three \nIn-Reply-To: <a@b> \n <c@d>\nMessage-ID: <\"x\\y\"@z>"));
        Assert.Equal("(NIL \"\" NIL NIL NIL NIL NIL NIL NIL NIL)", Envelope("Subject:"));
    }

    [Fact]
    public void Fields_that_come_twice_are_joined_or_the_last_counts() =>
        Assert.Equal(
            "(NIL \"b\" NIL NIL NIL ((NIL NIL \"a\" \"x\")(NIL NIL \"b\" \"x\")) NIL NIL NIL NIL)",
            Envelope("Subject: a\nTo: a@x\nSubject: b\nTo: b@x"));

    [Theory]
    [InlineData("ada@example.org", "((NIL NIL \"ada\" \"example.org\"))")]
    [InlineData("<ada@example.org>", "((NIL NIL \"ada\" \"example.org\"))")]
    [InlineData("Ada Lovelace <ada@example.org>", "((\"Ada Lovelace\" NIL \"ada\" \"example.org\"))")]
    [InlineData("\"Lovelace, Ada\" <ada@example.org>", "((\"Lovelace, Ada\" NIL \"ada\" \"example.org\"))")]
    [InlineData("\"a \\\"b\\\" \\\\c\" <a@b>", "((\"a \\\"b\\\" \\\\c\" NIL \"a\" \"b\"))")]
    [InlineData("J. Random\n\tUser <a@b>", "((\"J. Random User\" NIL \"a\" \"b\"))")]
    [InlineData("\"\" <a@b>", "((NIL NIL \"a\" \"b\"))")]
    [InlineData("=?utf-8?q?=C3=A4?= <a@b>", "((\"=?utf-8?q?=C3=A4?=\" NIL \"a\" \"b\"))")]
    [InlineData("a@b (Real Name)", "((\"Real Name\" NIL \"a\" \"b\"))")]
    [InlineData("a@b (Real (nested \\) ) Name)", "((\"Real (nested ) ) Name\" NIL \"a\" \"b\"))")]
    [InlineData("(before) a@b", "((\"before\" NIL \"a\" \"b\"))")]
    [InlineData("<a@b> (not a name)", "((NIL NIL \"a\" \"b\"))")]
    [InlineData("a@b, c@d", "((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\"))")]
    [InlineData("a@b;c@d", "((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\"))")]
    [InlineData(",, a@b ,,", "((NIL NIL \"a\" \"b\"))")]
    [InlineData("\"quoted local\"@b", "((NIL NIL \"quoted local\" \"b\"))")]
    [InlineData("<\"a@b\"@c>", "((NIL NIL \"a@b\" \"c\"))")]
    [InlineData("a @ b", "((NIL NIL \"a\" \"b\"))")]
    [InlineData("a@[127.0.0.1]", "((NIL NIL \"a\" \"[127.0.0.1]\"))")]
    [InlineData("Name <@x,@y.z:a@b>", "((\"Name\" \"@x,@y.z\" \"a\" \"b\"))")]
    [InlineData("postmaster", "((NIL NIL \"postmaster\" \"\"))")]
    [InlineData("Daemon <postmaster>", "((\"Daemon\" NIL \"postmaster\" \"\"))")]
    [InlineData("<>", "((NIL NIL \"\" \"\"))")]
    [InlineData("MAILER-DAEMON <>", "((\"MAILER-DAEMON\" NIL \"\" \"\"))")]
    [InlineData("a@b>", "((NIL NIL \"a\" \"b\"))")]
    [InlineData("Name <a@b", "((\"Name\" NIL \"a\" \"b\"))")]
    [InlineData("a@b <a@b>", "((\"a@b\" NIL \"a\" \"b\"))")]
    [InlineData("John Doe john@x", "((\"John Doe\" NIL \"john\" \"x\"))")]
    [InlineData("@b", "((NIL NIL \"\" \"b\"))")]
    [InlineData("a@", "((NIL NIL \"a\" \"\"))")]
    [InlineData("a@b@c", "((NIL NIL \"a\" \"b\"))")]
    [InlineData("\"unterminated <a@b>", "((NIL NIL \"unterminated <a@b>\" \"\"))")]
    [InlineData("(unterminated a@b", "NIL")]
    [InlineData("(only) (comments)", "NIL")]
    [InlineData("group: g1@d1.org, Two <g2@d2.org>;, last@d", "((NIL NIL \"group\" NIL)(NIL NIL \"g1\" \"d1.org\")(\"Two\" NIL \"g2\" \"d2.org\")(NIL NIL NIL NIL)(NIL NIL \"last\" \"d\"))")]
    [InlineData("undisclosed recipients:;", "((NIL NIL \"undisclosed recipients\" NIL)(NIL NIL NIL NIL))")]
    [InlineData("\"a group\": (foo) ;", "((NIL NIL \"a group\" NIL)(NIL NIL NIL NIL))")]
    [InlineData("open: a@b", "((NIL NIL \"open\" NIL)(NIL NIL \"a\" \"b\")(NIL NIL NIL NIL))")]
    [InlineData("g: 08:28 x, a@b;", "((NIL NIL \"g\" NIL)(NIL NIL \"08\" \"\")(NIL NIL \"a\" \"b\")(NIL NIL NIL NIL))")]
    public void Addresses_are_read_as_mail_has_them(string value, string expected) => Assert.Equal(expected, To(value));

    [Fact]
    public void Strings_are_quoted_where_they_can_be_and_else_literals()
    {
        Assert.Equal("(NIL {1}\r\nä NIL NIL NIL NIL NIL NIL NIL NIL)", Envelope("Subject: ä"));
        Assert.Equal("(NIL {3}\r\na?b NIL NIL NIL NIL NIL NIL NIL NIL)", Envelope("Subject: a\0b"));
        Assert.Equal("(NIL \"a\tb\u0001\" NIL NIL NIL NIL NIL NIL NIL NIL)".Replace("\t", " ", StringComparison.Ordinal), Envelope("Subject: a\tb\u0001"));
        var longest = new string('x', MimeLimits.QuotedString);
        Assert.Contains($"\"{longest}\"", Envelope("Subject: " + longest), StringComparison.Ordinal);
        Assert.Contains($" {{999}}\r\n{longest}y ", Envelope("Subject: " + longest + "y"), StringComparison.Ordinal);
        Assert.Contains($" {{{MimeLimits.ImapString}}}\r\n", Envelope("Subject: " + new string('x', 200_000)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_million_addresses_are_cut_at_the_limit()
    {
        var envelope = Envelope("To: " + string.Concat(Enumerable.Repeat("a,", 1_000_000)));
        Assert.Equal(MimeLimits.EnvelopeAddresses, envelope.Split(")(").Length);
    }

    [Theory]
    [InlineData("\nline\nline\n", "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 12 2 NIL NIL NIL NIL)")]
    [InlineData("Content-Type: TEXT/html; Charset=X; format=flowed\n\n", "(\"text\" \"html\" (\"charset\" \"X\" \"format\" \"flowed\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL)")]
    [InlineData("Content-Type: text/plain; name=x\n\n", "(\"text\" \"plain\" (\"name\" \"x\" \"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL)")]
    [InlineData("Content-Type: multipart/mixed\n\nx", "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0) \"mixed\" NIL NIL NIL NIL)")]
    [InlineData("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nYQ==\n",
        "(\"message\" \"rfc822\" NIL NIL NIL \"base64\" 6 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) (\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0) 1 NIL NIL NIL NIL)")]
    [InlineData("Content-Type: a/b; name*0*=utf-8''%e2%82; name*1=\"a b\"\n\n", "(\"a\" \"b\" (\"name*\" \"utf-8''%e2%82a%20b\") NIL NIL \"7bit\" 0 NIL NIL NIL NIL)")]
    [InlineData("Content-Type: a/b\nContent-Language: (c) de, en-US,\nContent-Disposition: inline\nContent-Location: http://x/\n y\n\n",
        "(\"a\" \"b\" NIL NIL NIL \"7bit\" 0 NIL (\"inline\" NIL) (\"de\" \"en-US\") \"http://x/ y\")")]
    public void A_structure_tells_type_size_and_lines(string message, string expected) => Assert.Equal(expected, Structure(message));

    [Fact]
    public void Every_content_field_is_shown() =>
        Assert.Equal(
            "(\"application\" \"xhtml+xml\" (\"e\" \"mc*mc\") \"<4@example.org>\" \"Homage to 70's TV\" \"7bit\" 3 \"Q2hlY2s=\""
            + " (\"inline\" (\"foo\" \"bar\" \"one\" \"1\")) (\"en\") \"http://www.example.org/r.html\")",
            Structure("""
                Content-Type: application/xhtml+xml; e="mc*mc"
                Content-ID: <4@example.org>
                Content-Description: Homage to
                 70's TV
                Content-MD5: Q2hlY2s=
                Content-Disposition: inline; foo=bar; one=1
                Content-Language: en
                Content-Location: http://www.example.org/r.html

                x
                """.ReplaceLineEndings("\n") + "\n"));

    [Fact]
    public void Nested_parts_stand_in_nested_lists()
    {
        const string Message = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: message/rfc822\n\n"
            + "Subject: s\nContent-Type: image/png\n\nx\n--b--\n";
        Assert.Equal(
            "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 0)(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 40"
            + " (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) (\"image\" \"png\" NIL NIL NIL \"7bit\" 1) 3) \"mixed\")",
            Write(Message, ImapForm.WriteBody));
        Assert.Contains("\"mixed\" (\"boundary\" \"b\") NIL NIL NIL)", Structure(Message), StringComparison.Ordinal);
    }
}
