using System.Text;
using Courier.Mta.Reception;
using Courier.Queue;
using Microsoft.Extensions.Logging.Abstractions;
using static Courier.Tests.Mta.Reception.ReceptionBench;

namespace Courier.Tests.Mta.Reception;

public sealed class LmtpReceptionTests : IDisposable
{
    private readonly ReceptionBench _bench = new();
    private readonly List<(Envelope Envelope, string Text)> _delivered = [];

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("ada@example.test", 250)]
    [InlineData("nobody@example.test", 550)]
    [InlineData("someone@example.net", 550)]
    public async Task Only_our_people_are_delivered_to_even_for_those_who_logged_in(string recipient, int code) =>
        Assert.Equal(code, await RecipientAsync(Lmtp(OutcomeKind.Delivered, "2.0.0"), Begin(PeerAt(user: "ada@example.test")), recipient));

    [Theory]
    [InlineData(OutcomeKind.Delivered, "2.0.0", "250 2.1.5 Delivered")]
    [InlineData(OutcomeKind.Deferred, "4.2.0", "451 4.2.0 Cannot be delivered now, try again later")]
    [InlineData(OutcomeKind.Deferred, "nonsense", "451 4.0.0 Cannot be delivered now, try again later")]
    [InlineData(OutcomeKind.Deferred, "5.0.0", "451 4.0.0 Cannot be delivered now, try again later")]
    [InlineData(OutcomeKind.Deferred, "4.2.2", "452 4.2.2 Cannot be delivered now, try again later")]
    [InlineData(OutcomeKind.Failed, "5.2.1", "550 5.2.1 Cannot be delivered")]
    [InlineData(OutcomeKind.Failed, "5.2.2", "552 5.2.2 Cannot be delivered")]
    public async Task Each_recipient_is_answered_for_by_how_it_fared(OutcomeKind kind, string status, string reply)
    {
        // The first is always delivered; the second as told.
        var lmtp = Lmtp(kind, status);
        var transaction = Begin();
        await RecipientAsync(lmtp, transaction, "ada@example.test");
        await RecipientAsync(lmtp, transaction, "bob@example.org");
        Assert.Equal(["250 2.1.5 Delivered", reply], await AcceptAsync(lmtp, transaction, "Subject: x\r\n\r\n"));
    }

    [Fact]
    public async Task A_recipient_named_twice_gets_one_copy_and_two_answers()
    {
        var lmtp = Lmtp(OutcomeKind.Deferred, "4.3.0");
        var transaction = Begin();
        foreach (var recipient in new[] { "ada@example.test", "bob@example.org", "ADA@example.test" })
            await RecipientAsync(lmtp, transaction, recipient);
        Assert.Equal(["250", "451", "250"], (await AcceptAsync(lmtp, transaction, "Subject: x\r\n\r\n")).Select(reply => reply[..3]));
        Assert.Equal(2, _delivered.Single().Envelope.Recipients.Count);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(5000)]
    public async Task The_whole_message_is_handed_over_from_memory_or_file(int length)
    {
        var lmtp = Lmtp(OutcomeKind.Delivered, "2.0.0");
        var transaction = Begin();
        await RecipientAsync(lmtp, transaction, "ada@example.test");
        var message = "Subject: x\r\n\r\n" + new string('a', length);
        await AcceptAsync(lmtp, transaction, message);
        var text = _delivered.Single().Text;
        Assert.EndsWith(message, text, StringComparison.Ordinal);
        Assert.Contains(" with LMTP id ", text, StringComparison.Ordinal);
        Assert.Empty(_bench.Files);
    }

    [Fact]
    public async Task A_loop_is_refused_for_every_recipient()
    {
        var lmtp = Lmtp(OutcomeKind.Delivered, "2.0.0");
        var transaction = Begin();
        await RecipientAsync(lmtp, transaction, "ada@example.test");
        await RecipientAsync(lmtp, transaction, "bob@example.org");
        var replies = await AcceptAsync(lmtp, transaction, string.Concat(Enumerable.Repeat("Received: x\r\n", 101)) + "\r\n");
        Assert.Equal(["554 5.4.6", "554 5.4.6"], replies.Select(reply => reply[..9]));
        Assert.Empty(_delivered);
    }

    private LmtpReception Lmtp(OutcomeKind kind, string status) => new(_bench.Settings, _bench.Accounts, (envelope, trace, body, _) =>
    {
        using var reader = new StreamReader(body.OpenRead(), Encoding.Latin1);
        _delivered.Add((envelope, Encoding.Latin1.GetString(trace.Span) + reader.ReadToEnd()));
        return new([.. envelope.Recipients.Select((_, number) =>
            number == 0 ? new RecipientOutcome(0, OutcomeKind.Delivered, "2.0.0", "") : new RecipientOutcome(number, kind, status, "why"))]);
    }, _bench.Clock, NullLogger<LmtpReception>.Instance);
}
