using System.Text;
using Courier.IO.Files;
using Courier.Mta.Reception.Headers;

namespace Courier.Tests.Mta.Reception.Headers;

public sealed class HeaderRewriterTests
{
    private static string? Rewrite(string message, HeaderSettings? settings = null, bool isSubmitted = true, int memoryBytes = 1 << 20)
    {
        using var received = Buffer(memoryBytes);
        received.Write(Encoding.Latin1.GetBytes(message));
        using var rewritten = new HeaderRewriter(4000, () => Buffer(memoryBytes)).Rewrite(received, settings ?? new HeaderSettings { Domain = "house.test" }, isSubmitted);
        if (rewritten is null)
            return null;
        using var reader = new StreamReader(rewritten.OpenRead(), Encoding.Latin1);
        return reader.ReadToEnd();
    }

    private static MessageBuffer Buffer(int memoryBytes) => new(Path.GetTempPath(), memoryBytes);

    [Theory]
    [InlineData("ada", "ada@house.test")]
    [InlineData("ada, bob@elsewhere.test, joan", "ada@house.test, bob@elsewhere.test, joan@house.test")]
    [InlineData("root (Cron Daemon)", "root@house.test (Cron Daemon)")]
    [InlineData("(who) root (is \\) (this))", "(who) root@house.test (is \\) (this))")]
    [InlineData("Ada Lovelace <ada>", "Ada Lovelace <ada@house.test>")]
    [InlineData("\"a, b\" < ada >, <joan@x.test>", "\"a, b\" < ada@house.test >, <joan@x.test>")]
    [InlineData("\"ada lovelace\"", "\"ada lovelace\"@house.test")]
    [InlineData("friends: ada, joan@x.test, bob;, me", "friends: ada@house.test, joan@x.test, bob@house.test;, me@house.test")]
    [InlineData("ada\r\n\t, bob", "ada@house.test\r\n\t, bob@house.test")]
    [InlineData("undisclosed-recipients:;", null)]
    [InlineData("Ada Lovelace", null)]
    [InlineData("<>", null)]
    [InlineData("<@route:ada@x.test>", null)]
    [InlineData("ada@x.test", null)]
    [InlineData("Ada <ada@x.test>", null)]
    [InlineData("ada @ x.test", null)]
    [InlineData("Ada <ada", null)]
    [InlineData("(open", null)]
    [InlineData(",,;;::", null)]
    [InlineData("", null)]
    public void An_address_without_a_domain_gets_one(string before, string? after) =>
        Assert.Equal(after is null ? null : $"To: {after}\r\n\r\nada\r\n", Rewrite($"To: {before}\r\n\r\nada\r\n"));

    [Fact]
    public void Only_address_fields_are_touched_and_the_rest_is_kept_in_memory_and_in_a_file()
    {
        var body = "\r\n\r\nTo: ada\r\n" + string.Concat(Enumerable.Repeat("text\r\n", 30_000));
        const string before = "Subject: ada\r\nFROM: ada\r\nSender: ada\r\nReply-To: ada\r\nTo: ada\r\nCc: ada\r\nBcc: ada\r\nX-To: ada";
        const string after = "Subject: ada\r\nFROM: ada@house.test\r\nSender: ada@house.test\r\nReply-To: ada@house.test\r\nTo: ada@house.test\r\nCc: ada@house.test\r\nBcc: ada@house.test\r\nX-To: ada";
        Assert.Equal(after + body, Rewrite(before + body));
        Assert.Equal(after + body, Rewrite(before + body, memoryBytes: 100));
    }

    [Theory]
    [InlineData(HeaderChanges.Unsigned, null)]
    [InlineData(HeaderChanges.All, "To: ada@house.test\r\nDKIM-Signature: v=1\r\n\r\n")]
    [InlineData(HeaderChanges.None, null)]
    public void A_header_that_was_signed_is_changed_only_where_all_are(HeaderChanges changes, string? expected) =>
        Assert.Equal(expected, Rewrite("To: ada\r\nDKIM-Signature: v=1\r\n\r\n", new HeaderSettings { Domain = "house.test", Changes = changes }));

    [Theory]
    [InlineData(Whose.Submitted, true, true)]
    [InlineData(Whose.Submitted, false, false)]
    [InlineData(Whose.Everybody, false, true)]
    [InlineData(Whose.Nobody, true, false)]
    public void It_is_done_to_those_whom_it_is_meant_for(Whose whose, bool isSubmitted, bool expected) =>
        Assert.Equal(expected, Rewrite("To: ada\r\n\r\n", new HeaderSettings { Domain = "house.test", Completes = whose }, isSubmitted) is not null);

    [Fact]
    public void A_header_beyond_the_limit_is_left_alone() => Assert.Null(Rewrite($"To: ada\r\nX: {new string('x', 5000)}\r\n\r\n"));
}
