using System.Net;
using Courier.Mta.Delivery.Remote;
using Courier.Tests.Smtp;

namespace Courier.Tests.Mta.Remote;

/// <summary>Fetching a policy over HTTPS (RFC 8461 §3.3), against a server that does what it should not.</summary>
public sealed class StsDownloadTests
{
    private const string Policy = "version: STSv1\nmode: enforce\nmx: mx.example.test\nmax_age: 10";

    private static readonly TestAuthority _root = new("CN=Sts Root");

    private static async Task<string> FetchAsync(string script, string name = "mta-sts.example.test", bool allowsPrivate = true, bool isTrusted = true)
    {
        await using var server = new ScriptedServer(new IPEndPoint(IPAddress.Loopback, 0), script) { Certificate = _root.Issue([name]) };
        var limits = new StsDownloadLimits { Port = server.Port, AllowsPrivateAddresses = allowsPrivate, Timeout = TimeSpan.FromSeconds(2), Bytes = 4096 };
        var trust = isTrusted ? _root.Trust : new TestAuthority("CN=Other Root").Trust;
        using var download = new StsDownload(new FakeResolver("mta-sts.example.test A 127.0.0.1"), limits, trust);
        return await download.FetchAsync("example.test", default);
    }

    [Fact]
    public async Task A_policy_is_fetched_from_its_well_known_place() =>
        Assert.Equal(Policy + "\n", (await FetchAsync($"tls | <GET /.well-known/mta-sts.txt HTTP/1.1 | >HTTP/1.1 200 OK\nContent-Type: text/plain; charset=utf-8\nConnection: close\n\n{Policy} | close")).ReplaceLineEndings("\n"));

    [Theory]
    [InlineData("HTTP/1.1 301 Moved\nLocation: https://elsewhere.test/\nContent-Length: 0\n")]
    [InlineData("HTTP/1.1 404 Not Found\nContent-Length: 0\n")]
    [InlineData("HTTP/1.1 200 OK\nContent-Type: text/html\nConnection: close\n\n<html>")]
    [InlineData("HTTP/1.1 200 OK\nConnection: close\n\nno type")]
    [InlineData("220 mail.example.test ESMTP")]
    public async Task An_answer_that_is_no_policy_is_an_error(string answer) =>
        await Assert.ThrowsAsync<IOException>(() => FetchAsync($"tls | <GET | >{answer} | close"));

    [Fact]
    public async Task A_policy_without_end_is_cut_off() =>
        await Assert.ThrowsAsync<IOException>(() => FetchAsync("tls | <GET | >HTTP/1.1 200 OK\nContent-Type: text/plain\nConnection: close\n | endless"));

    [Fact]
    public async Task A_server_that_stalls_is_not_waited_for() => await Assert.ThrowsAsync<IOException>(() => FetchAsync("tls | <GET | stall"));

    [Fact]
    public async Task A_certificate_for_another_name_or_of_a_stranger_is_refused()
    {
        await Assert.ThrowsAsync<IOException>(() => FetchAsync("tls", "example.test"));
        await Assert.ThrowsAsync<IOException>(() => FetchAsync("tls", isTrusted: false));
    }

    [Fact]
    public async Task Our_own_network_is_not_asked() => await Assert.ThrowsAsync<IOException>(() => FetchAsync("tls", allowsPrivate: false));
}
