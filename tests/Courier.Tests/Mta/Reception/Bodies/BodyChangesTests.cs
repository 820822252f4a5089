using System.Text;
using Courier.Mta.Reception;
using Courier.Mta.Reception.Access;
using Courier.Mta.Reception.Bodies;
using Courier.Smtp.Server;
using Microsoft.Extensions.Logging.Abstractions;
using static Courier.Tests.Mta.Reception.ReceptionBench;

namespace Courier.Tests.Mta.Reception.Bodies;

public sealed class BodyChangesTests : IDisposable
{
    private const string Eight = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\u00c3\u00bc\u00c3\u009fe = \r\n";
    private const string Quoted = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe =3D=20\r\n";

    private readonly ReceptionBench _bench = new();

    public void Dispose() => _bench.Dispose();

    public static TheoryData<BodyChanges, string, string, bool> Changes => new()
    {
        { BodyChanges.None, Eight, Eight, true },
        { BodyChanges.None, Quoted, Quoted, true },
        { BodyChanges.SevenBit, Eight, Quoted, false },
        { BodyChanges.SevenBit, Quoted, Quoted, true }, // BODY of MAIL is believed where nothing is changed
        { BodyChanges.EightBit, Eight, Eight, true },
        { BodyChanges.EightBit, Quoted, Eight, true },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task The_body_is_queued_as_the_setting_wants_it(BodyChanges changes, string message, string expected, bool is8Bit)
    {
        foreach (var memory in new[] { 10, 10_000 })
        {
            _bench.Settings = _bench.Settings with { Body = changes, Limits = new ReceptionLimits { MessageMemoryBytes = memory } };
            var (text, queued8Bit) = await ReceiveAsync(message);
            Assert.Equal((expected, is8Bit), (text, queued8Bit));
            Assert.Empty(_bench.Files);
        }
    }

    [Theory]
    [InlineData("allow,MIME=7bit", BodyChanges.None, Quoted)]
    [InlineData("allow,MIME=none", BodyChanges.SevenBit, Eight)]
    [InlineData("allow", BodyChanges.SevenBit, Quoted)]
    public async Task What_the_access_list_says_of_the_peer_comes_first(string entry, BodyChanges changes, string expected)
    {
        var rules = AccessTable.Read([new SourceLine("smtpaccess", 1, "192.0.2.1\t" + entry)], new List<LineProblem>()).ToList();
        _bench.Settings = _bench.Settings with
        {
            Body = changes,
            Access = new AccessPolicy(new AccessSettings("mx.example.test") { Rules = rules }, _bench.Clock, NullLogger.Instance),
        };
        Assert.Equal(expected, (await ReceiveAsync(Eight)).Text);
    }

    [Fact]
    public async Task LMTP_delivers_it_so()
    {
        var delivered = "";
        _bench.Settings = _bench.Settings with { Body = BodyChanges.SevenBit };
        var lmtp = new LmtpReception(_bench.Settings, _bench.Accounts, (_, _, body, _) =>
        {
            using var reader = new StreamReader(body.OpenRead(), Encoding.Latin1);
            delivered = reader.ReadToEnd();
            return new([new(0, Courier.Queue.OutcomeKind.Delivered, "2.0.0", "")]);
        }, _bench.Clock, NullLogger<LmtpReception>.Instance);
        var transaction = Begin();
        await RecipientAsync(lmtp, transaction, "ada@example.test");
        Assert.StartsWith("250", (await AcceptAsync(lmtp, transaction, Eight))[0], StringComparison.Ordinal);
        Assert.Equal(Quoted, delivered);
    }

    private async Task<(string Text, bool Is8Bit)> ReceiveAsync(string message)
    {
        var relay = new RelayReception(_bench.Settings, _bench.Accounts, _bench.Queue, _bench.Clock, NullLogger<RelayReception>.Instance);
        var transaction = Begin();
        await RecipientAsync(relay, transaction, "ada@example.test");
        Assert.StartsWith("250", (await AcceptAsync(relay, transaction, message))[0], StringComparison.Ordinal);
        var queued = _bench.Queue.Messages[^1];
        return (queued.Text[queued.Text.IndexOf("MIME-Version", StringComparison.Ordinal)..], queued.Envelope.Is8Bit);
    }
}
