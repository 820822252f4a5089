using System.Globalization;
using System.Text;
using Courier.Mailboxes;
using Courier.Mailboxes.Upkeep;

namespace Courier.Tests.Mailboxes;

/// <summary>The forms of mbox that programs have written, and what each says of its messages.</summary>
public sealed class MboxTests
{
    private const string Begin = "From ada@example.org Tue Sep  1 10:20:30 2026\n";

    [Theory]
    [InlineData("From ada@example.org Tue Sep  1 10:20:30 2026", "ada@example.org", "2026-09-01T10:20:30+00:00")]
    [InlineData("From ada@example.org  Tue Sep 1 10:20 2026", "ada@example.org", "2026-09-01T10:20:00+00:00")]
    [InlineData("From ada@example.org Tue Sep 01 10:20:30 CEST 2026", "ada@example.org", "2026-09-01T10:20:30+00:00")]
    [InlineData("From ada@example.org Tue Sep 01 10:20:30 2026 +0200", "ada@example.org", "2026-09-01T10:20:30+02:00")]
    [InlineData("From - Tue Sep 01 10:20:30 2026", "-", "2026-09-01T10:20:30+00:00")]
    [InlineData("From MAILER-DAEMON Thu Dec 31 23:59:59 2020", "MAILER-DAEMON", "2020-12-31T23:59:59+00:00")]
    [InlineData("From ada@example.org Tue, 1 Sep 2026 10:20:30 -0130", "ada@example.org", "2026-09-01T10:20:30-01:30")]
    [InlineData("From Tue Sep  1 10:20:30 2026", "", "2026-09-01T10:20:30+00:00")]
    public void The_first_line_of_a_message_has_a_sender_and_a_date(string line, string sender, string date)
    {
        Assert.True(FromLine.TryParse(Encoding.ASCII.GetBytes(line + "\n"), out var from));
        Assert.Equal((sender, DateTimeOffset.Parse(date, CultureInfo.InvariantCulture)), (from.Sender, from.Date));
    }

    [Theory]
    [InlineData("From here on it is text")]
    [InlineData("From ada@example.org")]
    [InlineData("From ada Tue Sep 32 10:20:30 2026")]
    [InlineData("From ada Tue Feb 30 10:20:30 2026")]
    [InlineData(">From ada@example.org Tue Sep  1 10:20:30 2026")]
    [InlineData("From: ada@example.org Tue Sep  1 10:20:30 2026")]
    [InlineData("from ada@example.org Tue Sep  1 10:20:30 2026")]
    public void Other_lines_are_text(string line) => Assert.False(FromLine.TryParse(Encoding.ASCII.GetBytes(line + "\n"), out _));

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void Messages_are_apart_at_an_empty_line_and_a_From_line(string end)
    {
        var text = (Begin + "Subject: a\n\none\n\nFrom here on text\n\n" + Begin + "Subject: b\n\ntwo\nFrom x Tue Sep  1 10:20:30 2026 is no start\n\n\n" + Begin + "Subject: c\n\n").Replace("\n", end, StringComparison.Ordinal);
        var read = Read(text, FromQuoting.Detect);
        Assert.Equal(
            ["Subject: a\n\none\n\nFrom here on text\n", "Subject: b\n\ntwo\nFrom x Tue Sep  1 10:20:30 2026 is no start\n\n", "Subject: c\n\n"],
            read.Select(message => message.Text.Replace("\r\n", "\n", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(FromQuoting.Detect, "From a\n>From b\n> From c\n>x\n")]
    [InlineData(FromQuoting.All, "From a\n>From b\n> From c\n>x\n")]
    [InlineData(FromQuoting.From, "From a\n>>From b\n> From c\n>x\n")]
    [InlineData(FromQuoting.None, ">From a\n>>From b\n> From c\n>x\n")]
    public void Quoting_is_undone_as_it_was_done(FromQuoting quoting, string body) =>
        Assert.Equal("Subject: a\n\n" + body, Assert.Single(Read(Begin + "Subject: a\n\n>From a\n>>From b\n> From c\n>x\n\n", quoting)).Text);

    [Fact]
    public void A_Content_Length_that_is_right_counts_and_another_does_not()
    {
        var body = "one\n\nFrom x@y Tue Sep  1 10:20:30 2026\n>From quoted by its writer\n";
        var right = Read($"{Begin}Subject: a\nContent-Length: {body.Length}\n\n{body}\n{Begin}Subject: b\n\ntwo\n", FromQuoting.Detect);
        Assert.Equal(["Subject: a\n\n" + body, "Subject: b\n\ntwo\n"], right.Select(message => message.Text));
        var wrong = Read($"{Begin}Subject: a\nContent-Length: 7\n\nmore than that\n\n{Begin}Subject: b\nContent-Length: 99999999999\n\ntwo\n", FromQuoting.Detect);
        Assert.Equal(["Subject: a\n\nmore than that\n", "Subject: b\n\ntwo\n"], wrong.Select(message => message.Text));
    }

    [Fact]
    public void Flags_and_keywords_come_out_of_the_header()
    {
        var message = Assert.Single(Read($"{Begin}X-IMAPbase: 1 2\nSubject: a\nStatus: RO\nX-Status: AF\nX-Keywords: work  $Label1\n {"(bad"}\nX-UID: 7\nTo: b\n\nbody\n", FromQuoting.Detect));
        Assert.Equal("Subject: a\nTo: b\n\nbody\n", message.Text);
        Assert.Equal(MessageFlags.Seen | MessageFlags.Answered | MessageFlags.Flagged, message.Flags);
        Assert.Equal(["work", "$Label1"], message.Keywords);
    }

    [Fact]
    public void The_hash_does_not_change_with_the_flags_but_with_the_message()
    {
        var hashes = ((string[])["Status: RO\n", "", "X-Status: D\n"]).Select(flags => Read($"{Begin}Subject: a\n{flags}\nbody\n", FromQuoting.Detect)[0].Hash).ToList();
        Assert.Single(hashes.Distinct());
        Assert.NotEqual(hashes[0], Read($"{Begin}Subject: a\n\nbody!\n", FromQuoting.Detect)[0].Hash);
        Assert.NotEqual(hashes[0], Read($"From b@example.org Tue Sep  1 10:20:30 2026\nSubject: a\n\nbody\n", FromQuoting.Detect)[0].Hash);
    }

    [Fact]
    public void Long_lines_and_large_messages_come_through()
    {
        var body = new string('x', 3_000_000) + "\n" + string.Concat(Enumerable.Repeat("line of text\n", 100_000));
        Assert.Equal("Subject: a\n\n" + body, Assert.Single(Read(Begin + "Subject: a\n\n" + body + "\n", FromQuoting.Detect)).Text);
    }

    [Fact]
    public void What_is_no_mbox_is_said_to_be_none()
    {
        using var stream = new MemoryStream("Subject: a\n\nbody\n"u8.ToArray());
        Assert.False(new MboxReader(stream, FromQuoting.Detect, Path.GetTempPath()).Start());
        Assert.Empty(Read("\n\n", FromQuoting.Detect));
    }

    private static List<(string Text, MessageFlags Flags, IReadOnlyList<string> Keywords, string Hash)> Read(string text, FromQuoting quoting)
    {
        using var stream = new MemoryStream(Encoding.Latin1.GetBytes(text));
        var reader = new MboxReader(stream, quoting, Path.GetTempPath());
        Assert.True(reader.Start());
        var messages = new List<(string, MessageFlags, IReadOnlyList<string>, string)>();
        while (reader.Read() is { } message)
        {
            using var content = message.Content;
            using var copy = new MemoryStream();
            using (var read = content.OpenRead())
                read.CopyTo(copy);
            messages.Add((Encoding.Latin1.GetString(copy.ToArray()), message.Flags, message.Keywords, message.Hash));
        }

        return messages;
    }
}
