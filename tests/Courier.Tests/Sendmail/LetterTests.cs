using System.Text;
using Courier.Sendmail;

namespace Courier.Tests.Sendmail;

/// <summary>What becomes of the message on standard input.</summary>
public sealed class LetterTests
{
    private static Task<Letter> ReadAsync(string text) => Letter.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), CancellationToken.None);

    private static async Task<string> WriteAsync(string text, bool dropsBcc)
    {
        var letter = await ReadAsync(text);
        using var output = new MemoryStream();
        await letter.WriteAsync(output, "ada@example.org", dropsBcc, CancellationToken.None);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    [Theory]
    [InlineData("To: a, B <b@x.test>\nCc: friends: c@x.test, \"d e\"@x.test;\nBcc: f\n\nTo: g\n", false, "a|b@x.test|c@x.test|\"d e\"@x.test|f")]
    [InlineData("To: a\nBcc: f,\n h (him)\n\n", true, "f|h")]
    [InlineData("Subject: x\n\n", false, "")]
    public async Task Recipients_are_those_of_the_fields(string text, bool onlyBcc, string expected) =>
        Assert.Equal(expected, string.Join('|', (await ReadAsync(text)).Recipients(onlyBcc)));

    [Theory]
    [InlineData("From: x\nTo: a\nBcc: f,\n g\nSubject: s\n\nBcc: stays\n", "From: x\nTo: a\nSubject: s\n\nBcc: stays\n")]
    [InlineData("From: x\r\nBcc: f\r\n\r\nbody", "From: x\r\n\r\nbody")]
    [InlineData("To: a\n\nb\n", "From: ada@example.org\nTo: a\n\nb\n")]
    [InlineData("\nbody\n", "From: ada@example.org\n\nbody\n")]
    [InlineData("just text without a header\n", "From: ada@example.org\n\njust text without a header\n")]
    [InlineData("From ada Sat Nov 21 12:00:00 2026\nFrom: x\n\nb\n", "From: x\n\nb\n")]
    public async Task Blind_recipients_are_taken_out_and_From_is_added(string text, string expected) => Assert.Equal(expected, await WriteAsync(text, dropsBcc: true));

    [Fact]
    public async Task With_recipients_on_the_command_line_Bcc_stays_as_written() =>
        Assert.Equal("From: x\nBcc: f\n\n", await WriteAsync("From: x\nBcc: f\n\n", dropsBcc: false));

    [Fact]
    public async Task A_large_body_is_passed_through()
    {
        var text = "From: x\n\n" + string.Concat(Enumerable.Repeat("0123456789\n", 300_000));
        Assert.Equal(text, await WriteAsync(text, dropsBcc: true));
    }
}
