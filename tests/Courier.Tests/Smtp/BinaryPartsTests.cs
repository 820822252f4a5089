using System.Text;
using Courier.IO.Files;
using Courier.Mail.Mime;
using Courier.Smtp.Server;

namespace Courier.Tests.Smtp;

public sealed class BinaryPartsTests
{
    [Theory]
    [InlineData("Subject: x\r\n\r\na\nb", "Subject: x\r\n\r\na\r\nb\r\n")]
    [InlineData("Content-Transfer-Encoding: binary\r\n\r\nab\n", "Content-Transfer-Encoding: base64\r\n\r\nYWIK\r\n")]
    [InlineData("Content-Transfer-Encoding:\r\n BINARY\r\nX: y\n\r\n", "Content-Transfer-Encoding: base64\r\nX: y\r\n\r\n")]
    [InlineData("Content-Transfer-Encoding: binary\r\nA: b\r\nContent-Transfer-Encoding: 7bit\r\n\r\nx", "Content-Transfer-Encoding: base64\r\nA: b\r\n\r\neA==\r\n")]
    [InlineData("Content-Transfer-Encoding: base64\r\n\r\nYQ==\r\n", "Content-Transfer-Encoding: base64\r\n\r\nYQ==\r\n")]
    [InlineData(
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: binary\r\n\r\nContent-Transfer-Encoding: binary\r\n\r\nx\n",
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\nContent-Transfer-Encoding: base64\r\n\r\neAo=\r\n")]
    [InlineData(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\npre\n--b\r\nContent-Transfer-Encoding: binary\r\n\r\n\r\n\r\n--b\r\n\r\n--b--",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\npre\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\nDQo=\r\n--b\r\n\r\n--b--\r\n")]
    public void Binary_parts_become_base64_and_all_else_lines(string message, string expected) => Assert.Equal(expected, Encode(Encoding.Latin1.GetBytes(message)));

    [Fact]
    public void Every_octet_comes_back_and_no_line_is_long()
    {
        var octets = Enumerable.Range(0, 100_000).Select(n => (byte)(n * 31 >> 3)).ToArray();
        foreach (var memory in new[] { 1000, 1 << 20 })
        {
            var encoded = Encode([.. "Content-Transfer-Encoding: binary\r\n\r\n"u8, .. octets], memory);
            var body = encoded[(encoded.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
            Assert.All(body.Split("\r\n"), line => Assert.InRange(line.Length, 0, 76));
            Assert.Equal(octets, Convert.FromBase64String(body));
        }
    }

    [Fact]
    public void A_thousand_nested_parts_cost_no_more_than_the_limits()
    {
        var nested = string.Concat(Enumerable.Range(0, 1000).Select(n => $"Content-Type: multipart/mixed; boundary=b{n}x\r\n\r\n--b{n}x\r\n"));
        Assert.StartsWith(nested, Encode(Encoding.ASCII.GetBytes(nested)), StringComparison.Ordinal);
        Assert.InRange(MimeLimits.Default.Depth, 1, 1000);
    }

    private static string Encode(byte[] message, int memory = 1 << 20)
    {
        using var received = new MessageBuffer(Path.GetTempPath(), memory);
        received.Write(message);
        using var output = new MessageBuffer(Path.GetTempPath(), memory);
        BinaryParts.Encode(received, output);
        using var stream = output.OpenRead();
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return reader.ReadToEnd();
    }
}
