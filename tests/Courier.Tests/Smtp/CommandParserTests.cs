using System.Text;
using Courier.Mail.Reports;
using Courier.Smtp.Grammar;
using Courier.Smtp.Server;

namespace Courier.Tests.Smtp;

public sealed class CommandParserTests
{
    [Theory]
    [InlineData("MAIL FROM:<>", "", null, false)]                                   // null reverse-path, RFC 5321 §4.5.5
    [InlineData("mail from:<ada@example.org>", "ada@example.org", null, false)]
    [InlineData("MAIL FROM:<ada@example.org> SIZE=10", "ada@example.org", 10L, false)]
    [InlineData("MAIL FROM:<ada@example.org>  SIZE=10 BODY=8BITMIME  ", "ada@example.org", 10L, true)]
    [InlineData("MAIL FROM:<ada@example.org> body=7bit", "ada@example.org", null, false)]
    [InlineData("MAIL FROM:<ada@example.org> AUTH=<>", "ada@example.org", null, false)]
    [InlineData("MAIL FROM: <ada@example.org>", "ada@example.org", null, false)]     // common, though not in the grammar
    [InlineData("MAIL FROM:<@x.example,@y.example:ada@example.org>", "ada@example.org", null, false)]
    [InlineData("MAIL FROM:<\"a b\"@example.org>", "\"a b\"@example.org", null, false)]
    [InlineData("MAIL FROM:<a@[127.0.0.1]>", "a@[127.0.0.1]", null, false)]
    [InlineData("MAIL FROM:<a@example.org> SIZE=99999999999999999999", "a@example.org", long.MaxValue, false)]
    public void Mail_carries_the_reverse_path_and_its_parameters(string line, string path, long? size, bool is8Bit)
    {
        var command = Assert.IsType<MailFrom>(Parse(line));
        Assert.Equal((path, size, is8Bit), (command.Parameters.Sender.ToString(), command.Parameters.Size, command.Parameters.Is8Bit));
    }

    [Theory]
    [InlineData("RCPT TO:<ada@example.org>", "ada@example.org")]
    [InlineData("rcpt to: <ada@Example.ORG> ", "ada@example.org")]
    [InlineData("RCPT TO:<Postmaster>", "Postmaster")]
    [InlineData("RCPT TO:<@x.example:ada@example.org>", "ada@example.org")]
    public void Rcpt_carries_the_forward_path(string line, string path) => Assert.Equal(path, Assert.IsType<RcptTo>(Parse(line)).Path.ToString());

    [Theory]
    [InlineData("NOTIFY=NEVER", NotifyOn.Never, null)]
    [InlineData("notify=success,delay,failure", NotifyOn.Success | NotifyOn.Delay | NotifyOn.Failure, null)]
    [InlineData("ORCPT=rfc822;Bob+2Bx@example.org NOTIFY=DELAY,DELAY", NotifyOn.Delay, "rfc822;Bob+2Bx@example.org")]
    public void Rcpt_carries_what_the_sender_wants_to_hear(string parameters, NotifyOn notify, string? original)
    {
        var command = Assert.IsType<RcptTo>(Parse("RCPT TO:<ada@example.org> " + parameters));
        Assert.Equal((notify, original, SmtpExtensions.Dsn), (command.Notify, command.OriginalRecipient, command.Uses));
    }

    [Theory]
    [InlineData("RET=FULL ENVID=QQ314159", ReturnContent.Full, "QQ314159")]
    [InlineData("ret=hdrs", ReturnContent.Headers, null)]
    public void Mail_carries_how_reports_shall_be(string parameters, ReturnContent content, string? id)
    {
        var command = Assert.IsType<MailFrom>(Parse("MAIL FROM:<> " + parameters)).Parameters;
        Assert.Equal((content, id, SmtpExtensions.Dsn), (command.Return, command.EnvelopeId, command.Uses));
    }

    [Theory]
    [InlineData("", 500)]
    [InlineData(" NOOP", 500)]
    [InlineData("XYZZY", 500)]
    [InlineData("NO", 500)]
    [InlineData("NOOP\rNOOP", 500)]
    [InlineData("NOOP\0", 500)]
    [InlineData("NOOP\tx", 500)]
    [InlineData("NOOP \x7f", 500)]
    [InlineData("MAIL FROM:<ü@example.org>", 500)]              // Latin-1: no UTF-8
    [InlineData("NOOP ü", 500)]
    [InlineData("EHLO ü", 500)]
    [InlineData("MAIL FROM:<Ã¼@example.org>", 550)]             // UTF-8, but SMTPUTF8 is missing
    [InlineData("MAIL FROM:<Ã¼@example.org> SMTPUTF8 SMTPUTF8", 501)]
    [InlineData("MAIL FROM:<a@example.org> SMTPUTF8=1", 501)]
    [InlineData("MAIL FROM:<a@example.org> SMTPUTF8 ENVID=Ã¼", 501)]
    [InlineData("RCPT TO:<Ã¼@example.org> ORCPT=rfc822;Ã¼", 501)]
    [InlineData("MAIL", 501)]
    [InlineData("MAIL FROM", 501)]
    [InlineData("MAIL TO:<a@example.org>", 501)]
    [InlineData("MAIL FROM:a@example.org", 501)]
    [InlineData("MAIL FROM:<a@example.org", 501)]
    [InlineData("MAIL FROM:<a@@example.org>", 501)]
    [InlineData("MAIL FROM:<a@example.org>SIZE=1", 501)]
    [InlineData("MAIL FROM:<a@example.org> SIZE=", 501)]
    [InlineData("MAIL FROM:<a@example.org> SIZE=-1", 501)]
    [InlineData("MAIL FROM:<a@example.org> SIZE=1x", 501)]
    [InlineData("MAIL FROM:<a@example.org> SIZE=1 SIZE=2", 501)]
    [InlineData("MAIL FROM:<a@example.org> SIZE=999999999999999999999", 501)]   // 21 digits
    [InlineData("MAIL FROM:<a@example.org> BODY=9BIT", 501)]
    [InlineData("MAIL FROM:<a@example.org> BODY", 501)]
    [InlineData("MAIL FROM:<a@example.org> =1", 501)]
    [InlineData("MAIL FROM:<a@example.org> a_b=1", 501)]
    [InlineData("MAIL FROM:<a@example.org> SMTPUTF9", 555)]
    [InlineData("MAIL FROM:<> REQUIRETLS=yes", 501)]
    [InlineData("MAIL FROM:<> SECURITY=", 501)]
    [InlineData("MAIL FROM:<> BY=;R", 501)]
    [InlineData("MAIL FROM:<> BY=0;R", 501)]
    [InlineData("MAIL FROM:<> BY=-1;R", 501)]
    [InlineData("MAIL FROM:<> BY=1;RX", 501)]
    [InlineData("MAIL FROM:<> BY=1;RTT", 501)]
    [InlineData("MAIL FROM:<> BY=--1;N", 501)]
    [InlineData("MAIL FROM:<> BY=1234567890;N", 501)]
    [InlineData("MAIL FROM:<> MT-PRIORITY=+1", 501)]
    [InlineData("MAIL FROM:<> MT-PRIORITY=-", 501)]
    [InlineData("MAIL FROM:<> MT-PRIORITY=10", 501)]
    [InlineData("MAIL FROM:<> HOLDFOR=0", 501)]
    [InlineData("MAIL FROM:<> HOLDFOR=-1", 501)]
    [InlineData("MAIL FROM:<> HOLDFOR=1 HOLDFOR=1", 501)]
    [InlineData("MAIL FROM:<> HOLDUNTIL=2026-13-01T00:00:00Z", 501)]
    [InlineData("MAIL FROM:<> HOLDUNTIL=2026-12-01", 501)]
    [InlineData("MAIL FROM:<> HOLDFOR=1 HOLDUNTIL=2026-12-01T00:00:00Z", 501)]
    [InlineData("ETRN", 501)]
    [InlineData("ETRN a b", 501)]
    [InlineData("ETRN a..b", 501)]
    [InlineData("XCLIENT", 501)]
    [InlineData("XCLIENT NAME", 501)]
    [InlineData("XCLIENT NAME=a+0Ab", 501)]
    [InlineData("XCLIENT IDENT=a", 501)]
    [InlineData("XFORWARD LOGIN=a", 501)]
    [InlineData("RCPT", 501)]
    [InlineData("RCPT TO:<>", 501)]
    [InlineData("RCPT TO:<a>", 501)]
    [InlineData("RCPT TO:<a@example.org>x", 501)]
    [InlineData("RCPT TO:<a@example.org> SIZE=1", 555)]
    [InlineData("RCPT TO:<a@example.org> NOTIFY=NEVER,DELAY", 501)]
    [InlineData("RCPT TO:<a@example.org> NOTIFY=DELAY,,SUCCESS", 501)]
    [InlineData("RCPT TO:<a@example.org> NOTIFY", 501)]
    [InlineData("RCPT TO:<a@example.org> NOTIFY=NEVER NOTIFY=NEVER", 501)]
    [InlineData("RCPT TO:<a@example.org> ORCPT=a@b", 501)]
    [InlineData("RCPT TO:<a@example.org> ORCPT=;a@b", 501)]
    [InlineData("RCPT TO:<a@example.org> ORCPT=rfc822;", 501)]
    [InlineData("RCPT TO:<a@example.org> ORCPT=rfc822;a=b", 501)]
    [InlineData("RCPT TO:<a@example.org> ORCPT=rfc822;a+0D+0Ab", 501)]
    [InlineData("RCPT TO:<a@example.org> ORCPT=rfc822;a ORCPT=rfc822;a", 501)]
    [InlineData("MAIL FROM:<> RET=", 501)]
    [InlineData("MAIL FROM:<> RET=FULL RET=FULL", 501)]
    [InlineData("MAIL FROM:<> ENVID", 501)]
    [InlineData("MAIL FROM:<> ENVID=a+0a", 501)]
    [InlineData("MAIL FROM:<> ENVID=a+0A", 501)]
    [InlineData("MAIL FROM:<> ENVID=a ENVID=a", 501)]
    [InlineData("MAIL FROM:<> AUTH=<> AUTH=<>", 501)]
    [InlineData("MAIL FROM:<> BODY=7BIT BODY=8BITMIME", 501)]
    [InlineData("EHLO", 501)]
    [InlineData("EHLO ", 501)]
    [InlineData("EHLO a b", 501)]
    [InlineData("HELO <script>", 501)]
    [InlineData("HELO a(comment)", 501)]
    [InlineData("DATA now", 501)]
    [InlineData("RSET now", 501)]
    [InlineData("QUIT now", 501)]
    [InlineData("STARTTLS now", 501)]
    [InlineData("VRFY", 501)]
    [InlineData("AUTH", 501)]
    [InlineData("AUTH PLAIN a b", 501)]
    public void A_line_that_is_no_command_gets_the_code_for_it(string line, int code) => Assert.Equal(code, Assert.IsType<Bad>(Parse(line)).Answer.Code);

    [Theory]
    [InlineData("EHLO client.example", "client.example")]
    [InlineData("HELO [192.0.2.1]", "[192.0.2.1]")]
    [InlineData("LHLO [IPv6:2001:db8::1]", "[IPv6:2001:db8::1]")]
    [InlineData("ehlo my_laptop", "my_laptop")]
    public void Hello_takes_what_clients_call_themselves(string line, string name) => Assert.Equal(name, Assert.IsType<Hello>(Parse(line)).Name);

    [Theory]
    [InlineData("AUTH plain", null)]
    [InlineData("AUTH plain =", "")]
    [InlineData("AUTH plain AGEAYg==", "AGEAYg==")]
    public void Auth_carries_the_initial_response(string line, string? response)
    {
        var initial = Assert.IsType<Auth>(Parse(line)).InitialResponse;
        Assert.Equal(response, initial is null ? null : Encoding.ASCII.GetString(initial));
    }

    [Theory]
    [InlineData("BDAT 0", 0, false)]
    [InlineData("bdat 86  last", 86, true)]
    [InlineData("BDAT 9223372036854775807 LAST", long.MaxValue, true)]
    public void Bdat_says_how_much_follows(string line, long octets, bool isLast) => Assert.Equal(new Bdat(octets, isLast), Parse(line));

    [Theory]
    [InlineData("BDAT")]
    [InlineData("BDAT LAST")]
    [InlineData("BDAT -1")]
    [InlineData("BDAT +1")]
    [InlineData("BDAT 1x")]
    [InlineData("BDAT 0x10")]
    [InlineData("BDAT 1 LAST x")]
    [InlineData("BDAT 1 FIRST")]
    [InlineData("BDAT 9223372036854775808")]
    public void Bdat_without_a_length_ends_the_trust(string line) => Assert.Same(BadBdat.Command, Parse(line));

    [Theory]
    [InlineData("GET / HTTP/1.1")]
    [InlineData("POST /x HTTP/1.1")]
    [InlineData("CONNECT mail:25 HTTP/1.0")]
    public void A_line_of_http_is_foreign(string line) => Assert.IsType<Foreign>(Parse(line));

    [Theory]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public void The_name_of_a_client_is_as_long_as_a_domain_may_be(int length, bool isTaken) =>
        Assert.Equal(isTaken, Parse("EHLO " + new string('a', length)) is Hello);

    private static SmtpCommand Parse(string line) => CommandParser.Parse(Encoding.Latin1.GetBytes(line));
}
