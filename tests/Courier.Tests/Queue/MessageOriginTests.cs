using System.Net;
using Courier.Queue;

namespace Courier.Tests.Queue;

public sealed class MessageOriginTests
{
    [Theory]
    [InlineData("192.0.2.1", null, null)]
    [InlineData("192.0.2.1 at 198.51.100.7", "198.51.100.7", null)]
    [InlineData("ada@example.org", null, "example.org")]
    [InlineData("ada@example.org at 2001:db8::7", "2001:db8::7", "example.org")]
    [InlineData("\"ada at 192.0.2.1\"@example.org", null, "example.org")]
    [InlineData("uid 1000", null, null)]
    [InlineData("", null, null)]
    public void Its_text_says_who_and_where(string text, string? host, string? domain)
    {
        var origin = MessageOrigin.Parse(text);
        Assert.Equal((host is null ? null : IPAddress.Parse(host), domain, text), (origin.Host, origin.Domain, origin.ToString()));
    }
}
