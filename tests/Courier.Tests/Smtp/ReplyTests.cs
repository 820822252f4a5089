using System.Buffers;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Courier.Smtp.Replies;
using Courier.Tests.Shared;

namespace Courier.Tests.Smtp;

public sealed class ReplyTests
{
    private static readonly Regex _property = new("/// <summary>(?<when>.*)</summary>\\s+public static SmtpReply (?<name>\\w+) ", RegexOptions.None, TimeSpan.FromSeconds(10));

    private static readonly SmtpReply[] _all = [.. Named().Select(named => named.Reply)];

    [Fact]
    public void Both_codes_of_each_reply_agree() =>
        Assert.All(_all, reply => Assert.Equal(reply.Code / 100, reply.Status?.Class ?? reply.Code / 100));

    [Fact]
    public void Each_reply_but_354_has_an_enhanced_code() => Assert.All(_all, reply => Assert.Equal(reply.Code == 354, reply.Status is null));

    [Fact]
    public void The_catalogue_in_the_documentation_is_fresh()
    {
        var rendered = Render();
        var path = RepositoryRoot.Combine("docs", "reference", "replies.md");
        if (Environment.GetEnvironmentVariable("COURIER_UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, Encoding.UTF8.GetBytes(rendered));
        }

        Assert.True(File.Exists(path), "docs/reference/replies.md is missing: run the tests with COURIER_UPDATE_DOCS=1");
        Assert.Equal(rendered, File.ReadAllText(path));
    }

    [Theory]
    [InlineData("OK", "250 2.0.0 OK\r\n")]
    [InlineData("one\ntwo", "250-2.0.0 one\r\n250 2.0.0 two\r\n")]
    [InlineData("", "250 2.0.0 \r\n")]
    [InlineData("a\rMAIL", "250 2.0.0 a?MAIL\r\n")]
    [InlineData("Grüße", "250 2.0.0 Gr??e\r\n")]
    public void A_reply_is_written_as_lines_of_printable_ASCII(string text, string wire) => Assert.Equal(wire, Write(new SmtpReply(250, new(2, 0, 0), text)));

    [Fact]
    public void No_line_of_a_reply_is_longer_than_512_octets() =>
        Assert.All(Write(new SmtpReply(550, new(5, 999, 999), new string('x', 5000) + "\n" + new string('y', 5000))).Split("\r\n"), line => Assert.True(line.Length <= 510));

    private static string Write(SmtpReply reply)
    {
        var output = new ArrayBufferWriter<byte>();
        ReplyWriter.Write(reply, output);
        return Encoding.ASCII.GetString(output.WrittenSpan);
    }

    private static IEnumerable<(string Name, SmtpReply Reply)> Named() =>
        typeof(Reply).GetProperties(BindingFlags.Public | BindingFlags.Static).Where(p => p.PropertyType == typeof(SmtpReply))
            .Select(p => (p.Name, (SmtpReply)p.GetValue(null)!));

    private static string Render()
    {
        var source = File.ReadAllText(RepositoryRoot.Combine("src", "Courier.Smtp", "Replies", "Reply.cs"));
        var said = _property.Matches(source).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["when"].Value, StringComparer.Ordinal);
        var text = new StringBuilder("""
            # Replies of the SMTP and LMTP server

            Every reply that the protocol part originates, with its enhanced code (RFC 3463). Acceptance and refusal of senders,
            recipients and messages are worded by the policy behind it. Made from src/Courier.Smtp/Replies/Reply.cs by the tests.

            | reply | when |
            |---|---|

            """);
        foreach (var (name, reply) in Named().OrderBy(named => named.Reply.Code).ThenBy(named => Write(named.Reply), StringComparer.Ordinal))
        {
            var when = said[name].Replace("<c>", "`", StringComparison.Ordinal).Replace("</c>", "`", StringComparison.Ordinal);
            text.Append('|').Append(' ').Append('`').Append(Write(reply).TrimEnd()).Append("` | ").Append(when).Append(" |\n");
        }

        return text.ToString();
    }
}
