using System.Net;
using Courier.IO.Files;
using Courier.IO.Platform;
using Courier.Mail.Addresses;
using Courier.Mta.Reception;
using Courier.Mta.Reception.Headers;
using Courier.Queue;
using Courier.Queue.Scheduling;
using Courier.Smtp.Server;
using Microsoft.Extensions.Logging.Abstractions;
using static Courier.Tests.Mta.Reception.ReceptionBench;

namespace Courier.Tests.Mta.Reception;

public sealed class RelayReceptionTests : IDisposable
{
    private const string Message = "Subject: hello\r\n\r\nText\r\n";
    private readonly ReceptionBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(Whose.Submitted, false)]
    [InlineData(Whose.Everybody, true)]
    public async Task Mail_of_other_servers_is_completed_only_where_all_is(Whose whose, bool expected)
    {
        _bench.Settings = _bench.Settings with { Headers = new HeaderSettings { AddsDate = whose, AddsMessageId = whose } };
        var relay = new RelayReception(_bench.Settings, _bench.Accounts, _bench.Queue, _bench.Clock, NullLogger<RelayReception>.Instance);
        var transaction = Begin();
        await RecipientAsync(relay, transaction, "ada@example.test");
        await AcceptAsync(relay, transaction, "Subject: x\r\n\r\n");
        var text = _bench.Queue.Messages.Single().Text;
        Assert.Equal((expected, expected), (text.Contains("\r\nDate: ", StringComparison.Ordinal), text.Contains("\r\nMessage-ID: <", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(null, null, "192.0.2.1")]
    [InlineData(null, "198.51.100.7", "192.0.2.1 at 198.51.100.7")]
    [InlineData("ada@example.test", "198.51.100.7", "ada@example.test at 198.51.100.7")]
    public async Task The_queue_hears_which_virtual_host_a_message_came_to(string? user, string? host, string origin)
    {
        _bench.Settings = _bench.Settings with { VirtualHost = host is null ? null : IPAddress.Parse(host) };
        var relay = new RelayReception(_bench.Settings, _bench.Accounts, _bench.Queue, _bench.Clock, NullLogger<RelayReception>.Instance);
        var transaction = Begin(PeerAt(user: user));
        await RecipientAsync(relay, transaction, "ada@example.test");
        await AcceptAsync(relay, transaction, Message);
        Assert.Equal(origin, _bench.Queue.Messages.Single().Origin);
    }

    [Theory]
    [InlineData("192.0.2.1", null, MessageSource.Smtp)]
    [InlineData("192.0.2.1", "ada@example.test", MessageSource.Login)]
    [InlineData("10.1.2.3", null, MessageSource.Login)]
    public async Task Who_may_relay_by_his_address_is_as_good_as_logged_in(string address, string? user, MessageSource source)
    {
        _bench.Settings = _bench.Settings with { Networks = [IPNetwork.Parse("10.1.0.0/16")] };
        var transaction = Begin(PeerAt(address, user));
        await RecipientAsync(Relay(), transaction, "ada@example.test");
        await AcceptAsync(Relay(), transaction, Message);
        Assert.Equal(source, _bench.Queue.Messages.Single().Envelope.Source);
    }

    [Theory]
    [InlineData("ada@[127.0.0.1]", 250)]
    [InlineData("ada@[127.0.0.2]", 550)]
    [InlineData("nobody@[127.0.0.1]", 550)]
    public async Task An_address_at_the_address_that_we_were_reached_by_is_ours(string recipient, int code)
    {
        _bench.Settings = _bench.Settings with { Headers = new HeaderSettings { Domain = "example.test" } };
        var relay = new RelayReception(_bench.Settings, _bench.Accounts, _bench.Queue, _bench.Clock, NullLogger<RelayReception>.Instance);
        Assert.Equal(code, await RecipientAsync(relay, Begin(), recipient));
    }

    [Theory]
    [InlineData("TLS-Required: No\r\n\r\n", false, true)]
    [InlineData("Subject: x\r\ntls-required:\r\n no \r\n\r\n", false, true)]
    [InlineData("TLS-Required: Yes\r\n\r\n", false, false)]
    [InlineData("Subject: x\r\n\r\nTLS-Required: No\r\n", false, false)]
    [InlineData("TLS-Required: No\r\n\r\n", true, false)]
    public async Task A_header_that_waives_TLS_is_remembered_unless_the_command_asked_for_it(string message, bool requiresTls, bool expected)
    {
        var relay = new RelayReception(_bench.Settings, _bench.Accounts, _bench.Queue, _bench.Clock, NullLogger<RelayReception>.Instance);
        var transaction = new SmtpTransaction(PeerAt(), new MailParameters(ReversePath.Null) { RequireTls = requiresTls });
        await RecipientAsync(relay, transaction, "ada@example.test");
        await AcceptAsync(relay, transaction, message);
        Assert.Equal(expected, _bench.Queue.Messages.Single().Envelope.TlsIsOptional);
    }

    [Theory]
    [InlineData("ada@example.test", 250)]
    [InlineData("ADA@example.test", 250)]
    [InlineData("bob@example.org", 250)]
    [InlineData("bob@example.test", 550)]
    [InlineData("ada+tag@example.test", 550)]
    [InlineData("someone@example.net", 550)]
    [InlineData("ada%example.test@example.net", 550)]
    [InlineData("someone@[192.0.2.7]", 550)]
    [InlineData("postmaster@example.test", 550)]
    public async Task A_stranger_reaches_our_people_and_nobody_else(string recipient, int code) =>
        Assert.Equal(code, await RecipientAsync(Relay(), Begin(), recipient));

    [Fact]
    public async Task The_two_refusals_have_their_codes()
    {
        var relay = Relay();
        var (unknown, _) = await relay.AddRecipientAsync(Begin(), MailAddress.Parse("nobody@example.test"), CancellationToken.None);
        var (denied, _) = await relay.AddRecipientAsync(Begin(), MailAddress.Parse("nobody@example.net"), CancellationToken.None);
        Assert.Equal((550, "5.1.1"), (unknown.Code, unknown.Status.ToString()));
        Assert.Equal((550, "5.7.1"), (denied.Code, denied.Status.ToString()));
    }

    [Theory]
    [InlineData("10.1.2.3", null, 250)]
    [InlineData("10.2.0.0", null, 550)]
    [InlineData("2001:db8::5", null, 250)]
    [InlineData("2001:db9::5", null, 550)]
    [InlineData("192.0.2.1", "ada@example.test", 250)]
    public async Task Relaying_is_for_named_networks_and_those_who_logged_in(string address, string? user, int code)
    {
        _bench.Settings = _bench.Settings with { Networks = [IPNetwork.Parse("10.1.0.0/16"), IPNetwork.Parse("2001:db8::/32")] };
        Assert.Equal(code, await RecipientAsync(Relay(), Begin(PeerAt(address, user)), "someone@example.net"));
        // Relaying does not make unknown users known.
        Assert.Equal(550, await RecipientAsync(Relay(), Begin(PeerAt(address, user)), "nobody@example.test"));
    }

    [Theory]
    [InlineData(null, null, 550)]
    [InlineData("ada@example.test", null, 250)]
    [InlineData("ada@example.test", "postmaster@example.test", 250)]
    [InlineData("ada@example.test", "PostMaster@example.org", 250)]
    [InlineData("ada@example.test", "postmaster@example.net", 550)]
    [InlineData("root@elsewhere.test", null, 250)]
    [InlineData("gone@example.test", null, 550)]
    public async Task Postmaster_is_whom_the_operator_named(string? named, string? recipient, int code)
    {
        _bench.Settings = _bench.Settings with { Postmaster = named is null ? null : MailAddress.Parse(named) };
        var transaction = Begin(sender: null);
        Assert.Equal(code, await RecipientAsync(Relay(), transaction, recipient));
        if (code == 250)
            Assert.Equal(named, transaction.Recipients.Single().ToString());
    }

    [Fact]
    public async Task The_null_sender_is_taken_and_kept()
    {
        var relay = Relay();
        var transaction = Begin(sender: null);
        Assert.Equal(250, (await relay.BeginAsync(transaction, CancellationToken.None)).Code);
        await RecipientAsync(relay, transaction, "ada@example.test");
        await AcceptAsync(relay, transaction, Message);
        Assert.True(_bench.Queue.Messages.Single().Envelope.Sender.IsNull);
    }

    [Fact]
    public async Task The_answer_names_the_queue_id_and_the_message_follows_its_trace()
    {
        var relay = Relay();
        var transaction = Begin();
        await RecipientAsync(relay, transaction, "ada@example.test");
        Assert.Equal(["250 2.0.0 Accepted as ABC"], await AcceptAsync(relay, transaction, Message));
        var (envelope, text, origin) = _bench.Queue.Messages.Single();
        Assert.StartsWith("Received: from client.example.net ([192.0.2.1])\r\n\tby mx.example.test with ESMTP id ", text, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\tfor <ada@example.test>; Sat, 21 Nov 2026 01:02:03 +0000\r\n" + Message, text, StringComparison.Ordinal);
        Assert.Equal("eve@example.net", envelope.Sender.ToString());
        Assert.True(envelope.Is8Bit);
        Assert.Equal("192.0.2.1", origin);
    }

    [Fact]
    public async Task Nothing_but_Received_is_added_to_mail_of_other_servers()
    {
        var relay = Relay();
        var transaction = Begin();
        await RecipientAsync(relay, transaction, "ada@example.test");
        await AcceptAsync(relay, transaction, Message);
        Assert.DoesNotContain("Date:", _bench.Queue.Messages.Single().Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Message-ID:", _bench.Queue.Messages.Single().Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipient_named_twice_gets_one_copy_whatever_the_spelling()
    {
        var relay = Relay();
        var transaction = Begin(PeerAt(user: "ada@example.test"));
        foreach (var recipient in new[] { "ada@example.test", "ADA@Example.Test", "x@example.net", "X@example.net", "bob@example.org", "x@EXAMPLE.net" })
            Assert.Equal(250, await RecipientAsync(relay, transaction, recipient));
        await AcceptAsync(relay, transaction, Message);
        // The case of a local part elsewhere is not ours to fold (RFC 5321 §2.4).
        Assert.Equal(["ada@example.test", "x@example.net", "X@example.net", "Bob@example.org"],
            _bench.Queue.Messages.Single().Envelope.Recipients.Select(recipient => recipient.Address.ToString()));
    }

    [Fact]
    public async Task Several_recipients_are_not_told_of_each_other()
    {
        var relay = Relay();
        var transaction = Begin();
        await RecipientAsync(relay, transaction, "ada@example.test");
        await RecipientAsync(relay, transaction, "bob@example.org");
        await AcceptAsync(relay, transaction, Message);
        Assert.DoesNotContain("for <", _bench.Queue.Messages.Single().Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100, "250")]
    [InlineData(101, "554 5.4.6")]
    public async Task A_message_that_goes_round_in_circles_is_refused(int hops, string reply)
    {
        var relay = Relay();
        var transaction = Begin();
        await RecipientAsync(relay, transaction, "ada@example.test");
        // Larger than what stays in memory: the file is looked at likewise.
        var message = string.Concat(Enumerable.Repeat("received: from a by b;\r\n\tSat, 21 Nov 2026 01:02:03 +0000\r\n", hops))
            + "\r\n" + string.Concat(Enumerable.Repeat("Received: in the body\r\n", 200));
        Assert.StartsWith(reply, (await AcceptAsync(relay, transaction, message)).Single(), StringComparison.Ordinal);
        Assert.Equal(hops > 100 ? 0 : 1, _bench.Queue.Messages.Count);
        Assert.Empty(_bench.Files);
    }

    [Theory]
    [InlineData(1000, 0, "250")]
    [InlineData(1001, 0, "554 5.6.0")]
    [InlineData(10, 4000, "250")]
    [InlineData(10, 5000, "552 5.3.4")]
    public async Task A_header_has_a_size_and_a_number_of_fields(int fields, int filler, string reply)
    {
        _bench.Settings = _bench.Settings with { Limits = _bench.Settings.Limits with { HeaderBytes = fields == 10 ? 4200 : 1 << 20 } };
        foreach (var body in new[] { "text", new string('x', 5000) })
        {
            var relay = Relay();
            var transaction = Begin();
            await RecipientAsync(relay, transaction, "ada@example.test");
            var message = string.Concat(Enumerable.Range(0, fields - 1).Select(n => $"X-{n}: x\r\n")) + $"X-F: {new string('f', filler)}\r\n\r\n{body}\r\n";
            Assert.StartsWith(reply, (await AcceptAsync(relay, transaction, message)).Single(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("a: b\r\n\r\nx", 8, true)]
    [InlineData("a: b\r\n\r\nx", 7, false)]
    [InlineData("a: b\n\nx", 6, true)]
    [InlineData("a: b\n\nx", 5, false)]
    [InlineData("\r\nx", 2, true)]
    [InlineData("a: b\r\nc: d\r\n", 14, true)]
    [InlineData("a: b\r\n \r\nx: y\r\nz", 15, false)]
    public void The_end_of_a_header_is_known_where_it_is_cut(string message, int limit, bool isWhole)
    {
        using var buffer = Relay().OpenBuffer();
        buffer.Write(System.Text.Encoding.ASCII.GetBytes(message));
        Assert.Equal(isWhole, HeaderSummary.Of(buffer, limit).IsWhole);
    }

    [Theory]
    [InlineData("hello\r\n", "\r\n\r\nhello\r\n")]
    [InlineData("two words: one\r\n", "\r\n\r\ntwo words: one\r\n")]
    [InlineData("\r\nbody\r\n", "+0000\r\n\r\nbody\r\n")]
    [InlineData("From eve Sat Nov 21\r\nSubject: x\r\n\r\n", "+0000\r\nFrom eve Sat Nov 21\r\nSubject: x\r\n\r\n")]
    [InlineData("", "+0000\r\n")]
    public async Task Text_without_a_header_does_not_become_one(string message, string end)
    {
        var relay = Relay();
        var transaction = Begin();
        await RecipientAsync(relay, transaction, "ada@example.test");
        await AcceptAsync(relay, transaction, message);
        Assert.EndsWith(end, _bench.Queue.Messages.Single().Text, StringComparison.Ordinal);
        Assert.Equal(end.StartsWith("\r\n\r\n", StringComparison.Ordinal), _bench.Queue.Messages.Single().Text.Contains("+0000\r\n\r\n" + message, StringComparison.Ordinal) && message[0] != '\r');
    }

    [Fact]
    public async Task Trouble_of_the_directory_or_the_queue_is_never_a_refusal()
    {
        var relay = Relay();
        var transaction = Begin();
        await RecipientAsync(relay, transaction, "ada@example.test");
        _bench.Queue.Failure = new IOException("disk full");
        await Assert.ThrowsAsync<IOException>(() => AcceptAsync(relay, transaction, Message));
        _bench.Accounts.Failure = new IOException("locked");
        await Assert.ThrowsAsync<IOException>(() => RecipientAsync(relay, Begin(), "ada@example.test"));
    }

    [Fact]
    public async Task Mail_is_asked_to_come_later_when_the_disk_is_nearly_full()
    {
        _bench.Settings = _bench.Settings with { FreeMin = new FileSystemRoom(long.MaxValue, 0) };
        var relay = Relay();
        var transaction = Begin();
        Assert.Equal("452 4.3.1", Code(await relay.BeginAsync(transaction, CancellationToken.None)));
        await RecipientAsync(relay, transaction, "ada@example.test");
        Assert.StartsWith("452 4.3.1", (await AcceptAsync(relay, transaction, Message)).Single(), StringComparison.Ordinal);
        Assert.Empty(_bench.Queue.Messages);
    }

    [Fact]
    public async Task A_message_declared_larger_than_the_room_is_asked_to_come_later()
    {
        var relay = Relay();
        Assert.Equal("452 4.3.1", Code(await relay.BeginAsync(Begin(size: long.MaxValue / 2), CancellationToken.None)));
        Assert.Equal("250 2.1.0", Code(await relay.BeginAsync(Begin(size: 1000), CancellationToken.None)));
    }

    [Theory]
    [InlineData(OutcomeKind.Failed, null, "550 5.1.1")]
    [InlineData(OutcomeKind.Deferred, null, "450 4.2.0")]
    [InlineData(OutcomeKind.Delivered, null, "250 2.1.5")]
    [InlineData(OutcomeKind.Failed, "192.0.2.0/24", "250 2.1.5")] // not from a stranger
    public async Task More_for_an_address_in_trouble_is_refused(OutcomeKind kind, string? network, string reply)
    {
        _bench.Settings = _bench.Settings with { Networks = network is null ? [] : [IPNetwork.Parse(network)] };
        var trouble = new TroubledRecipients(_bench.Clock, new HashSet<MessageSource> { MessageSource.Smtp });
        var envelope = Queue.Messages.Envelope("ada@example.test");
        trouble.Note(
            new DeliveryJob(new QueueId(1), envelope, [], default, MessageBody.OfBytes(Array.Empty<byte>()), _bench.Clock.GetUtcNow(), ""), new QueuedRecipient(0, envelope.Recipients[0], 0, default, null, null),
            new RecipientOutcome(0, kind, "4.2.2", ""));
        _bench.Settings = _bench.Settings with { Trouble = trouble };
        var (answer, _) = await Relay().AddRecipientAsync(Begin(), MailAddress.Parse("ada@example.test"), CancellationToken.None);
        Assert.Equal(reply, Code(answer));
    }

    [Theory]
    [InlineData(Audience.Nobody, true, 252)]
    [InlineData(Audience.Friends, false, 252)]
    [InlineData(Audience.Friends, true, 250)]
    [InlineData(Audience.Everybody, false, 250)]
    public async Task Who_is_told_whether_an_address_exists_is_a_setting(Audience audience, bool isUser, int code)
    {
        _bench.Settings = _bench.Settings with { Verify = audience };
        var peer = PeerAt(user: isUser ? "ada@example.test" : null);
        Assert.Equal(code, (await Relay().VerifyAsync(peer, MailAddress.Parse("ada@example.test"), expands: false, CancellationToken.None)).Code);
        Assert.Equal(code == 250 ? 550 : 252, (await Relay().VerifyAsync(peer, MailAddress.Parse("nobody@example.test"), expands: false, CancellationToken.None)).Code);
        Assert.Equal(502, (await Relay().VerifyAsync(peer, MailAddress.Parse("ada@example.test"), expands: true, CancellationToken.None)).Code);
    }

    [Theory]
    [InlineData(19, false)]
    [InlineData(20, true)]
    public void Room_without_files_to_be_made_in_it_is_none(long files, bool hasRoom)
    {
        var space = new FreeSpace(_bench.Settings.SpoolDirectory, new FileSystemRoom(100, 20), _bench.Clock, NullLogger.Instance, _ => new FileSystemRoom(1000, files));
        Assert.Equal(hasRoom, space.HasRoomFor(10));
    }

    [Fact]
    public void A_file_system_says_what_room_it_has()
    {
        var room = FileSystemRoom.At("/proc/self");
        Assert.Equal(new FileSystemRoom(0, long.MaxValue), room with { Bytes = 0 });
        var disk = FileSystemRoom.At(_bench.Settings.SpoolDirectory);
        Assert.InRange(disk.Bytes, new DriveInfo(_bench.Settings.SpoolDirectory).AvailableFreeSpace - (64L << 20), new DriveInfo(_bench.Settings.SpoolDirectory).AvailableFreeSpace + (64L << 20));
        Assert.True(disk.Files > 0);
        Assert.Throws<IOException>(() => FileSystemRoom.At("/nonexistent"));
    }

    [Fact]
    public void Room_is_looked_for_again_after_a_second()
    {
        var free = 10L;
        var space = new FreeSpace(_bench.Settings.SpoolDirectory, new FileSystemRoom(100, 0), _bench.Clock, NullLogger.Instance, _ => new FileSystemRoom(free, 0));
        Assert.False(space.HasRoomFor(0));
        free = 150;
        Assert.False(space.HasRoomFor(0));
        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(space.HasRoomFor(50));
        Assert.False(space.HasRoomFor(51));
    }

    [Fact]
    public async Task A_login_is_answered_with_the_name_of_the_account()
    {
        Assert.Equal("Bob@example.org", await Relay().AuthenticateAsync("bob@example.org", "secret", CancellationToken.None));
        Assert.Null(await Relay().AuthenticateAsync("bob@example.org", "wrong", CancellationToken.None));
    }

    private static string Code(Courier.Smtp.Replies.SmtpReply reply) => $"{reply.Code} {reply.Status}";

    private RelayReception Relay() => new(_bench.Settings, _bench.Accounts, _bench.Queue, _bench.Clock, NullLogger<RelayReception>.Instance);
}
