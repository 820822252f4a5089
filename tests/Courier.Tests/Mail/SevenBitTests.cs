using System.Text;
using Courier.Mail.Mime;

namespace Courier.Tests.Mail;

public sealed class SevenBitTests
{
    private static string? Convert(string message)
    {
        var converted = SevenBit.Convert(Encoding.UTF8.GetBytes(message.ReplaceLineEndings("\r\n")), new MimeLimits());
        return converted is null ? null : Encoding.UTF8.GetString(converted).ReplaceLineEndings("\n");
    }

    [Fact]
    public void Text_becomes_quoted_printable_and_keeps_its_type() => Assert.Equal(
        "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nX: y\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe =3D\nplain\n",
        Convert("Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\ncontent-transfer-encoding:\n 8bit\nX: y\n\nGrüße =\nplain\n"));

    [Fact]
    public void Other_types_become_base64() => Assert.Equal(
        "MIME-Version: 1.0\nContent-Type: image/x\nContent-Transfer-Encoding: base64\n\nw7zDvMO8DQo=",
        Convert("MIME-Version: 1.0\nContent-Type: image/x\nContent-Transfer-Encoding: 8bit\n\nüüü\n"));

    [Fact]
    public void A_message_that_is_not_mime_becomes_so() => Assert.Equal(
        "Subject: x\nContent-Type: text/plain; charset=unknown-8bit\nMIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n\n=C3=BC\n",
        Convert("Subject: x\n\nü\n"));

    [Fact]
    public void What_holds_the_parts_says_what_they_are_now_and_others_stay_as_they_were()
    {
        const string message = """
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=b
            Content-Transfer-Encoding: 8bit

            --b
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 8bit

            ü
            --b
            Content-Type: application/octet-stream
            Content-Transfer-Encoding: base64

            AAAA
            --b
            Content-Type: message/rfc822
            Content-Transfer-Encoding: 8bit

            Subject: inner
            MIME-Version: 1.0
            Content-Transfer-Encoding: 8bit

            ä
            --b
            Content-Type: text/plain
            Content-Transfer-Encoding: 8bit

            seven
            --b--

            """;
        Assert.Equal(
            """
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=b
            Content-Transfer-Encoding: 7bit

            --b
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            =C3=BC
            --b
            Content-Type: application/octet-stream
            Content-Transfer-Encoding: base64

            AAAA
            --b
            Content-Type: message/rfc822
            Content-Transfer-Encoding: 7bit

            Subject: inner
            MIME-Version: 1.0
            Content-Type: text/plain; charset=unknown-8bit
            Content-Transfer-Encoding: quoted-printable

            =C3=A4
            --b
            Content-Type: text/plain
            Content-Transfer-Encoding: 7bit

            seven
            --b--

            """.ReplaceLineEndings("\n"), Convert(message));
    }

    [Theory]
    [InlineData("Subject: ü\n\nx\n")]
    [InlineData("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\npreamble ü\n--b\n\nx\n--b--\n")]
    [InlineData("MIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\nü\n")]
    [InlineData("MIME-Version: 1.0\nContent-Type: message/partial; id=x\n\nü\n")]
    public void What_cannot_be_said_in_seven_bits_is_not_converted(string message) => Assert.Null(Convert(message));
}
