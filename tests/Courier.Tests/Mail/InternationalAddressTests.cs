using System.Text;
using Courier.Mail.Addresses;

namespace Courier.Tests.Mail;

/// <summary>RFC 6531 §3.3: what SMTPUTF8 adds to addresses, and where it stays out.</summary>
public sealed class InternationalAddressTests
{
    [Theory]
    [InlineData("<δοκιμή@παράδειγμα.example>", "δοκιμή", "xn--hxajbheg2az3al.example")]
    [InlineData("<用户@例子.example>", "用户", "xn--fsqu00a.example")]
    [InlineData("<a.ü@bücher.example>", "a.ü", "xn--bcher-kva.example")]
    [InlineData("<\"ü ü\"@BÜCHER.example>", "ü ü", "xn--bcher-kva.example")]
    [InlineData("<a@xn--bcher-kva.example>", "a", "xn--bcher-kva.example")]
    [InlineData("<😀@example.org>", "😀", "example.org")]
    public void Addresses_in_all_scripts_are_read_and_written_as_they_were(string path, string local, string domain)
    {
        Assert.True(MailAddress.TryParsePath(Encoding.UTF8.GetBytes(path + " X"), out var consumed, out var read, allowUtf8: true));
        Assert.Equal((local, domain, Encoding.UTF8.GetByteCount(path)), (read!.Address!.LocalPart, read.Address.Domain, consumed));
        Assert.Equal(read.Address, MailAddress.Parse(read.Address.ToString()));
        Assert.Equal(Ascii.IsValid(local), read.Address.IsAscii);
    }

    [Theory]
    [InlineData("<ü@example.org>", false)]
    [InlineData("<a@bücher.example>", false)]
    [InlineData("<.ü@example.org>", true)]
    [InlineData("<ü.@example.org>", true)]
    [InlineData("<a\u0085b@example.org>", true)]      // a control character beyond ASCII
    [InlineData("<a@-ü.example>", true)]
    [InlineData("<a@ü..example>", true)]
    public void What_is_no_address_is_refused(string path, bool allowUtf8) =>
        Assert.False(MailAddress.TryParsePath(Encoding.UTF8.GetBytes(path), out _, out _, allowUtf8));

    [Theory]
    [InlineData("\xff")]
    [InlineData("\xc3")]
    [InlineData("\xed\xa0\x80")]        // half of a surrogate pair
    [InlineData("\xc0\xae")]            // a dot, too long
    public void What_is_no_utf8_is_refused(string latin1) =>
        Assert.False(MailAddress.TryParsePath(Encoding.Latin1.GetBytes($"<{latin1}@example.org>"), out _, out _, allowUtf8: true));

    [Theory]
    [InlineData(64, true)]              // 192 octets
    [InlineData(65, false)]
    public void Lengths_count_octets(int characters, bool isTaken) =>
        Assert.Equal(isTaken, MailAddress.TryParse(new string('例', characters) + "@example.org", out _));

    [Fact]
    public void Two_forms_of_one_letter_are_one_account() =>
        Assert.Equal(MailAddress.Parse("\u00fc@example.org").Key, MailAddress.Parse("U\u0308@example.org").Key);
}
