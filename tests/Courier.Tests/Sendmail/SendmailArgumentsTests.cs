using Courier.Mail.Reports;
using Courier.Sendmail;

namespace Courier.Tests.Sendmail;

/// <summary>Command lines as programs write them.</summary>
public sealed class SendmailArgumentsTests
{
    private static SendmailArguments Read(string line) => SendmailArguments.Read(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), out var problem) ?? throw new FormatException(problem);

    [Theory]
    [InlineData("-i grace", null, false, "grace")]
    [InlineData("-FCronDaemon -i -B8BITMIME -oem root", null, false, "root")] // cron of Debian
    [InlineData("-oem -oi -f ada@example.org -- grace@example.com -joan", "ada@example.org", false, "grace@example.com -joan")] // mutt
    [InlineData("-t", null, true, "")]
    [InlineData("-oi -t -fada", "ada", true, "")]
    [InlineData("-f <> grace", "", false, "grace")]
    [InlineData("-r ada -bm -odb -q -v grace", "ada", false, "grace")]
    [InlineData("-O DeliveryMode=b -h 3 -d0.1 grace", null, false, "grace")]
    [InlineData("", null, true, "")]
    public void What_matters_is_read_and_the_rest_passed_over(string line, string? from, bool readsRecipients, string recipients)
    {
        var read = Read(line);
        Assert.Equal((SendmailTask.Deliver, from, readsRecipients, recipients), (read.Task, read.From, read.ReadsRecipients, string.Join(' ', read.Recipients)));
    }

    [Theory]
    [InlineData("-N never", NotifyOn.Never)]
    [InlineData("-Nsuccess,fail", NotifyOn.Success | NotifyOn.Failure)]
    [InlineData("-N failure,DELAY", NotifyOn.Failure | NotifyOn.Delay)]
    public void Notify_is_read(string line, object expected) => Assert.Equal((NotifyOn)expected, Read(line).Notify);

    [Theory]
    [InlineData("-verp -S starttls x", true, true)]
    [InlineData("-SNONE x", false, false)]
    public void Verp_and_security_are_read(string line, bool isVerp, bool secureOnly) =>
        Assert.Equal((isVerp, secureOnly), (Read(line).IsVerp, Read(line).SecureOnly));

    [Fact]
    public void Return_and_envelope_id_are_read()
    {
        var read = Read("-R full -V QQ1 -F Ada grace");
        Assert.Equal((true, false, "QQ1", "Ada"), (read.ReturnFull, read.ReturnHeaders, read.EnvelopeId, read.FullName));
        Assert.True(Read("-Rhdrs x").ReturnHeaders);
    }

    [Theory]
    [InlineData("-bs", (int)SendmailTask.Smtp)]
    [InlineData("-bp", (int)SendmailTask.PrintQueue)]
    [InlineData("-bi", (int)SendmailTask.Nothing)]
    public void Modes_are_read(string line, int task) => Assert.Equal((SendmailTask)task, Read(line).Task);

    [Theory]
    [InlineData("-bd")]
    [InlineData("-N never,success")]
    [InlineData("-N often")]
    [InlineData("-S some x")]
    [InlineData("-R some")]
    [InlineData("-f")]
    [InlineData("-z")]
    public void What_cannot_be_done_is_a_problem(string line)
    {
        Assert.Null(SendmailArguments.Read(line.Split(' '), out var problem));
        Assert.NotEmpty(problem);
    }
}
