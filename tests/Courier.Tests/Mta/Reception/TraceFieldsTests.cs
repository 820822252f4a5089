using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Courier.Mail.Addresses;
using Courier.Mta.Reception;
using Courier.Net;
using Courier.Smtp.Server;
using static Courier.Tests.Mta.Reception.ReceptionBench;

namespace Courier.Tests.Mta.Reception;

public sealed class TraceFieldsTests
{
    private static readonly DateTimeOffset _now = new(2026, 11, 21, 1, 2, 3, TimeSpan.Zero);

    [Theory]
    [InlineData(true, null, "ESMTP", "with ESMTP ")]
    [InlineData(true, "ada", "ESMTP", "with ESMTPA ")]
    [InlineData(true, null, "LMTP", "with LMTP ")]
    [InlineData(true, "ada", "LMTP", "with LMTPA ")]
    [InlineData(false, null, "ESMTP", "with SMTP ")]
    public void The_protocol_is_named_by_RFC_3848(bool isExtended, string? user, string protocol, string expected) =>
        Assert.Contains(expected, Received(PeerAt(user: user, isExtended: isExtended), protocol), StringComparison.Ordinal);

    [Theory]
    [InlineData("mx1.example.net", "mx1.example.net")]
    [InlineData("[192.0.2.9]", "[192.0.2.9]")]
    [InlineData("[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]")]
    [InlineData("x y", "unknown")]
    [InlineData("x\r\nBcc: y", "unknown")]
    [InlineData("a(b", "unknown")]
    [InlineData("a;b", "unknown")]
    [InlineData("ümlaut", "unknown")]
    [InlineData("", "unknown")]
    public void What_the_peer_calls_itself_cannot_break_the_field(string helo, string shown)
    {
        var field = Received(PeerAt(helo: helo), "ESMTP");
        Assert.StartsWith($"Received: from {shown} ([192.0.2.1])\r\n\tby ", field, StringComparison.Ordinal);
        Assert.All(field.TrimEnd().Split("\r\n")[1..], line => Assert.StartsWith("\t", line, StringComparison.Ordinal));
    }

    [Fact]
    public void An_IPv6_peer_is_written_as_a_literal() =>
        Assert.Contains("([IPv6:2001:db8::1])", Received(PeerAt("2001:db8::1"), "ESMTP"), StringComparison.Ordinal);

    [Fact]
    public async Task A_secured_connection_is_named_with_its_version_and_cipher()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        await using var server = Connection.FromSocket(await listener.AcceptSocketAsync());
        using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate?.Subject == "CN=localhost");
        await Task.WhenAll(
            tls.AuthenticateAsClientAsync("localhost"),
            server.SecureAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, CancellationToken.None).AsTask());

        Assert.Matches(@"with ESMTPSA\r\n\t\(TLSv1\.3 TLS_[A-Z0-9_]+\) id X\r\n\tfor ", Received(new SmtpPeer(server, "client", IsExtended: true, "ada"), "ESMTP"));
        Assert.Matches(@"with ESMTPS\r\n", Received(new SmtpPeer(server, "client", IsExtended: true, User: null), "ESMTP"));
    }

    [Fact]
    public void Ids_grow_with_time_and_differ_between_connections()
    {
        var (one, two) = (PeerAt(), PeerAt());
        var ids = new[] { TraceFields.NewId(one, _now), TraceFields.NewId(two, _now), TraceFields.NewId(one, _now.AddMicroseconds(1)) };
        Assert.Equal(3, ids.Distinct(StringComparer.Ordinal).Count());
        Assert.True(string.CompareOrdinal(ids[0], ids[2]) < 0);
        Assert.All(ids, id => Assert.Matches("^[0-9A-F]+-[0-9A-F]+$", id));
    }

    private static string Received(SmtpPeer peer, string protocol)
    {
        var transaction = Begin(peer);
        transaction.Recipients.Add(new SmtpRecipient(MailAddress.Parse("ada@example.test")));
        return TraceFields.Received(transaction, "mx.example.test", protocol, "X", _now).ToString();
    }
}
