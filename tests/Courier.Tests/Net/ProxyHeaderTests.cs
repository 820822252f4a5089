using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Courier.Net;
using Courier.Tests.Shared.Smtp;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Net;

/// <summary>proxy-protocol.txt §2.1, §2.2.</summary>
public sealed class ProxyHeaderTests
{
    private const string Signature = "\r\n\r\n\0\r\nQUIT\n";

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n", "192.0.2.7:56324 198.51.100.1:443")]
    [InlineData("PROXY TCP6 2001:db8::7 2001:db8::1 1 65535\r\n", "[2001:db8::7]:1 [2001:db8::1]:65535")]
    [InlineData("PROXY TCP6 ::ffff:192.0.2.7 ::ffff:198.51.100.1 1 2\r\n", "192.0.2.7:1 198.51.100.1:2")]
    [InlineData("PROXY UNKNOWN\r\n", "")]
    [InlineData("PROXY UNKNOWN ffff:f...f:ffff whatever\r\n", "")]
    [InlineData(Signature + "\x21\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\x01\0\0\x19", "192.0.2.7:256 198.51.100.1:25")]
    [InlineData(Signature + "\x21\x11\0\x0f\xc0\0\x02\x07\xc6\x33\x64\x01\x01\0\0\x19\x04\0\0", "192.0.2.7:256 198.51.100.1:25")]
    [InlineData(Signature + "\x21\x21\0\x24\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\0\x02\0\x03", "[2001:db8::7]:2 [2001:db8::1]:3")]
    [InlineData(Signature + "\x20\0\0\0", "")]                              // LOCAL
    [InlineData(Signature + "\x20\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\x01\0\0\x19", "")]     // LOCAL with addresses, which do not count (§2.2)
    [InlineData(Signature + "\x21\x12\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\x01\0\0\x19", "")]     // UDP
    [InlineData(Signature + "\x21\x31\0\x03xyz", "")]                       // AF_UNIX
    public async Task A_header_is_read_to_its_last_octet_and_not_one_further(string header, string expected)
    {
        var stream = new MemoryStream(Encoding.Latin1.GetBytes(header + "EHLO x\r\n"));
        var addresses = await ProxyHeader.ReadAsync(stream, CancellationToken.None);
        Assert.Equal(expected, addresses is { } found ? $"{found.Source} {found.Destination}" : "");
        Assert.Equal(header.Length, stream.Position);
        for (var length = 0; length < header.Length; length++)
        {
            var cut = new MemoryStream(Encoding.Latin1.GetBytes(header[..length]));
            await Assert.ThrowsAsync<EndOfStreamException>(async () => await ProxyHeader.ReadAsync(cut, CancellationToken.None));
        }
    }

    [Theory]
    [InlineData("EHLO client.example\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n")]
    [InlineData("PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n")]
    [InlineData("PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 65536 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 -1 2\r\n")]
    [InlineData("PROXY TCP5 192.0.2.7 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7  198.51.100.1 1 2\r\n")]
    [InlineData(Signature + "\x11\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\x01\0\0\x19")]         // version 1 in binary
    [InlineData(Signature + "\x22\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\x01\0\0\x19")]         // no such command
    [InlineData(Signature + "\x21\x11\0\x0b\xc0\0\x02\x07\xc6\x33\x64\x01\x01\0\0")]             // too short for its addresses
    [InlineData(Signature + "\x21\x11\x10\x01")]                                                 // longer than anybody needs
    public async Task What_is_no_header_is_refused(string text) =>
        await Assert.ThrowsAsync<InvalidDataException>(async () => await ProxyHeader.ReadAsync(new MemoryStream(Encoding.Latin1.GetBytes(text)), CancellationToken.None));

    [Fact]
    public async Task A_line_without_end_is_refused_after_107_octets()
    {
        var stream = new MemoryStream(Encoding.Latin1.GetBytes("PROXY UNKNOWN " + new string('x', 1000)));
        await Assert.ThrowsAsync<InvalidDataException>(async () => await ProxyHeader.ReadAsync(stream, CancellationToken.None));
        Assert.Equal(107, stream.Position);
    }

    [Fact]
    public async Task A_handshake_that_comes_with_the_header_is_not_lost()
    {
        var settings = new ListenerSettings("smtps", new IPEndPoint(IPAddress.Loopback, 0)) { ImplicitTls = TestCertificate.Server, Proxies = [IPNetwork.Parse("127.0.0.0/8")] };
        await using var listener = Listener.Start(
            settings, async (connection, ct) => await connection.Output.WriteAsync(Encoding.ASCII.GetBytes(connection.Remote.ToString()), ct), NullLogger.Instance);
        using var client = new TcpClient();
        await client.ConnectAsync(listener.EndPoint);
        await using var tls = new SslStream(new Prefixed(client.GetStream(), "PROXY TCP4 192.0.2.7 198.51.100.1 56324 465\r\n"));
        await tls.AuthenticateAsClientAsync(TestCertificate.Client);
        using var reader = new StreamReader(tls);
        Assert.Equal("192.0.2.7:56324", await reader.ReadToEndAsync());
    }

    [Theory]
    [InlineData("10.0.0.0/8", "PROXY UNKNOWN\r\n")]
    [InlineData("127.0.0.0/8", "EHLO x\r\n\r\n\r\n\r\n")]
    public async Task Who_is_no_trusted_proxy_is_closed_without_a_word(string proxies, string said)
    {
        var settings = new ListenerSettings("smtp", new IPEndPoint(IPAddress.Loopback, 0)) { Proxies = [IPNetwork.Parse(proxies)] };
        await using var listener = Listener.Start(
            settings, async (connection, ct) => await connection.Output.WriteAsync("220 hi"u8.ToArray(), ct), NullLogger.Instance);
        await using var talk = await SmtpTalk.ConnectAsync(listener.EndPoint.Port);
        await talk.SendAsync(said);
        Assert.Equal("", await talk.ReadToEndAsync());
    }

    [Fact]
    public async Task Connections_are_counted_for_whom_the_proxy_names()
    {
        var settings = new ListenerSettings("smtp", new IPEndPoint(IPAddress.Loopback, 0)) { Proxies = [IPNetwork.Parse("127.0.0.0/8")], ConnectionsPerPeerMax = 1, Refusal = "421 many"u8.ToArray() };
        await using var listener = Listener.Start(
            settings,
            async (connection, ct) =>
            {
                await connection.Output.WriteAsync("220 hi\r\n"u8.ToArray(), ct);
                await connection.Input.ReadAsync(ct);
            },
            NullLogger.Instance);
        var talks = new List<SmtpTalk>();
        foreach (var (address, expected) in new[] { ("192.0.2.1", "220 hi"), ("192.0.2.2", "220 hi"), ("192.0.2.1", "421 many") })
        {
            talks.Add(await SmtpTalk.ConnectAsync(listener.EndPoint.Port));
            await talks[^1].SendAsync($"PROXY TCP4 {address} 198.51.100.1 1 2\r\n");
            Assert.Equal(expected, expected[0] == '2' ? await talks[^1].ReadAsync() : await talks[^1].ReadToEndAsync());
        }

        foreach (var talk in talks)
            await talk.DisposeAsync();
    }

    /// <summary>Sends text in the same write as the first octets of what goes through it.</summary>
    private sealed class Prefixed(NetworkStream stream, string text) : Stream
    {
        private byte[] _text = Encoding.ASCII.GetBytes(text);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => stream.ReadAsync(buffer, cancellationToken);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await stream.WriteAsync((byte[])[.. _text, .. buffer.Span], cancellationToken);
            _text = [];
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => stream.FlushAsync(cancellationToken);

        public override void Flush() => stream.Flush();

        public override int Read(byte[] buffer, int offset, int count) => stream.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => stream.Write(buffer, offset, count);
    }
}
