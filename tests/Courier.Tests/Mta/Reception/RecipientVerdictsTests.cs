using Courier.Mta.Reception;
using Microsoft.Extensions.Logging.Abstractions;
using static Courier.Tests.Mta.Reception.ReceptionBench;

namespace Courier.Tests.Mta.Reception;

public sealed class RecipientVerdictsTests : IDisposable
{
    private const string Ada = "ada@example.test", Bob = "bob@example.org";
    private static readonly string _message = "Subject: x\r\n\r\n" + new string('x', 500) + "\r\n";
    private readonly ReceptionBench _bench = new();

    public void Dispose() => _bench.Dispose();

    private RelayReception Relay() => new(_bench.Settings, _bench.Accounts, _bench.Queue, _bench.Clock, NullLogger<RelayReception>.Instance);

    private async Task<string[]> SendAsync(bool wantsEachReply, params string[] recipients)
    {
        var transaction = Begin(wantsEachReply: wantsEachReply);
        foreach (var recipient in recipients)
            Assert.Equal(250, await RecipientAsync(Relay(), transaction, recipient));
        return [.. (await AcceptAsync(Relay(), transaction, _message)).Select(reply => reply[..9])];
    }

    private string[] Queued => [.. _bench.Queue.Messages.SelectMany(message => message.Envelope.Recipients).Select(recipient => recipient.Address.ToString())];

    [Theory]
    [InlineData(false, "452 4.2.2")]
    [InlineData(true, "552 5.2.2")]
    public async Task Who_asked_for_it_hears_of_each_recipient_and_the_others_get_the_message(bool refuses, string reply)
    {
        _bench.Settings = _bench.Settings with { RefusesOverQuota = refuses };
        _bench.Accounts.Limit(Ada, "1000S\n700 1\n");
        Assert.Equal([reply, "250 2.0.0", "250 2.0.0"], await SendAsync(true, Ada, Bob, "Bob@example.org"));
        Assert.Equal(["Bob@example.org"], Queued);
    }

    [Fact]
    public async Task Who_did_not_has_the_message_taken_for_all_of_whom_one_can_have_it()
    {
        _bench.Accounts.Limit(Ada, "1000S\n700 1\n");
        Assert.Equal(["250 2.0.0"], await SendAsync(false, Ada, Bob));
        Assert.Equal([Ada, "Bob@example.org"], Queued);
    }

    [Theory]
    [InlineData(false, false, "452 4.2.2")]
    [InlineData(true, false, "552 5.2.2")]
    [InlineData(true, true, "552 5.2.2", "550 5.1.1")]
    public async Task Nothing_is_taken_where_nobody_can_have_it(bool refuses, bool wantsEachReply, params string[] replies)
    {
        _bench.Settings = _bench.Settings with { RefusesOverQuota = refuses };
        _bench.Accounts.Limit(Ada, "1000S\n700 1\n");
        var transaction = Begin(wantsEachReply: wantsEachReply);
        await RecipientAsync(Relay(), transaction, Ada);
        if (replies.Length > 1)
            await RecipientAsync(Relay(), transaction, Bob);
        _bench.Accounts.Remove(Bob);
        Assert.Equal(replies, (await AcceptAsync(Relay(), transaction, _message)).Select(reply => reply[..9]));
        Assert.Empty(Queued);
    }

    [Fact]
    public async Task One_that_may_have_it_later_makes_all_come_later()
    {
        _bench.Accounts.Limit(Ada, "1000S\n700 1\n");
        var transaction = Begin();
        await RecipientAsync(Relay(), transaction, Bob);
        await RecipientAsync(Relay(), transaction, Ada);
        _bench.Accounts.Remove(Bob);
        Assert.Equal(["452 4.2.2"], (await AcceptAsync(Relay(), transaction, _message)).Select(reply => reply[..9]));
        Assert.Empty(Queued);
    }

    [Theory]
    [InlineData("1000S\n700 1\n", 400L, 452)]
    [InlineData("1000S\n700 1\n", 300L, 250)]
    [InlineData("1000S\n1000 1\n", null, 452)]
    [InlineData("1000S,1C\n700 1\n", null, 452)]
    [InlineData("1000S,2C\n700 1\n", null, 250)]
    [InlineData("0S\n700 1\n", 400L, 250)]
    [InlineData("nonsense\n700 1\n", 400L, 250)]
    public async Task A_size_that_is_announced_is_held_against_the_quota_at_RCPT(string maildirsize, long? size, int code)
    {
        _bench.Accounts.Limit(Ada, maildirsize);
        Assert.Equal(code, await RecipientAsync(Relay(), Begin(size: size), Ada));
    }
}
