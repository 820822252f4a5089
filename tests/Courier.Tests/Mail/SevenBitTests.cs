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
        "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\nX: y\n\nGr=C3=BC=C3=9Fe =3D\nplain\n",
        Convert("Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\ncontent-transfer-encoding:\n 8bit\nX: y\n\nGrüße =\nplain\n"));

    [Fact]
    public void Other_types_become_base64() => Assert.Equal(
        "MIME-Version: 1.0\nContent-Type: image/x\nContent-Transfer-Encoding: base64\n\nw7zDvMO8DQo=",
        Convert("MIME-Version: 1.0\nContent-Type: image/x\nContent-Transfer-Encoding: 8bit\n\nüüü\n"));

    [Fact]
    public void A_message_that_is_not_mime_becomes_so() => Assert.Equal(
        "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n=C3=BC\n",
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
            Content-Transfer-Encoding: quoted-printable
            Content-Type: text/plain; charset=utf-8

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
    [InlineData("text that no header goes before\n\nü\n")]
    [InlineData("MIME-Version: 1.0\nContent-Type: message/partial; id=x\n\nü\n")]
    public void What_cannot_be_said_in_seven_bits_is_not_converted(string message) => Assert.Null(Convert(message));

    [Fact]
    public void What_is_of_no_known_characters_is_said_to_be_so() => Assert.Contains(
        "charset=unknown-8bit\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=FC\r\n",
        Encoding.ASCII.GetString(SevenBit.Convert(Encoding.Latin1.GetBytes("Subject: x\r\n\r\nü\r\n"), new MimeLimits())!), StringComparison.Ordinal);

    [Fact]
    public void On_acceptance_what_is_signed_stays_and_what_holds_it_goes_on_saying_so()
    {
        const string message = """
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=b
            Content-Transfer-Encoding: 8bit

            --b
            Content-Transfer-Encoding: 8bit

            ü
            --b
            Content-Type: multipart/signed; boundary=s
            Content-Transfer-Encoding: 8bit

            --s
            Content-Transfer-Encoding: 8bit

            ü
            --s
            Content-Type: message/rfc822
            Content-Transfer-Encoding: 8bit

            Content-Transfer-Encoding: 8bit

            ü
            --s--
            --b--

            """;
        var converted = SevenBit.ConvertUnsigned(Encoding.UTF8.GetBytes(message.ReplaceLineEndings("\r\n")), new MimeLimits());
        Assert.Equal(message.Replace("--b\nContent-Transfer-Encoding: 8bit\n\nü", "--b\nContent-Transfer-Encoding: quoted-printable\n\n=C3=BC", StringComparison.Ordinal),
            Encoding.UTF8.GetString(converted!).ReplaceLineEndings("\n"));
        Assert.Null(SevenBit.ConvertUnsigned(Encoding.UTF8.GetBytes("Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\nü\r\n--s--\r\n"), new MimeLimits()));
    }
}
