using System.Diagnostics.Metrics;
using System.Net;
using Courier.Web.Metrics;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Web;

public sealed class MetricsEndpointTests
{
    [Fact]
    public async Task The_page_is_served_where_it_was_asked_for_and_stops()
    {
        using var meter = new Meter("Courier.Tests.Endpoint");
        await using var endpoint = await MetricsEndpoint.StartAsync(IPEndPoint.Parse("127.0.0.1:0"), new MetricsLimits(), NullLoggerFactory.Instance, CancellationToken.None);
        Assert.NotEqual(0, endpoint.EndPoint.Port);
        meter.CreateCounter<long>("endpoint.asked").Add(42);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{endpoint.EndPoint}") };

        using var response = await client.GetAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.False(response.Headers.Contains("Server"));
        Assert.Equal(42, Exposition.Read(await response.Content.ReadAsStringAsync())["endpoint_asked_total"].Samples.Single().Value);

        await endpoint.StopAsync(CancellationToken.None);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("/metrics", UriKind.Relative)));
    }

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/metrics/")]
    [InlineData("GET", "/metricsx")]
    [InlineData("GET", "/favicon.ico")]
    [InlineData("POST", "/metrics")]
    [InlineData("DELETE", "/metrics")]
    public async Task Anything_else_is_not_there(string method, string path)
    {
        await using var endpoint = await MetricsEndpoint.StartAsync(IPEndPoint.Parse("127.0.0.1:0"), new MetricsLimits(), NullLoggerFactory.Instance, CancellationToken.None);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri($"http://{endpoint.EndPoint}{path}"));
        using var response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task It_listens_on_IPv6_too()
    {
        await using var endpoint = await MetricsEndpoint.StartAsync(new IPEndPoint(IPAddress.IPv6Loopback, 0), new MetricsLimits(), NullLoggerFactory.Instance, CancellationToken.None);
        using var client = new HttpClient();
        Assert.NotEmpty(await client.GetStringAsync(new Uri($"http://{endpoint.EndPoint}/metrics")));
    }

    [Fact]
    public async Task A_port_in_use_is_an_IOException()
    {
        await using var first = await MetricsEndpoint.StartAsync(IPEndPoint.Parse("127.0.0.1:0"), new MetricsLimits(), NullLoggerFactory.Instance, CancellationToken.None);
        await Assert.ThrowsAsync<IOException>(() => MetricsEndpoint.StartAsync(first.EndPoint, new MetricsLimits(), NullLoggerFactory.Instance, CancellationToken.None));
    }
}
