using System.Net;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Mta.Delivery.Remote;
using Courier.Net;
using Courier.Queue;
using Courier.Smtp.Client;
using Courier.Smtp.Server;
using Courier.Tests.Queue;
using Courier.Tests.Shared.Smtp;
using Courier.Tests.Smtp;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Mta.Remote;

public sealed class EsmtpAgentTests
{
    private const string Hello = ">220 hi | <EHLO | >250-srv\n250 PIPELINING | ";

    private static readonly EsmtpAgentSettings _settings = Settings(TimeSpan.FromSeconds(20));

    [Theory]
    [InlineData("<MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | >250 2.6.0 queued as 1", OutcomeKind.Relayed, "2.6.0", "250 2.6.0 queued as 1")]
    [InlineData("<MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | >250 queued", OutcomeKind.Relayed, "2.0.0", "250 queued")]
    [InlineData("<MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | >554 5.7.1 spam", OutcomeKind.Failed, "5.7.1", "554 5.7.1 spam")]
    [InlineData("<MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | close", OutcomeKind.Deferred, "4.4.2", "Connection lost before the message was acknowledged: The server closed the connection.")]
    [InlineData("<MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | stall", OutcomeKind.Deferred, "4.4.2", "Connection lost before the message was acknowledged: Timed out.")]
    [InlineData("<MAIL | <RCPT | <DATA | >250 ok\n550 5.1.1 who\n503 none", OutcomeKind.Failed, "5.1.1", "550 5.1.1 who")]
    [InlineData("<MAIL | <RCPT | <DATA | >250 ok\n550-5.1.1 who\n550 5.1.1 is that\n503 none", OutcomeKind.Failed, "5.1.1", "550 5.1.1 who is that")]
    [InlineData("<MAIL | <RCPT | <DATA | >250 ok\n550 who\n503 none", OutcomeKind.Failed, "5.0.0", "550 who")]
    [InlineData("<MAIL | <RCPT | <DATA | >250 ok\n450 4.2.1 grey\n503 none", OutcomeKind.Deferred, "4.2.1", "450 4.2.1 grey")]
    [InlineData("<MAIL | <RCPT | <DATA | >250 ok\n451 later\n503 none", OutcomeKind.Deferred, "4.3.0", "451 later")]
    [InlineData("<MAIL | <RCPT | <DATA | >250 ok\n552 5.5.3 too many\n503 none", OutcomeKind.Deferred, "4.3.1", "552 5.5.3 too many")]
    [InlineData("<MAIL | <RCPT | <DATA | >250 ok\n552 5.2.2 full\n503 none", OutcomeKind.Failed, "5.2.2", "552 5.2.2 full")]
    [InlineData("<MAIL | <RCPT | <DATA | >553 5.1.8 no such domain\n503 no\n503 no", OutcomeKind.Failed, "5.1.8", "553 5.1.8 no such domain")]
    [InlineData("<MAIL | <RCPT | <DATA | >421 4.3.2 stopping | close", OutcomeKind.Deferred, "4.3.2", "421 4.3.2 stopping")]
    public async Task The_answer_decides_the_outcome(string script, OutcomeKind kind, string status, string diagnostic)
    {
        await using var server = new ScriptedServer(Hello + script);
        await using var agent = Agent(server.Port, Settings(script.Contains("stall", StringComparison.Ordinal) ? TimeSpan.FromMilliseconds(700) : TimeSpan.FromSeconds(20)));
        var outcome = Assert.Single(await agent.DeliverAsync(Job("a@example.test"), default));
        Assert.Equal(new RecipientOutcome(0, kind, status, diagnostic, $"127.0.0.1:{server.Port}"), outcome);
    }

    [Theory]
    [InlineData(">450 later", "4.3.2", "450 later")]
    [InlineData(">421 4.3.2 stopping", "4.3.2", "421 4.3.2 stopping")]
    [InlineData("close", "4.4.2", "The server closed the connection.")]
    [InlineData("stall", "4.4.2", "Timed out.")]
    public async Task A_hop_that_does_not_let_us_begin_defers_everyone(string script, string status, string diagnostic)
    {
        await using var server = new ScriptedServer(script);
        await using var agent = Agent(server.Port, Settings(script.Contains("stall", StringComparison.Ordinal) ? TimeSpan.FromMilliseconds(700) : TimeSpan.FromSeconds(20)));
        var outcomes = await agent.DeliverAsync(Job("a@example.test", "b@example.test"), default);
        Assert.Equal([0, 1], outcomes.Select(o => o.Number));
        Assert.All(outcomes, o => Assert.Equal((OutcomeKind.Deferred, status, diagnostic), (o.Kind, o.Status, o.Diagnostic)));
    }

    [Theory]
    [InlineData(">554 5.7.1 go away", "5.7.1", "554 5.7.1 go away")]
    [InlineData(">521 no mail here", "5.3.2", "521 no mail here")]
    [InlineData(">220 hi | <EHLO | >550 5.7.1 not you", "5.7.1", "550 5.7.1 not you")]
    [InlineData(">220 hi | <EHLO | >502 what | <HELO | >550 not you", "5.3.2", "550 not you")]
    public async Task A_hop_that_refuses_us_for_good_fails_everyone(string script, string status, string diagnostic)
    {
        await using var server = new ScriptedServer(script);
        await using var agent = Agent(server.Port);
        var outcomes = await agent.DeliverAsync(Job("a@example.test", "b@example.test"), default);
        Assert.All(outcomes, o => Assert.Equal((OutcomeKind.Failed, status, diagnostic, $"127.0.0.1:{server.Port}"), (o.Kind, o.Status, o.Diagnostic, o.RemoteServer)));
    }

    [Fact]
    public async Task A_hop_that_could_not_be_reached_is_left_alone_for_a_while()
    {
        var clock = new ManualClock();
        await using var server = new ScriptedServer("close", Hello + "<MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | >250 ok");
        await using var agent = new EsmtpAgent(new NextHop("127.0.0.1", server.Port), SendingParts.Connector(_settings.Client), _settings, NullLogger.Instance, clock);
        Assert.Equal(OutcomeKind.Deferred, (await agent.DeliverAsync(Job("a@example.test"), default))[0].Kind);
        Assert.Equal((OutcomeKind.Deferred, 1), ((await agent.DeliverAsync(Job("a@example.test"), default))[0].Kind, server.Connections));
        clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(OutcomeKind.Relayed, (await agent.DeliverAsync(Job("a@example.test"), default))[0].Kind);
    }

    [Fact]
    public async Task A_hop_that_speaks_is_not_left_alone()
    {
        await using var server = new ScriptedServer(">421 4.3.2 busy", Hello + "<MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | >250 ok");
        await using var agent = Agent(server.Port);
        Assert.Equal(OutcomeKind.Deferred, (await agent.DeliverAsync(Job("a@example.test"), default))[0].Kind);
        Assert.Equal(OutcomeKind.Relayed, (await agent.DeliverAsync(Job("a@example.test"), default))[0].Kind);
    }

    [Fact]
    public async Task A_virtual_host_sends_under_its_own_name_and_address_and_shares_no_connection()
    {
        await using var server = new SmtpTestServer();
        await using var agents = new EsmtpAgents(SendingParts.Connector(_settings.Client), _settings, NullLogger.Instance, TimeProvider.System);
        var usual = new NextHop("127.0.0.1", server.Port);
        var own = usual with { Identity = new SendingIdentity("127.0.0.9", "out.example.org", new SourceAddresses(IPAddress.Parse("127.0.0.9"), null)) };
        foreach (var hop in new[] { usual, own, usual, own })
            Assert.Equal(OutcomeKind.Relayed, Assert.Single(await agents.For(hop).DeliverAsync(Job("a@example.test"), default)).Kind);
        var taken = server.Reception.Messages.Select(message => (message.From, message.Helo)).ToList();
        Assert.Equal([("127.0.0.1", _settings.Client.HostName), ("127.0.0.9", "out.example.org"), ("127.0.0.1", _settings.Client.HostName), ("127.0.0.9", "out.example.org")], taken);
    }

    [Fact]
    public async Task What_may_go_over_TLS_alone_comes_back_from_a_hop_without_it()
    {
        await using var server = new SmtpTestServer();
        await using var agent = Agent(server.Port);
        var job = Job("a@example.test");
        var outcome = Assert.Single(await agent.DeliverAsync(job with { Envelope = job.Envelope with { SecureOnly = true } }, default));
        Assert.Equal((OutcomeKind.Failed, "5.7.10", 0), (outcome.Kind, outcome.Status, server.Reception.Messages.Count));
    }

    [Fact]
    public async Task Agents_that_hold_nothing_make_room_for_others()
    {
        await using var server = new SmtpTestServer();
        await using var agents = new EsmtpAgents(SendingParts.Connector(_settings.Client), _settings with { DestinationsMax = 10 }, NullLogger.Instance, TimeProvider.System);
        var busy = new NextHop("127.0.0.1", server.Port);
        await agents.For(busy).DeliverAsync(Job("a@example.test"), default);
        var kept = agents.For(busy);
        for (var i = 0; i < 1000; i++)
            agents.For(new NextHop($"x{i}.example", 25));
        Assert.InRange(agents.Count, 1, 20);
        Assert.Same(kept, agents.For(busy));
    }

    [Fact]
    public async Task A_hop_where_nobody_listens_defers_everyone_with_no_answer_from_host()
    {
        int port;
        await using (var server = new SmtpTestServer())
            port = server.Port;
        await using var agent = Agent(port);
        var outcome = Assert.Single(await agent.DeliverAsync(Job("a@example.test"), default));
        Assert.Equal((OutcomeKind.Deferred, "4.4.1"), (outcome.Kind, outcome.Status));
    }

    [Fact]
    public async Task Each_recipient_has_its_own_outcome_and_the_trace_goes_above_the_body()
    {
        await using var server = new SmtpTestServer();
        await using var agent = Agent(server.Port);
        var outcomes = await agent.DeliverAsync(Job("a@example.test", "unknown@example.test", "later@example.test"), default);
        Assert.Equal([OutcomeKind.Relayed, OutcomeKind.Failed, OutcomeKind.Deferred], outcomes.OrderBy(o => o.Number).Select(o => o.Kind));
        Assert.Equal("Received: trace\r\nbody\r\n", server.Reception.Messages.Single().Text);
    }

    [Fact]
    public async Task Recipients_that_did_not_fit_go_in_a_further_transaction_at_once()
    {
        await using var server = new SmtpTestServer(SmtpTestServer.Relay with { Limits = new SmtpLimits { Recipients = 2 } });
        await using var agent = Agent(server.Port);
        var outcomes = await agent.DeliverAsync(Job("a@example.test", "b@example.test", "c@example.test", "d@example.test", "e@example.test"), default);
        Assert.Equal([0, 1, 2, 3, 4], outcomes.Select(o => o.Number).Order());
        Assert.All(outcomes, o => Assert.Equal(OutcomeKind.Relayed, o.Kind));
        Assert.Equal([2, 2, 1], server.Reception.Messages.Select(m => m.Recipients.Count));
    }

    [Theory]
    [InlineData("250-PIPELINING\n250 8BITMIME", "Subject: x\r\n\r\n\u00fc\r\n", "Subject: x\r\n\r\n\u00c3\u00bc\r\n", true)]
    [InlineData("250 PIPELINING", "Subject: x\r\n\r\nu\r\n", "Subject: x\r\n\r\nu\r\n", false)]
    [InlineData("250 PIPELINING", "Subject: x\r\n\r\n\u00fc\r\n", "\r\n\r\n=C3=BC\r\n", false)]
    [InlineData("250 PIPELINING", "Subject: \u00fc\r\n\r\nx\r\n", null, false)]
    public async Task A_hop_that_takes_seven_bits_only_gets_them_or_nothing(string extensions, string body, string? expected, bool isDeclared)
    {
        await using var server = new ScriptedServer($">220 hi | <EHLO | >250-srv\n{extensions} | {(expected is null ? "" : "<MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | >250 ok | ")}<QUIT | >221 bye");
        var job = Job("a@example.test");
        job = job with { Body = MessageBody.OfBytes(System.Text.Encoding.UTF8.GetBytes(body)), Envelope = job.Envelope with { Is8Bit = true } };
        await using (var agent = Agent(server.Port))
        {
            var outcome = Assert.Single(await agent.DeliverAsync(job, default));
            Assert.Equal(expected is null ? (OutcomeKind.Failed, "5.6.3", null) : (OutcomeKind.Relayed, "2.0.0", $"127.0.0.1:{server.Port}"), (outcome.Kind, outcome.Status, outcome.RemoteServer));
            Assert.Equal(1, agent.IdleConnections);
        }

        if (expected is null)
            return;
        Assert.Equal(isDeclared, server.Lines.ToList().Exists(line => line.EndsWith(" BODY=8BITMIME", StringComparison.Ordinal)));
        Assert.Contains(server.Lines, line => line.EndsWith(expected + ".\r\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Messages_share_a_connection()
    {
        await using var server = new ScriptedServer(Hello + string.Join(" | ", Enumerable.Repeat("<MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | >250 ok", 3)));
        await using var agent = Agent(server.Port);
        for (var i = 0; i < 3; i++)
            Assert.Equal(OutcomeKind.Relayed, (await agent.DeliverAsync(Job("a@example.test"), default))[0].Kind);
        Assert.Equal((1, 1), (server.Connections, agent.IdleConnections));
    }

    [Theory]
    [InlineData("close")]
    [InlineData(">421 4.4.2 idle | close")]
    [InlineData("<MAIL | close")]
    [InlineData("<MAIL | <RCPT | <DATA | >250 ok\n250 ok | close")]
    public async Task A_kept_connection_that_was_closed_meanwhile_is_replaced_at_once(string end)
    {
        const string once = "<MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | >250 ok";
        await using var server = new ScriptedServer(Hello + once + " | " + end, Hello + once);
        await using var agent = Agent(server.Port);
        Assert.Equal(OutcomeKind.Relayed, (await agent.DeliverAsync(Job("a@example.test"), default))[0].Kind);
        Assert.Equal(OutcomeKind.Relayed, (await agent.DeliverAsync(Job("a@example.test"), default))[0].Kind);
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task A_message_whose_acknowledgement_was_lost_is_not_sent_again_at_once()
    {
        const string once = "<MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | >250 ok";
        await using var server = new ScriptedServer(Hello + once + " | <MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | close", Hello + once);
        await using var agent = Agent(server.Port);
        await agent.DeliverAsync(Job("a@example.test"), default);
        Assert.Equal(OutcomeKind.Deferred, (await agent.DeliverAsync(Job("a@example.test"), default))[0].Kind);
        Assert.Equal((1, 0), (server.Connections, agent.IdleConnections));
    }

    [Fact]
    public async Task A_new_connection_that_fails_is_not_tried_again()
    {
        await using var server = new ScriptedServer(Hello + "<MAIL | close", Hello);
        await using var agent = Agent(server.Port);
        Assert.Equal(OutcomeKind.Deferred, (await agent.DeliverAsync(Job("a@example.test"), default))[0].Kind);
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task Connections_are_bounded()
    {
        var now = 0;
        var most = 0;
        var reception = new FakeReception
        {
            BeforeAccept = async ct =>
            {
                most = Math.Max(most, Interlocked.Increment(ref now));
                await Task.Delay(20, ct);
                Interlocked.Decrement(ref now);
            },
        };
        await using var server = new SmtpTestServer(reception: reception);
        await using var agent = Agent(server.Port, _settings with { ConnectionsMax = 3 });
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => agent.DeliverAsync(Job("a@example.test"), default).AsTask()));
        Assert.All(outcomes, o => Assert.Equal(OutcomeKind.Relayed, o[0].Kind));
        Assert.InRange(most, 1, 3);
        Assert.InRange(agent.IdleConnections, 1, 3);
    }

    [Fact]
    public async Task Idle_connections_are_closed_after_their_time_and_at_the_end()
    {
        await using var server = new SmtpTestServer();
        var agent = Agent(server.Port, _settings with { IdleTimeout = TimeSpan.FromMilliseconds(100) });
        await agent.DeliverAsync(Job("a@example.test"), default);
        Assert.Equal(1, agent.IdleConnections);
        await UntilAsync(() => server.Sessions == 0);
        Assert.Equal(0, agent.IdleConnections);
        await agent.DisposeAsync();

        agent = Agent(server.Port);
        await agent.DeliverAsync(Job("a@example.test"), default);
        await agent.DisposeAsync();
        await UntilAsync(() => server.Sessions == 0);
    }

    [Fact]
    public async Task A_connection_carries_a_bounded_number_of_messages()
    {
        await using var server = new SmtpTestServer();
        await using var agent = Agent(server.Port, _settings with { MessagesPerConnection = 1 });
        await agent.DeliverAsync(Job("a@example.test"), default);
        Assert.Equal(0, agent.IdleConnections);
    }

    [Fact]
    public async Task Each_hop_has_one_agent()
    {
        await using var agents = new EsmtpAgents(SendingParts.Connector(_settings.Client), _settings, NullLogger.Instance, TimeProvider.System);
        Assert.Same(agents.For(new NextHop("a.example", 25)), agents.For(new NextHop("a.example", 25)));
        Assert.NotSame(agents.For(new NextHop("a.example", 25)), agents.For(new NextHop("a.example", 26)));
    }

    private static DeliveryJob VerpJob(params string[] recipients) => Job(recipients) is var job ? job with { Envelope = job.Envelope with { IsVerp = true } } : null!;

    [Fact]
    public async Task A_hop_without_XVERP_gets_a_transaction_and_a_return_path_for_each_recipient()
    {
        const string taken = "<MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | >250 ok | ";
        const string refused = "<MAIL | <RCPT | <DATA | >250 ok\n550 5.1.1 who\n503 none | <RSET | ";
        await using var server = new ScriptedServer(Hello + taken + refused + ">250 ok | " + taken[..^3]);
        await using var agent = Agent(server.Port);
        var outcomes = await agent.DeliverAsync(VerpJob("a@example.test", "b@example.test", "c@example.test"), default);
        Assert.Equal([OutcomeKind.Relayed, OutcomeKind.Failed, OutcomeKind.Relayed], outcomes.Select(outcome => outcome.Kind));
        Assert.Equal(
            ["MAIL FROM:<ada-a=example.test@example.org>", "MAIL FROM:<ada-b=example.test@example.org>", "MAIL FROM:<ada-c=example.test@example.org>"],
            server.Lines.Where(line => line.StartsWith("MAIL", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_hop_with_XVERP_gets_one_message_and_the_word()
    {
        await using var server = new ScriptedServer(">220 hi | <EHLO | >250-srv\n250-XVERP=Courier\n250 PIPELINING | <MAIL | <RCPT | <RCPT | <DATA | >250 ok\n250 ok\n250 ok\n354 go | . | >250 ok");
        await using var agent = Agent(server.Port);
        Assert.All(await agent.DeliverAsync(VerpJob("a@example.test", "b@example.test"), default), outcome => Assert.Equal(OutcomeKind.Relayed, outcome.Kind));
        Assert.Contains("MAIL FROM:<ada@example.org> VERP", server.Lines);
    }

    [Fact]
    public async Task A_connection_lost_between_recipients_defers_those_that_were_not_tried()
    {
        await using var server = new ScriptedServer(Hello + "<MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | >250 ok | <MAIL | close");
        await using var agent = Agent(server.Port);
        var outcomes = await agent.DeliverAsync(VerpJob("a@example.test", "b@example.test", "c@example.test"), default);
        Assert.Equal([OutcomeKind.Relayed, OutcomeKind.Deferred, OutcomeKind.Deferred], outcomes.Select(outcome => outcome.Kind));
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task A_hop_with_XEXDATA_answers_for_each_recipient_that_it_took()
    {
        await using var server = new ScriptedServer(
            ">220 hi | <EHLO | >250-srv\n250-XEXDATA\n250 PIPELINING | <MAIL | <RCPT | <RCPT | <RCPT | <DATA | >250 ok\n250 ok\n550 5.1.1 who\n250 ok\n354 go | . | >558-550-c:\n558-550 5.7.1 no\n558 250 2.0.0 ok");
        await using var agent = Agent(server.Port);
        var outcomes = await agent.DeliverAsync(Job("a@example.test", "b@example.test", "c@example.test"), default);
        Assert.Equal([(OutcomeKind.Failed, "5.7.1"), (OutcomeKind.Failed, "5.1.1"), (OutcomeKind.Relayed, "2.0.0")], outcomes.OrderBy(outcome => outcome.Number).Select(outcome => (outcome.Kind, outcome.Status)));
        Assert.Contains("MAIL FROM:<ada@example.org> EXDATA", server.Lines);
    }

    private static EsmtpAgentSettings Settings(TimeSpan step) => new(new SmtpClientSettings("client.example")
    {
        Limits = new SmtpClientLimits { GreetingTimeout = step, MailTimeout = step, EndTimeout = step, QuitTimeout = TimeSpan.FromMilliseconds(50) },
    });

    private static EsmtpAgent Agent(int port, EsmtpAgentSettings? settings = null) =>
        new(new NextHop("127.0.0.1", port), SendingParts.Connector((settings ?? _settings).Client), settings ?? _settings, NullLogger.Instance, TimeProvider.System);

    private static DeliveryJob Job(params string[] recipients)
    {
        var envelope = new Envelope(new ReversePath(MailAddress.Parse("ada@example.org")), [.. recipients.Select(r => new EnvelopeRecipient(MailAddress.Parse(r)))]);
        return new DeliveryJob(new QueueId(1), envelope, [.. envelope.Recipients.Select((r, i) => new JobRecipient(i, r, StagedPath: null))],
            "Received: trace\r\n"u8.ToArray(), MessageBody.OfBytes("body\r\n"u8.ToArray()), TimeProvider.System.GetUtcNow(), "relay");
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; !condition() && i < 200; i++)
            await Task.Delay(25);
        Assert.True(condition());
    }
}
