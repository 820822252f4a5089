using System.Text;
using Courier.Mail.Mime;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.Mail;

public sealed class EightBitTests
{
    private const string Head = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n";

    private static string? Convert(string message)
    {
        var converted = EightBit.Convert(Encoding.UTF8.GetBytes(message.ReplaceLineEndings("\r\n")), new MimeLimits());
        return converted is null ? null : Encoding.UTF8.GetString(converted).ReplaceLineEndings("\n");
    }

    [Theory]
    [InlineData("Gr=C3=BC=C3=9Fe =3D=20\n=46rom=\n here =09\n.\n", "8bit", "Grüße = \nFrom here \t\n.\n")]
    [InlineData("only =41=53CII\n", "7bit", "only ASCII\n")]
    public void Text_is_said_as_it_is(string encoded, string encoding, string text) =>
        Assert.Equal(Head.Replace("quoted-printable", encoding, StringComparison.Ordinal) + text, Convert(Head + encoded));

    [Fact]
    public void What_holds_the_parts_says_so_and_others_stay_as_they_were()
    {
        const string message = """
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=b

            --b
            Content-Transfer-Encoding: quoted-printable

            =C3=BC=
            --b
            Content-Type: application/x
            Content-Transfer-Encoding: quoted-printable

            =C3=BC
            --b
            Content-Type: message/rfc822
            Content-Transfer-Encoding: 7bit

            Content-Transfer-Encoding: quoted-printable

            =C3=A4
            --b
            Content-Type: multipart/signed; boundary=s

            --s
            Content-Transfer-Encoding: quoted-printable

            =C3=BC
            --s--
            --b--

            """;
        var expected = message.Replace("boundary=b\n", "boundary=b\nContent-Transfer-Encoding: 8bit\n", StringComparison.Ordinal)
            .Replace("--b\nContent-Transfer-Encoding: quoted-printable\n\n=C3=BC=\n", "--b\nContent-Transfer-Encoding: 8bit\n\nü\n", StringComparison.Ordinal)
            .Replace("Encoding: 7bit\n\nContent-Transfer-Encoding: quoted-printable\n\n=C3=A4", "Encoding: 8bit\n\nContent-Transfer-Encoding: 8bit\n\nä", StringComparison.Ordinal);
        Assert.Equal(expected, Convert(message));
    }

    [Theory]
    [InlineData(Head + "nul =00\n")]
    [InlineData(Head + "a lone =0D here\n")]
    [InlineData(Head + "a lone =0A here\n")]
    [InlineData(Head + "no = sign of its own\n")]
    [InlineData(Head + "ü and =C3=BC\n")]
    [InlineData(Head + "no line end =C3=BC=\n")]
    [InlineData("MIME-Version: 1.0\nContent-Type: text/plain\n\n=C3=BC\n")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: quoted-printable\n\n=2D-b\n--b--\n")]
    [InlineData("Content-Type: multipart/signed; boundary=b\n\n--b\nContent-Transfer-Encoding: quoted-printable\n\n=C3=BC\n--b--\n")]
    public void What_is_signed_or_no_lines_stays(string message) => Assert.Null(Convert(message));

    [Fact]
    public void A_line_that_is_too_long_for_SMTP_stays_encoded()
    {
        Assert.NotNull(Convert(Head + Line(998)));
        Assert.Null(Convert(Head + Line(999)));

        static string Line(int length) => string.Concat(Enumerable.Repeat("x=\n", length)) + "\n";
    }

    [Fact]
    public void Seven_bits_and_back_is_the_same_octets()
    {
        var line = Gen.Elements("a", "=", " ", "\t", "ü", "ß", "F", "From ", ".", "\r\n", "\r\n", "--", "=\r\n", new string('y', 60)).ListOf().Select(string.Concat);
        Prop.ForAll(line.ToArbitrary(), text =>
        {
            var message = Encoding.UTF8.GetBytes($"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nü{text}\r\n");
            var seven = SevenBit.ConvertUnsigned(message, MimeLimits.Default);
            Assert.NotNull(seven);
            Assert.False(SevenBit.Holds(seven));
            Assert.All(Encoding.ASCII.GetString(seven).Split("\r\n"), one => Assert.InRange(one.Length, 0, 76));
            if (EightBit.Convert(seven, MimeLimits.Default) is { } back)
                Assert.Equal(message, back);
            else
                Assert.Contains(Encoding.UTF8.GetString(message).Split("\r\n"), one => Encoding.UTF8.GetByteCount(one) > 998);
        }).QuickCheckThrowOnFailure();
    }
}
