using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Mta.Delivery.Remote;
using Courier.Queue;
using Courier.Smtp.Client;
using Courier.Tests.Smtp;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Mta.Remote;

/// <summary>Every wrong thing that a next hop can do, at every step of a delivery: it is over in time, nothing counts as sent, and only a refusal that is meant
/// for good ends a recipient.</summary>
public sealed class HostileHopTests
{
    private const string Hello = ">220 hi | <EHLO | >250 srv | ";
    private const string SecureHello = ">220 hi | <EHLO | >250-srv\n250 STARTTLS | <STARTTLS | ";

    /// <summary>What leads up to each step, without pipelining: one answer at a time.</summary>
    private static readonly (string Step, string Before)[] _steps =
    [
        ("greeting", ""), ("EHLO", ">220 hi | <EHLO | "), ("HELO", ">220 hi | <EHLO | >500 what | <HELO | "), ("STARTTLS", SecureHello), ("handshake", SecureHello + ">220 go | "),
        ("EHLO in TLS", SecureHello + ">220 go | tls | <EHLO | "), ("AUTH", SecureHello + ">220 go | tls | <EHLO | >250-srv\n250 AUTH PLAIN | <AUTH | "),
        ("MAIL", Hello + "<MAIL | "), ("RCPT", Hello + "<MAIL | >250 ok | <RCPT | "), ("DATA", Hello + "<MAIL | >250 ok | <RCPT | >250 ok | <DATA | "),
        ("message", Hello + "<MAIL | >250 ok | <RCPT | >250 ok | <DATA | >354 go | . | "),
        ("pipelined", ">220 hi | <EHLO | >250-srv\n250 PIPELINING | <MAIL | <RCPT | <DATA | "),
        ("chunk", ">220 hi | <EHLO | >250-srv\n250-PIPELINING\n250 CHUNKING | <MAIL | <RCPT | >250 ok\n250 ok | <BDAT | "),
        // Of a connection that carried a message before.
        ("second MAIL", Hello + "<MAIL | >250 ok | <RCPT | >250 ok | <DATA | >354 go | . | >250 ok | <MAIL | "),
    ];

    private static readonly string[] _deeds = ["close", "stall", "endless", "lines", ">421 4.3.2 busy", ">450 4.2.0 later", ">550 5.7.1 no", ">hello there", ">250 ok | close", ">354 go | close", ">999 ok"];

    /// <summary>Steps that ask about mail, or about who we are: there 550 is the answer. TLS and logins that fail are about settings that somebody will mend.</summary>
    private static readonly HashSet<string> _judges = new(StringComparer.Ordinal) { "greeting", "EHLO", "HELO", "EHLO in TLS", "MAIL", "RCPT", "DATA", "message", "chunk", "second MAIL" };

    public static TheoryData<string, string> All()
    {
        var all = new TheoryData<string, string>();
        foreach (var (step, _) in _steps)
        {
            foreach (var deed in _deeds)
            {
                // The one answer that is right there.
                if ((step, deed) is not ("message" or "chunk", ">250 ok | close"))
                    all.Add(step, deed);
            }
        }

        return all;
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Nothing_that_a_hop_does_counts_as_sent_or_lasts(string step, string deed)
    {
        var before = _steps.First(one => one.Step == step).Before;
        // For what a stale connection or a handshake that failed leads to.
        await using var server = new ScriptedServer(before + deed, "close", "close");
        await using var agent = Agent(server.Port, step, deed == "stall" || step == "pipelined");
        if (step == "second MAIL")
            Assert.Equal(OutcomeKind.Relayed, Assert.Single(await agent.DeliverAsync(Job(), default)).Kind);
        var outcome = Assert.Single(await agent.DeliverAsync(Job(), default).AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
        var isFinal = deed == ">550 5.7.1 no" && _judges.Contains(step);
        Assert.Equal((isFinal ? OutcomeKind.Failed : OutcomeKind.Deferred, isFinal ? '5' : '4'), (outcome.Kind, outcome.Status[0]));
        Assert.NotEmpty(outcome.Diagnostic);
    }

    private static EsmtpAgent Agent(int port, string step, bool waits)
    {
        // Where something comes, no time limit is needed to see that it is wrong; of three answers that are due one alone is waited for in vain.
        var limit = waits ? TimeSpan.FromMilliseconds(300) : TimeSpan.FromMinutes(10);
        var client = new SmtpClientSettings("client.example")
        {
            Credentials = step == "AUTH" ? new SmtpCredentials("ada", "secret") : null,
            Limits = new SmtpClientLimits
            {
                GreetingTimeout = limit,
                HandshakeTimeout = limit,
                MailTimeout = limit,
                RcptTimeout = limit,
                DataTimeout = limit,
                BlockTimeout = limit,
                EndTimeout = limit,
                QuitTimeout = TimeSpan.FromMilliseconds(50),
            },
        };
        var needsTls = step is "STARTTLS" or "handshake" or "EHLO in TLS" or "AUTH";
        var hop = new NextHop("127.0.0.1", port) { Security = needsTls ? HopSecurity.Required : HopSecurity.WhenOffered, Credentials = client.Credentials };
        return new EsmtpAgent(hop, SendingParts.Connector(client), new EsmtpAgentSettings(client), NullLogger.Instance, TimeProvider.System);
    }

    private static DeliveryJob Job()
    {
        var recipient = new EnvelopeRecipient(MailAddress.Parse("grace@example.com"));
        return new DeliveryJob(
            new QueueId(1), new Envelope(new ReversePath(MailAddress.Parse("ada@example.org")), [recipient]), [new JobRecipient(0, recipient, StagedPath: null)],
            "Received: trace\r\n"u8.ToArray(), MessageBody.OfBytes("Subject: hello\r\n\r\nbody\r\n"u8.ToArray()), TimeProvider.System.GetUtcNow(), "relay");
    }
}
