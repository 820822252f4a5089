using System.Globalization;
using System.Text;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Mail.Reports;
using Courier.Smtp.Client;
using Courier.Smtp.Server;
using Courier.Tests.Shared.Smtp;

namespace Courier.Tests.Smtp;

public sealed class SmtpClientTests
{
    private const string Hello = ">220 hi | <EHLO client.example | >250-srv\n250-PIPELINING\n250 SIZE | ";
    private const string ChunkHello = ">220 hi | <EHLO | >250-srv\n250-PIPELINING\n250 CHUNKING | ";
    private const string PlainHello = ">220 hi | <EHLO | >250 srv | ";

    private static readonly SmtpClientSettings _settings = new("client.example");

    [Theory]
    [InlineData(false, TlsUse.Never, false)]
    [InlineData(true, TlsUse.Never, false)]
    [InlineData(false, TlsUse.WhenOffered, false)]
    [InlineData(true, TlsUse.WhenOffered, true)]
    [InlineData(true, TlsUse.Required, true)]
    public async Task A_message_goes_from_our_client_to_our_server(bool offersTls, TlsUse use, bool isSecure)
    {
        await using var server = new SmtpTestServer(SmtpTestServer.Relay with { Tls = offersTls ? TestCertificate.Server : null });
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { Tls = use }, default);
        Assert.Equal(isSecure, client.IsSecure);
        var result = await client.SendAsync(Message("Subject: x\r\n\r\n.dot\r\nend", "b@example.test", "unknown@example.test", "c@example.test"), default);
        Assert.Equal("250 550 250", Codes(result));
        Assert.True(result.IsUsable);
        result = await client.SendAsync(Message("unknown only\r\n", "unknown@example.test"), default);
        Assert.Equal("550", Codes(result));
        result = await client.SendAsync(Message("", "d@example.test"), default);
        Assert.Equal("250", Codes(result));
        Assert.Equal(["Received: by us\r\nSubject: x\r\n\r\n.dot\r\nend\r\n", "Received: by us\r\n"], server.Reception.Messages.Select(m => m.Text));
        Assert.Equal(["b@example.test", "c@example.test"], server.Reception.Messages.First().Recipients);
        Assert.True(server.Reception.Messages.First().Is8Bit);
    }

    [Fact]
    public async Task A_message_goes_over_LMTP_with_an_answer_for_each_recipient()
    {
        await using var server = new ScriptedServer(
            ">220 hi | <LHLO client.example | >250-srv\n250 PIPELINING | <MAIL | <RCPT | <RCPT | <RCPT | <DATA | >250 ok\n250 ok\n550 no\n250 ok\n354 go | . | >250 2.0.0 first\n452 4.2.2 full");
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { IsLmtp = true, Limits = Limits() }, default);
        var result = await client.SendAsync(Message("x\r\n", "a@example.test", "b@example.test", "c@example.test"), default);
        Assert.Equal("250 550 452", Codes(result));
        Assert.Equal([true, false, false], result.Recipients.Select(r => r.IsTaken));
        Assert.Equal("full", result.Recipients[2].Reply!.Text);
    }

    [Fact]
    public async Task Lmtp_of_our_own_understands_itself()
    {
        await using var server = new SmtpTestServer(new SmtpServerSettings("mail.example.test", SmtpRole.Lmtp));
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { IsLmtp = true }, default);
        Assert.Equal("250 550 250", Codes(await client.SendAsync(Message("x\r\n", "a@example.test", "unknown@example.test", "c@example.test"), default)));
        Assert.Equal("550", Codes(await client.SendAsync(Message("x\r\n", "unknown@example.test"), default)));
        Assert.Equal("250", Codes(await client.SendAsync(Message("x\r\n", "a@example.test"), default)));
    }

    [Theory]
    [InlineData("a\nb\r\n", "a\r\nb\r\n.\r\n")]
    [InlineData("a\n.\nMAIL FROM:<>\r\n", "a\r\n..\r\nMAIL FROM:<>\r\n.\r\n")]
    [InlineData("a\r.\rb", "a\r\n..\r\nb\r\n.\r\n")]
    [InlineData("a\r\n.\r\nb", "a\r\n..\r\nb\r\n.\r\n")]
    [InlineData(".", "..\r\n.\r\n")]
    public async Task Whatever_a_body_holds_only_whole_line_ends_go_out(string body, string wire)
    {
        await using var server = new ScriptedServer(Hello + "<MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | >250 ok");
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { Limits = Limits() }, default);
        await client.SendAsync(Message(body, "a@example.test"), default);
        Assert.Contains("Received: by us\r\n" + wire, server.Lines);
    }

    [Fact]
    public async Task Mail_states_its_size_and_its_octets_where_the_server_knows_of_them()
    {
        await using var server = new ScriptedServer(
            ">220 hi | <EHLO | >250-srv\n250-8BITMIME\n250 SIZE 1000 | <MAIL | >250 ok | <RCPT | >250 ok | <DATA | >354 go | . | >250 ok");
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { Limits = Limits() }, default);
        await client.SendAsync(Message("x\r\n", "a@example.test"), default);
        Assert.Contains("MAIL FROM:<ada@example.org> SIZE=20 BODY=8BITMIME", server.Lines);
    }

    [Theory]
    [InlineData("250-srv\n250-DSN\n250 SIZE", "MAIL FROM:<ada@example.org> SIZE=20 RET=HDRS ENVID=a+2Bb", "RCPT TO:<a@example.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b@example.test", true)]
    [InlineData("250-srv\n250 SIZE", "MAIL FROM:<ada@example.org> SIZE=20", "RCPT TO:<a@example.test>", false)]
    public async Task What_the_sender_wants_to_hear_is_passed_on_where_the_server_knows_of_it(string hello, string mail, string rcpt, bool isPassedOn)
    {
        await using var server = new ScriptedServer($">220 hi | <EHLO | >{hello} | <MAIL | >250 ok | <RCPT | >250 ok | <DATA | >354 go | . | >250 ok");
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { Limits = Limits() }, default);
        var message = Message("x\r\n", "a@example.test") with { Return = ReturnContent.Headers, EnvelopeId = "a+2Bb" };
        message = message with { Recipients = [message.Recipients[0] with { Notify = NotifyOn.Success | NotifyOn.Failure, OriginalRecipient = "rfc822;b@example.test" }] };
        var result = await client.SendAsync(message, default);
        Assert.Contains(mail, server.Lines);
        Assert.Contains(rcpt, server.Lines);
        Assert.Equal(isPassedOn, result.IsReportPassedOn);
    }

    [Fact]
    public async Task A_body_in_a_file_is_streamed()
    {
        var path = Path.GetTempFileName();
        var text = string.Concat(Enumerable.Range(0, 50_000).Select(n => $".line {n}\n"));
        await File.WriteAllBytesAsync(path, Encoding.ASCII.GetBytes(text));
        await using var server = new SmtpTestServer();
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings, default);
        var result = await client.SendAsync(Message(MessageBody.OfFile(path, text.Length), "a@example.test"), default);
        Assert.Equal("250", Codes(result));
        Assert.Equal("Received: by us\r\n" + text.Replace("\n", "\r\n", StringComparison.Ordinal), server.Reception.Messages.Single().Text);
        File.Delete(path);
    }

    /// <summary>RFC 3030: dots stay as they are, line ends are made right all the same, and no chunk waits for the answer to the one before it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Messages_of_every_size_go_in_chunks_where_the_server_takes_them(bool usesChunking)
    {
        // One that answers for each recipient (XEXDATA) is asked by DATA.
        await using var server = new SmtpTestServer(SmtpTestServer.Relay with { Offered = SmtpTestServer.Relay.Offered & ~SmtpExtensions.ExtendedData });
        var dialogue = new List<string>();
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { UsesChunking = usesChunking, Transcript = dialogue.Add }, default);
        var path = Path.GetTempFileName();
        foreach (var lines in new[] { 0, 1, 3_000, 300_000 })
        {
            var text = string.Concat(Enumerable.Range(0, lines).Select(static n => $".line {n}\n..\r\n"));
            var bytes = Encoding.ASCII.GetBytes(text);
            await File.WriteAllBytesAsync(path, bytes);
            dialogue.Clear();
            foreach (var body in new[] { MessageBody.OfBytes(bytes), MessageBody.OfFile(path, bytes.Length) })
            {
                Assert.Equal("250", Codes(await client.SendAsync(Message(body, "a@example.test"), default)));
                Assert.Equal("Received: by us\r\n" + text.ReplaceLineEndings("\r\n"), server.Reception.Messages.Last().Text);
            }

            Assert.Equal(usesChunking, dialogue.Exists(static line => line.StartsWith("> BDAT ", StringComparison.Ordinal) && line.EndsWith(" LAST", StringComparison.Ordinal)));
            Assert.Equal(!usesChunking, dialogue.Contains("> DATA"));
        }

        File.Delete(path);
    }

    [Fact]
    public async Task A_chunk_that_is_refused_ends_message_and_connection_before_the_last()
    {
        await using var server = new ScriptedServer(ChunkHello + "<MAIL | <RCPT | >250 ok\n250 ok | <BDAT | >552 5.3.4 too big");
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { Limits = Limits() }, default);
        var result = await client.SendAsync(Message(new string('x', 8 * 1024 * 1024), "a@example.test"), default);
        Assert.Equal(("552", false, false), (Codes(result), result.IsUsable, result.WasDataAnswered));
        Assert.DoesNotContain(server.Lines, static line => line.Contains("LAST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_recipient_that_was_taken_no_chunk_is_sent()
    {
        await using var server = new ScriptedServer(ChunkHello + "<MAIL | <RCPT | >250 ok\n550 no | <RSET | <MAIL | <RCPT | >250 ok\n250 ok\n250 ok | <BDAT 20 LAST | >250 ok");
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { Limits = Limits() }, default);
        Assert.Equal("550", Codes(await client.SendAsync(Message("x", "a@example.test"), default)));
        Assert.Equal("250", Codes(await client.SendAsync(Message("x", "b@example.test"), default)));
    }

    [Fact]
    public async Task A_body_that_is_shorter_than_it_should_be_never_looks_whole()
    {
        var path = Path.GetTempFileName();
        await File.WriteAllBytesAsync(path, "half\r\n"u8.ToArray());
        await using var server = new SmtpTestServer();
        SendResult result;
        await using (var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings, default))
            result = await client.SendAsync(Message(MessageBody.OfFile(path, 100), "a@example.test"), default);
        Assert.Null(result.Recipients[0].Reply);
        Assert.False(result.IsUsable);
        await server.StopAsync();
        Assert.Empty(server.Reception.Messages);
        File.Delete(path);
    }

    [Fact]
    public async Task Many_recipients_go_in_several_writes()
    {
        await using var server = new SmtpTestServer(SmtpTestServer.Relay with { Limits = new SmtpLimits { Recipients = 240 } });
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings, default);
        var result = await client.SendAsync(Message("x\r\n", [.. Enumerable.Range(0, 250).Select(n => $"r{n}@example.test")]), default);
        Assert.Equal(240, result.Recipients.Count(r => r.IsTaken));
        Assert.Equal(10, result.Recipients.Count(r => r.Reply!.Code == 452));
        Assert.Equal(240, server.Reception.Messages.Single().Recipients.Count);
    }

    [Theory]
    [InlineData(">554 no", SmtpStep.Greeting, 554)]
    [InlineData(">421 busy", SmtpStep.Greeting, 421)]
    [InlineData(">hello", SmtpStep.Greeting, null)]
    [InlineData(">220-hi\n221 hi", SmtpStep.Greeting, null)]
    [InlineData("close", SmtpStep.Greeting, null)]
    [InlineData("stall", SmtpStep.Greeting, null)]
    [InlineData("endless", SmtpStep.Greeting, null)]
    [InlineData(">220 hi | <EHLO | lines", SmtpStep.Hello, null)]
    [InlineData(">220 hi | <EHLO | >421 busy", SmtpStep.Hello, 421)]
    [InlineData(">220 hi | <EHLO | >550 no", SmtpStep.Hello, 550)]
    [InlineData(">220 hi | <EHLO | >500 what | <HELO | >550 no", SmtpStep.Hello, 550)]
    [InlineData(">220 hi | <EHLO | close", SmtpStep.Hello, null)]
    [InlineData(">220 hi | <EHLO | stall", SmtpStep.Hello, null)]
    public async Task A_server_that_does_not_get_as_far_as_mail_is_reported_with_where_and_what(string script, SmtpStep step, int? code)
    {
        await using var server = new ScriptedServer(script);
        var e = await Assert.ThrowsAsync<SmtpConnectException>(
            async () => await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { Limits = Limits(script) }, default));
        Assert.Equal((step, code), (e.Step, e.Reply?.Code));
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_reported()
    {
        int port;
        await using (var server = new SmtpTestServer())
            port = server.Port;
        var e = await Assert.ThrowsAsync<SmtpConnectException>(async () => await SmtpClient.ConnectAsync("127.0.0.1", port, _settings, default));
        Assert.Equal(SmtpStep.Connect, e.Step);
    }

    [Fact]
    public async Task A_server_that_knows_only_HELO_gets_HELO()
    {
        await using var server = new ScriptedServer(">220 hi | <EHLO | >500 what | <HELO client.example | >250 srv | <MAIL FROM:<ada@example.org> | >250 ok | <RCPT | >250 ok | <DATA | >354 go | . | >250 ok");
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { Limits = Limits() }, default);
        Assert.Equal("250", Codes(await client.SendAsync(Message("x", "a@example.test"), default)));
    }

    // What each recipient is left with, what came of the connection, and whether the message may have arrived.
    [Theory]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >550 no\n503 first\n503 first\n503 first", "Mail:550 Mail:550", true, false)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >451 later\n503 first\n503 first\n503 first", "Mail:451 Mail:451", true, false)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >250 ok\n550 no\n450 later\n554 none", "Rcpt:550 Rcpt:450", true, false)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >250 ok\n550 no\n450 later\n354 go | <. | >554 none", "Rcpt:550 Rcpt:450", true, false)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >250 ok\n550 no\n250 ok\n451 later", "Rcpt:550 Data:451", true, false)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >250 ok\n550 no\n250 ok\n354 go | . | >554 5.7.1 spam", "Rcpt:550 EndOfData:554", true, true)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >250 ok\n250 ok\n250 ok\n354 go | . | >250-long\n250 ok", "EndOfData:250 EndOfData:250", true, true)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >421 busy | close", "Mail:421 Mail:421", false, false)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >250 ok\n550 no\n421 busy | close", "Rcpt:550 Rcpt:421", false, false)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >250 ok\n550 no\n250 ok\n421 busy | close", "Rcpt:550 Data:421", false, false)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >250 ok\n550 no\n250 ok\n354 go | . | >421 busy | close", "Rcpt:550 EndOfData:421", false, true)]
    [InlineData("close", "Mail:lost Mail:lost", false, false)]
    [InlineData("stall", "Mail:lost Mail:lost", false, false)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >250 ok\n550 no | close", "Rcpt:550 Rcpt:lost", false, false)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >250 ok\n550 no | stall", "Rcpt:550 Rcpt:lost", false, false)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >250 ok\n550 no\n250 ok | stall", "Rcpt:550 Data:lost", false, false)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >250 ok\n550 no\n250 ok\n250 what", "Rcpt:550 Data:lost", false, false)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >250 ok\n550 no\n250 ok\n354 go | . | close", "Rcpt:550 EndOfData:lost", false, true)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >250 ok\n550 no\n250 ok\n354 go | . | stall", "Rcpt:550 EndOfData:lost", false, true)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >250 ok\n550 no\n250 ok\n354 go | . | endless", "Rcpt:550 EndOfData:lost", false, true)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >250 ok\n550 no\n250 ok\n354 go | . | lines", "Rcpt:550 EndOfData:lost", false, true)]
    [InlineData("<MAIL | <RCPT | <RCPT | <DATA | >250 ok\nwhat?", "Rcpt:lost Rcpt:lost", false, false)]
    public async Task What_a_server_says_or_leaves_out_is_kept_for_each_recipient(string script, string results, bool isUsable, bool wasDataAnswered)
    {
        await using var server = new ScriptedServer(Hello + script);
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { Limits = Limits(script) }, default);
        var result = await client.SendAsync(Message("x\r\n", "a@example.test", "b@example.test"), default);
        Assert.Equal(results, Results(result));
        Assert.Equal((isUsable, wasDataAnswered), (result.IsUsable, result.WasDataAnswered));
    }

    [Theory]
    [InlineData("<MAIL | >550 no", "Mail:550 Mail:550")]
    [InlineData("<MAIL | >250 ok | <RCPT TO:<a | >550 no | <RCPT TO:<b | >450 later", "Rcpt:550 Rcpt:450")]
    [InlineData("<MAIL | >250 ok | <RCPT | >550 no | <RCPT | >250 ok | <DATA | >451 later", "Rcpt:550 Data:451")]
    [InlineData("<MAIL | >250 ok | <RCPT | >250 ok | <RCPT | >250 ok | <DATA | >354 go | . | >250 ok", "EndOfData:250 EndOfData:250")]
    [InlineData("<MAIL | >250 ok | <RCPT | >250 ok | close", "Rcpt:lost Rcpt:lost")]
    public async Task Without_PIPELINING_each_command_waits_for_its_answer(string script, string results)
    {
        await using var server = new ScriptedServer(PlainHello + script);
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { Limits = Limits(script) }, default);
        Assert.Equal(results, Results(await client.SendAsync(Message("x\r\n", "a@example.test", "b@example.test"), default)));
    }

    [Fact]
    public async Task A_transaction_left_open_is_reset_before_the_next()
    {
        await using var server = new ScriptedServer(
            Hello + "<MAIL | <RCPT | <DATA | >250 ok\n550 no\n503 none | <RSET | <MAIL | <RCPT | <DATA | >250 reset\n250 ok\n250 ok\n354 go | . | >250 ok | <MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | >250 ok");
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { Limits = Limits() }, default);
        Assert.Equal("550", Codes(await client.SendAsync(Message("x", "a@example.test"), default)));
        Assert.Equal("250", Codes(await client.SendAsync(Message("x", "a@example.test"), default)));
        Assert.Equal("250", Codes(await client.SendAsync(Message("x", "a@example.test"), default)));
    }

    [Fact]
    public async Task What_a_server_sent_in_the_clear_behind_its_answer_to_STARTTLS_is_dropped()
    {
        await using var server = new ScriptedServer(
            ">220 hi | <EHLO | >250-srv\n250 STARTTLS | <STARTTLS | >220 go\n250-evil\n250 PIPELINING | tls | <EHLO | >250-srv\n250 SIZE");
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { Limits = Limits() }, default);
        Assert.True(client.IsSecure);
        Assert.Equal(ServerExtensions.Size, client.Extensions);
    }

    [Theory]
    [InlineData(">220 hi | <EHLO | >250-srv\n250 STARTTLS | <STARTTLS | >220 go | junk")]
    [InlineData(">220 hi | <EHLO | >250-srv\n250 STARTTLS | <STARTTLS | >220 go | close")]
    [InlineData(">220 hi | <EHLO | >250-srv\n250 STARTTLS | <STARTTLS | >220 go | stall")]
    [InlineData(">220 hi | <EHLO | >250-srv\n250 STARTTLS | <STARTTLS | >220 go | endless")]
    [InlineData(">220 hi | <EHLO | >250-srv\n250 STARTTLS | <STARTTLS | close")]
    [InlineData(">220 hi | <EHLO | >250-srv\n250 STARTTLS | <STARTTLS | stall")]
    public async Task A_handshake_that_fails_is_followed_by_a_connection_in_the_clear(string script)
    {
        await using var server = new ScriptedServer(script, PlainHello + "<QUIT");
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { Limits = Limits(script) }, default);
        Assert.False(client.IsSecure);
        Assert.Equal(2, server.Connections);
    }

    [Theory]
    [InlineData(">220 hi | <EHLO | >250-srv\n250 STARTTLS | <STARTTLS | >220 go | junk")]
    [InlineData(">220 hi | <EHLO | >250-srv\n250 STARTTLS | <STARTTLS | >454 not now")]
    [InlineData(">220 hi | <EHLO | >250 srv")]
    public async Task Where_TLS_is_required_nothing_goes_in_the_clear(string script)
    {
        await using var server = new ScriptedServer(script, PlainHello + "<QUIT");
        var settings = _settings with { Limits = Limits(), Tls = TlsUse.Required };
        var e = await Assert.ThrowsAsync<SmtpConnectException>(async () => await SmtpClient.ConnectAsync("127.0.0.1", server.Port, settings, default));
        Assert.Equal((SmtpStep.StartTls, 1), (e.Step, server.Connections));
    }

    [Fact]
    public async Task Refused_STARTTLS_goes_on_in_the_clear_on_the_same_connection()
    {
        await using var server = new ScriptedServer(">220 hi | <EHLO | >250-srv\n250 STARTTLS | <STARTTLS | >454 not now | <QUIT | >221 bye");
        await using (var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { Limits = Limits() }, default))
            Assert.False(client.IsSecure);
        Assert.Equal(1, server.Connections);
    }

    [Theory]
    [InlineData("250 2.1.5 ok", 250, "2.1.5", "ok")]
    [InlineData("250-2.1.5 one\n250 2.1.5 two", 250, "2.1.5", "one\ntwo")]
    [InlineData("250 5.1.5 ok", 250, null, "5.1.5 ok")]
    [InlineData("550 5.01.5 ok", 550, null, "5.01.5 ok")]
    [InlineData("550 5.1 ok", 550, null, "5.1 ok")]
    [InlineData("550 5.1.1", 550, "5.1.1", "")]
    [InlineData("550", 550, null, "")]
    [InlineData("550 5.7.1 caf\u00e9\u0001", 550, "5.7.1", "caf??")]
    public async Task A_reply_is_taken_apart(string reply, int code, string? status, string text)
    {
        await using var server = new ScriptedServer(Hello + "<MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | >" + reply);
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings with { Limits = Limits() }, default);
        var read = (await client.SendAsync(Message("x", "a@example.test"), default)).Recipients[0].Reply!;
        Assert.Equal((code, status, text), (read.Code, read.Status?.ToString(), read.Text));
    }

    [Fact]
    public async Task Cancellation_by_the_caller_throws_and_leaves_no_whole_message()
    {
        await using var server = new ScriptedServer(Hello + "<MAIL | <RCPT | <DATA | >250 ok\n250 ok\n354 go | . | stall");
        using var cancellation = new CancellationTokenSource();
        await using var client = await SmtpClient.ConnectAsync("127.0.0.1", server.Port, _settings, default);
        var sending = client.SendAsync(Message("x", "a@example.test"), cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    // Short only where the script makes the client wait: on a busy machine an answer may take a while.
    private static SmtpClientLimits Limits(string script = "")
    {
        var step = script.Contains("stall", StringComparison.Ordinal) ? TimeSpan.FromMilliseconds(700) : TimeSpan.FromSeconds(20);
        return new SmtpClientLimits
        {
            GreetingTimeout = step,
            MailTimeout = step,
            RcptTimeout = step,
            DataTimeout = step,
            EndTimeout = step,
            HandshakeTimeout = step,
            QuitTimeout = TimeSpan.FromMilliseconds(50),
        };
    }

    private static OutgoingMessage Message(string body, params string[] recipients) => Message(MessageBody.OfBytes(Encoding.Latin1.GetBytes(body)), recipients);

    private static OutgoingMessage Message(MessageBody body, params string[] recipients) => new(
        new ReversePath(MailAddress.Parse("ada@example.org")), [.. recipients.Select(recipient => new OutgoingRecipient(MailAddress.Parse(recipient)))], "Received: by us\r\n"u8.ToArray(), body, Is8Bit: true);

    private static string Codes(SendResult result) => string.Join(' ', result.Recipients.Select(r => r.Reply?.Code.ToString(CultureInfo.InvariantCulture) ?? "lost"));

    private static string Results(SendResult result) => string.Join(' ', result.Recipients.Select(r => $"{r.Step}:{r.Reply?.Code.ToString(CultureInfo.InvariantCulture) ?? "lost"}"));
}
