using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>Mail to other domains by their DNS, against a real validating resolver: mail exchangers, DNSSEC, DANE.</summary>
public sealed class SendingTests
{
    private static ServerOptions Sender(DnsLab dns, int port) => new()
    {
        Extra =
        [
            ("dns", $"servers = 127.0.0.1:{dns.Port}"), ("relay", "networks = 127.0.0.0/8"), ("relay", $"route.signed.test = mx:{port}"), ("relay", $"route.plain.test = mx:{port}"),
            ("relay", $"route.bogus.test = mx:{port}"), ("relay", "mta_sts = no"),
        ],
    };

    [ToolFact("curl", "unbound", "ldns-signzone")]
    public async Task Mail_goes_to_the_mail_exchanger_and_waits_where_the_dns_is_bogus()
    {
        await using var sink = new SmtpSink();
        await using var dns = await DnsLab.StartAsync("@ MX 10 dead", "@ MX 20 mx", "dead A 127.0.0.3", "mx A 127.0.0.1");
        await using var server = await ServerProcess.StartAsync(Sender(dns, sink.Port));
        await Mail.SendAsync(server, "signed", "someone@signed.test");
        await Mail.SendAsync(server, "plain", "someone@plain.test");
        await Mail.SendAsync(server, "bogus", "someone@bogus.test");
        await Eventually.IsAsync("the sink has both", () => sink.Messages.Count == 2);
        await Eventually.IsAsync("the bogus one was tried", () => server.Log.Contains("SERVFAIL", StringComparison.Ordinal));
        var waiting = (await server.CommandAsync("queue", "list")).Checked().Output;
        Assert.Contains("someone@bogus.test", waiting, StringComparison.Ordinal);
        Assert.DoesNotContain("someone@plain.test", waiting, StringComparison.Ordinal);
    }

    [ToolFact("curl", "unbound", "ldns-signzone")]
    public async Task A_domain_without_mail_and_a_domain_that_is_not_there_are_reported()
    {
        await using var dns = await DnsLab.StartAsync("@ MX 0 .", "sub A 127.0.0.1");
        await using var server = await ServerProcess.StartAsync(Sender(dns, 25), "demo");
        await Mail.SendAsync(server, "null", "someone@signed.test", from: server.Address("demo"));
        await Mail.SendAsync(server, "none", "someone@nothing.signed.test", from: server.Address("demo"));
        await Mail.ArrivesAsync(server, "demo", 2);
        await using var imap = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo");
        await imap.OkAsync("SELECT INBOX");
        var reports = string.Join('\n', await imap.OkAsync("FETCH 1:2 (BODY.PEEK[])"));
        Assert.Contains("Status: 5.1.10\r\n", reports, StringComparison.Ordinal);
        Assert.Contains("Status: 5.1.2\r\n", reports, StringComparison.Ordinal);
    }

    [ToolFact("curl", "unbound", "ldns-signzone")]
    public async Task A_server_gets_mail_by_dane_only_with_the_key_that_its_domain_published()
    {
        var right = new ServerOptions { Domain = "signed.test" };
        await using var receiver = await ServerProcess.StartAsync(right, "demo");
        var port = receiver.Port("smtp");
        var key = DnsLab.TlsaOf(Path.Combine(receiver.StateDirectory, "tls", "certificate.pem"));
        await using (var dns = await DnsLab.StartAsync("@ MX 10 mx", "mx A 127.0.0.1", $"{DnsLab.Port25(port)} TLSA 3 1 1 {key}"))
        await using (var server = await ServerProcess.StartAsync(Sender(dns, port)))
        {
            await Mail.SendAsync(server, "right", "demo@signed.test");
            await Mail.ArrivesAsync(receiver, "demo", 1);
            var trace = (await server.CommandAsync("trace-smtp", "signed.test")).Checked().Output;
            Assert.Contains($"TLSA 3 1 1 {key.ToLowerInvariant()}", trace, StringComparison.Ordinal);
            Assert.Matches("Result +mx.signed.test .127.0.0.1. is ready for mail, over TLSv1.*, verified", trace);
        }

        await using var wrong = await DnsLab.StartAsync("@ MX 10 mx", "mx A 127.0.0.1", $"{DnsLab.Port25(port)} TLSA 3 1 1 {new string('0', 64)}");
        await using var refused = await ServerProcess.StartAsync(Sender(wrong, port));
        await Mail.SendAsync(refused, "wrong", "demo@signed.test");
        await Eventually.IsAsync("it was tried", () => refused.Log.Contains("4.7.5", StringComparison.Ordinal));
        await Mail.ArrivesAsync(receiver, "demo", 1);
    }

    [ToolFact("unbound", "ldns-signzone")]
    public async Task Testmxlookup_prints_what_a_delivery_would_find()
    {
        await using var dns = await DnsLab.StartAsync("@ MX 20 worse", "@ MX 10 mx", "mx A 127.0.0.1", "mx AAAA ::1", "worse CNAME mx", "_mta-sts TXT \"v=STSv1; id=1;\"");
        await using var server = await ServerProcess.PrepareAsync(new ServerOptions());
        var at = $"@127.0.0.1:{dns.Port}";
        Assert.Equal(
            "Domain signed.test:\nRelay: mx.signed.test, Priority: 10, Address: ::1 (DNSSEC)\nRelay: mx.signed.test, Priority: 10, Address: 127.0.0.1 (DNSSEC)\n"
            + "Relay: worse.signed.test, Priority: 20, Address: ::1 (DNSSEC)\nRelay: worse.signed.test, Priority: 20, Address: 127.0.0.1 (DNSSEC)\n",
            (await server.CommandAsync("testmxlookup", "--dnssec", at, "signed.test")).Checked().Output);
        var plain = (await server.CommandAsync("testmxlookup", "--dnssec", at, "plain.test")).Checked().Output;
        Assert.Contains("(no DNSSEC)", plain, StringComparison.Ordinal);
        var bogus = await server.CommandAsync("testmxlookup", at, "bogus.test");
        Assert.Equal(75, bogus.ExitCode);
        Assert.Contains("Soft error: 4.4.3", bogus.Output, StringComparison.Ordinal);
        var none = await server.CommandAsync("testmxlookup", at, "nothing.signed.test");
        Assert.Equal(67, none.ExitCode);
        Assert.Contains("Hard error: 5.1.2", none.Output, StringComparison.Ordinal);
    }

    [ToolFact("unbound", "ldns-signzone")]
    public async Task Looking_up_and_tracing_need_no_configuration_and_take_a_directory_of_Courier()
    {
        await using var sink = new SmtpSink();
        await using var dns = await DnsLab.StartAsync("@ MX 10 mx", "mx A 127.0.0.1");
        using var scratch = new ScratchDirectory();
        // No courier.conf: the directory as Debian's Courier has it.
        scratch.Write("etc/esmtproutes", $"plain.test:127.0.0.1,{sink.Port}\nother.test:127.0.0.1,none\n");
        var found = await CourierAsync("testmxlookup", "--config", scratch["etc"], $"@127.0.0.1:{dns.Port}", "signed.test");
        Assert.Equal("Domain signed.test:\nRelay: mx.signed.test, Priority: 10, Address: 127.0.0.1\n", found.Checked().Output);
        var traced = (await CourierAsync("trace-smtp", "--config", scratch["etc"], "--set", $"dns.servers=127.0.0.1:{dns.Port}", "someone@plain.test")).Checked();
        Assert.Contains("esmtproutes", traced.Error, StringComparison.Ordinal);
        Assert.Contains("none", traced.Error, StringComparison.Ordinal);
        var trace = traced.Output;
        Assert.Contains($"plain.test goes to mx:127.0.0.1:{sink.Port}", trace, StringComparison.Ordinal);
        Assert.Contains(" > EHLO ", trace, StringComparison.Ordinal);
        Assert.Matches("Result +127.0.0.1.* is ready for mail, in the clear", trace);
        // As a user types it, where there is no configuration at all; where there is one, it is used.
        Assert.Equal(found.Output, (await CourierAsync("testmxlookup", $"@127.0.0.1:{dns.Port}", "signed.test")).Checked().Output);
        // A file that was asked for by name has to be there, and what serves mail needs its state.
        Assert.Equal(78, (await CourierAsync("testmxlookup", "--config", scratch["none.conf"], "signed.test")).ExitCode);
        Assert.Equal(78, (await CourierAsync("serve", "--config", scratch["etc"])).ExitCode);
        Assert.Empty(sink.Messages);
    }

    private static Task<RunResult> CourierAsync(params string[] arguments) => ExternalProgram.RunAsync("env", ["-u", "COURIER_CONFIG", RepositoryPaths.Program, .. arguments]);
}
