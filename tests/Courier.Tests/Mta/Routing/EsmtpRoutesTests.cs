using Courier.Mta.Delivery.Remote;
using Courier.Mta.Routing;
using Courier.Tests.Queue;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Mta.Routing;

public sealed class EsmtpRoutesTests
{
    private const string Text = """
        # routes
        example.com: relay.example.net
        .example.com: [192.0.2.9],2525
        sec.test: smtp.test,587 /SECURITY=STARTTLS
        req.test: smtp.test/SECURITY=REQUIRED,IPV4ONLY
        ssl.test: smtp.test,465 /security=smtps/ipv6only
        own.test:
        port.test:,2525 /SECURITY=REQUIRED
        local.example.com: never.reached
        : [2001:db8::1]
        late.test: never.reached
        """;

    [Theory]
    [InlineData("example.com", "relay.example.net:25 mx")]
    [InlineData("EXAMPLE.com", "relay.example.net:25 mx")]
    [InlineData("a.b.example.com", "192.0.2.9:2525")]
    [InlineData("local.example.com", "192.0.2.9:2525")]
    [InlineData("sec.test", "smtp.test:587 mx Verified")]
    [InlineData("req.test", "smtp.test:25 mx Required IPv4Only")]
    [InlineData("ssl.test", "smtp.test:465 mx Smtps IPv6Only")]
    [InlineData("own.test", ":25 mx")]
    [InlineData("port.test", ":2525 mx Required")]
    [InlineData("late.test", "[2001:db8::1]:25")]
    [InlineData("any.test", "[2001:db8::1]:25")]
    public void The_first_line_that_fits_counts(string domain, string expected)
    {
        var (routes, problems) = EsmtpRoutes.Parse(Text.Split('\n'), EsmtpRoutes.ParseLogins([]));
        Assert.Empty(problems);
        Assert.Equal(expected, Show(routes.Find(domain)!));
    }

    [Theory]
    [InlineData("no colon here")]
    [InlineData("x.test: relay,99999")]
    [InlineData("x.test: [nonsense]")]
    [InlineData("x.test: relay /SECURITY=NONE")]
    public void A_line_that_is_wrong_is_named_and_left_out(string line)
    {
        var (routes, problems) = EsmtpRoutes.Parse(["# first", line], EsmtpRoutes.ParseLogins([]));
        Assert.Equal(2, Assert.Single(problems).Line);
        Assert.Null(routes.Find("x.test"));
    }

    [Fact]
    public void A_login_belongs_to_the_relay_as_the_route_writes_it()
    {
        var logins = EsmtpRoutes.ParseLogins(["# comment", "smtp.test,587 ada p#ss word ", "plain.test bob secret", "broken"]);
        var (routes, _) = EsmtpRoutes.Parse(["a.test: smtp.test,587 /SECURITY=STARTTLS", "b.test: smtp.test", "c.test: plain.test"], logins);
        Assert.Equal(("ada", "p#ss word"), (routes.Find("a.test")!.Credentials!.User, routes.Find("a.test")!.Credentials!.Password));
        Assert.Null(routes.Find("b.test")!.Credentials);
        Assert.Equal("bob", routes.Find("c.test")!.Credentials!.User);
        Assert.DoesNotContain("secret", routes.Find("c.test")!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_edit_counts_without_a_restart()
    {
        var path = Path.Combine(Path.GetTempPath(), $"routes-{Guid.NewGuid():N}");
        var clock = new ManualClock();
        try
        {
            File.WriteAllText(path, "x.test: a.test\n");
            var files = new EsmtpRouteFiles(path, null, clock, NullLogger.Instance);
            Assert.Equal("a.test", files.Find("x.test")!.Host);
            File.WriteAllText(path, "x.test: b.test\n");
            File.SetLastWriteTimeUtc(path, new DateTime(2031, 1, 1, 0, 0, 0, DateTimeKind.Utc));
            clock.Advance(TimeSpan.FromSeconds(2));
            Assert.Equal("b.test", files.Find("x.test")!.Host);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Show(NextHop hop) => $"{hop}{(hop.UsesMx ? " mx" : "")}{(hop.Security == HopSecurity.WhenOffered ? "" : $" {hop.Security}")}{(hop.Families == AddressFamilies.Both ? "" : $" {hop.Families}")}";
}
