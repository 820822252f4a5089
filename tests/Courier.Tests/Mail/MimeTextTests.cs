using System.Buffers;
using System.Text;
using Courier.Mail.Mime;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.Mail;

public sealed class MimeTextTests
{
    [Theory]
    [InlineData("YWJj", "abc")]
    [InlineData("YW\r\nJj\r\n", "abc")]
    [InlineData("YQ==YmM=", "abc")]
    [InlineData("YWJ", "ab")]
    [InlineData("Y", "")]
    [InlineData("*Y-W!J_j", "abc")]
    [InlineData("YWJj====", "abc")]
    [InlineData("", "")]
    public void Base64_is_read_as_far_as_it_goes(string body, string expected) =>
        Assert.Equal(expected, Encoding.Latin1.GetString(MimeText.DecodeTransfer(Encoding.Latin1.GetBytes(body), "Base64")));

    [Theory]
    [InlineData("a=3Db=e4=E4", "a=bää")]
    [InlineData("soft =\r\nbreak=  \r\nhere", "soft breakhere")]
    [InlineData("space at end \t\r\nx", "space at end\r\nx")]
    [InlineData("unix =\nbreak \nx \n", "unix break\nx\n")]
    [InlineData("a=", "a")]
    [InlineData("a=4", "a=4")]
    [InlineData("a=zz==3D", "a=zz==")]
    [InlineData("last ", "last ")]
    [InlineData("\r\n\r\n", "\r\n\r\n")]
    public void Quoted_printable_is_read_as_far_as_it_goes(string body, string expected) =>
        Assert.Equal(expected, Encoding.Latin1.GetString(MimeText.DecodeTransfer(Encoding.Latin1.GetBytes(body), "quoted-printable")));

    [Fact]
    public void Other_encodings_are_taken_as_they_are() => Assert.Equal("=41"u8.ToArray(), MimeText.DecodeTransfer("=41"u8, "x-unknown"));

    [Theory]
    [InlineData(null, "c3a4", "ä")]
    [InlineData(null, "e4", "ä")]
    [InlineData("us-ascii", "c3a4", "ä")]
    [InlineData("UTF-8", "c3a4ff", "ä\ufffd")]
    [InlineData(" \"utf-8\" ", "c3a4", "ä")]
    [InlineData("iso-8859-1", "c3a4", "Ã¤")]
    [InlineData("iso-8859-15", "a4", "€")]
    [InlineData("windows-1252", "80", "€")]
    [InlineData("cp1252", "80", "€")]
    [InlineData("windows-1251", "cff0e8", "При")]
    [InlineData("koi8-r", "f0d2c9", "При")]
    [InlineData("iso-8859-2", "b1", "ą")]
    [InlineData("shift_jis", "93fa967b", "日本")]
    [InlineData("cp932", "93fa967b", "日本")]
    [InlineData("euc-jp", "c6fccbdc", "日本")]
    [InlineData("gb2312", "d6d0", "中")]
    [InlineData("gbk", "d6d0", "中")]
    [InlineData("big5", "a4a4", "中")]
    [InlineData("euc-kr", "c7d1", "한")]
    [InlineData("ks_c_5601-1987", "c7d1", "한")]
    [InlineData("utf-16", "00e4", "ä")]
    [InlineData("utf-16le", "e400", "ä")]
    [InlineData("x-none", "c3a4", "ä")]
    [InlineData("", "e4", "ä")]
    public void A_charset_is_found_by_its_name(string? charset, string hex, string expected) =>
        Assert.Equal(expected, MimeText.DecodeCharset(Convert.FromHexString(hex), charset));

    [Fact]
    public void A_part_is_text_only_if_it_says_so()
    {
        var message = "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=E4"u8;
        Assert.Equal("ä", MimeText.Of(message, MimeReader.Read(message, MimeLimits.Default)));
        message = "Content-Type: image/png\r\n\r\nx"u8;
        Assert.Null(MimeText.Of(message, MimeReader.Read(message, MimeLimits.Default)));
    }

    [Fact]
    public void What_is_encoded_is_decoded() =>
        Prop.ForAll<NonNull<byte[]>>(octets =>
        {
            // A bare CR or LF is a line end to quoted-printable, which is for text.
            var text = octets.Get.Where(b => b is not (10 or 13)).ToArray();
            var output = new ArrayBufferWriter<byte>();
            TransferEncodings.EncodeQuotedPrintable(text, output);
            return MimeText.DecodeTransfer(output.WrittenSpan, "quoted-printable").SequenceEqual(text)
                && Encoding.ASCII.GetString(output.WrittenSpan).Split("\r\n").All(line => line.Length <= 76)
                && MimeText.DecodeTransfer(Encoding.ASCII.GetBytes(Convert.ToBase64String(octets.Get)), "base64").SequenceEqual(octets.Get);
        }).QuickCheckThrowOnFailure();
}
