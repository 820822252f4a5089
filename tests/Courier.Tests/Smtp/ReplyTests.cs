using System.Buffers;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Courier.Mail.Addresses;
using Courier.Mta.Reception;
using Courier.Mta.Reception.Senders;
using Courier.Queue;
using Courier.Smtp.Replies;
using Courier.Tests.Shared;

namespace Courier.Tests.Smtp;

public sealed class ReplyTests
{
    private static readonly Regex _property = new("/// <summary>(?<when>.*)</summary>\\s+public static SmtpReply (?<name>\\w+)[ (]", RegexOptions.None, TimeSpan.FromSeconds(10));

    private static readonly (string Title, Type Type, string Source)[] _parts =
    [
        ("The protocol", typeof(Reply), "src/Courier.Smtp/Replies/Reply.cs"),
        ("The policy", typeof(ReceptionReplies), "src/Courier.Mta/Reception/ReceptionReplies.cs"),
        ("The policy for senders", typeof(SenderReplies), "src/Courier.Mta/Reception/Senders/SenderReplies.cs"),
    ];

    /// <summary>Those with something to fill in.</summary>
    private static readonly Dictionary<string, SmtpReply> _examples = new(StringComparer.Ordinal)
    {
        ["Greeting"] = Reply.Greeting("mail.example.org", isLmtp: false),
        ["Hello"] = Reply.Hello("mail.example.org", ["PIPELINING", "…"]),
        ["Challenge"] = Reply.Challenge("Password:"u8.ToArray()),
        ["Accepted"] = ReceptionReplies.Accepted(new QueueId(0xABC)),
        ["Flushed"] = ReceptionReplies.Flushed(3, "example.org"),
        ["Deferred"] = ReceptionReplies.Deferred(new EnhancedStatus(4, 2, 0)),
        ["Undeliverable"] = ReceptionReplies.Undeliverable(new EnhancedStatus(5, 2, 2)),
        ["Verified"] = ReceptionReplies.Verified(MailAddress.Parse("ada@example.org")),
        ["Listed"] = ReceptionReplies.Listed("(the list's words)"),
        ["Blocked"] = ReceptionReplies.Blocked("(the operator's words)"),
    };

    private static readonly SmtpReply[] _all = [.. _parts.SelectMany(part => Named(part.Type)).Select(named => named.Reply)];

    [Fact]
    public void Every_reply_with_something_to_fill_in_has_an_example() =>
        Assert.All(_parts.SelectMany(part => part.Type.GetMethods(BindingFlags.Public | BindingFlags.Static)).Where(m => m.ReturnType == typeof(SmtpReply) && !m.IsSpecialName),
            method => Assert.Contains(method.Name, _examples.Keys));

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

    private static IEnumerable<(string Name, SmtpReply Reply)> Named(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Static).Where(p => p.PropertyType == typeof(SmtpReply))
            .Select(p => (p.Name, (SmtpReply)p.GetValue(null)!));

    private static string Render()
    {
        var text = new StringBuilder("""
            # Replies of the SMTP and LMTP server

            Every reply that we originate, with its enhanced code (RFC 3463). Refusals for trouble of our own are always 4xx. A test makes this page
            from the sources (`COURIER_UPDATE_DOCS=1 ./test unit` rewrites it).

            """);
        foreach (var (title, type, source) in _parts)
            Render(text, title, type, source);
        return text.ToString();
    }

    private static void Render(StringBuilder text, string title, Type type, string source)
    {
        var sources = File.ReadAllText(RepositoryRoot.Combine(source));
        var said = _property.Matches(sources).DistinctBy(m => m.Groups["name"].Value).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["when"].Value, StringComparer.Ordinal);
        var methods = type.GetMethods(BindingFlags.Public | BindingFlags.Static).Where(m => m.ReturnType == typeof(SmtpReply) && !m.IsSpecialName).Select(m => m.Name).Distinct(StringComparer.Ordinal);
        var replies = Named(type).Concat(methods.Select(name => (Name: name, Reply: _examples[name])));
        text.Append("\n## ").Append(title).Append("\n\n| reply | when |\n|---|---|\n");
        foreach (var (name, reply) in replies.OrderBy(named => named.Reply.Code).ThenBy(named => Write(named.Reply), StringComparer.Ordinal))
        {
            var when = said[name].Replace("<c>", "`", StringComparison.Ordinal).Replace("</c>", "`", StringComparison.Ordinal);
            text.Append("| `").Append(Write(reply).TrimEnd().Replace("\r\n", "` `", StringComparison.Ordinal)).Append("` | ").Append(when).Append(" |\n");
        }
    }
}
