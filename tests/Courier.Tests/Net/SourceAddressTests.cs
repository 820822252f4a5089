using System.Net;
using System.Net.Sockets;
using Courier.Net;

namespace Courier.Tests.Net;

/// <summary>Connections leave from the address that was asked for.</summary>
public sealed class SourceAddressTests
{
    [Theory]
    [InlineData("127.0.0.2")]
    [InlineData(null)]
    public async Task A_connection_leaves_from_the_address_asked_for(string? source)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var sources = new SourceAddresses(source is null ? null : IPAddress.Parse(source), IPAddress.Parse("2001:db8::1"));
        await using var connection = await Connection.ConnectAsync("127.0.0.1", port, sources, CancellationToken.None);
        using var accepted = await listener.AcceptSocketAsync();
        Assert.Equal(IPAddress.Parse(source ?? "127.0.0.1"), ((IPEndPoint)accepted.RemoteEndPoint!).Address);
    }

    [Fact]
    public async Task An_address_that_is_not_ours_is_an_error_of_the_connection() =>
        await Assert.ThrowsAsync<SocketException>(async () => await Connection.ConnectAsync("127.0.0.1", 9, new SourceAddresses(IPAddress.Parse("192.0.2.1"), null), CancellationToken.None));
}
