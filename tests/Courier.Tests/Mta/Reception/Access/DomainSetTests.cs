using Courier.Mta.Reception.Access;

namespace Courier.Tests.Mta.Reception.Access;

public sealed class DomainSetTests
{
    [Theory]
    [InlineData("example.org", "example.org", true)]
    [InlineData("example.org", "EXAMPLE.org", true)]
    [InlineData("example.org", "mail.example.org", false)]
    [InlineData(".example.org", "mail.example.org", true)]
    [InlineData(".example.org", "a.b.example.org", true)]
    [InlineData(".example.org", "example.org", false)]
    [InlineData("!not.example.org .example.org", "not.example.org", false)]
    [InlineData("!not.example.org .example.org", "now.example.org", true)]
    [InlineData(".example.org !not.example.org", "not.example.org", true)]
    [InlineData("!.dull.example.org .example.org", "very.dull.example.org", false)]
    [InlineData("*", "mx.example.test", true)]
    [InlineData("*.example.org", "mx.example.org", true)]
    [InlineData("*.example.org", "my.example.org", false)]
    [InlineData("bücher.example", "xn--bcher-kva.example", true)]
    [InlineData("example.org.", "example.org", true)]
    [InlineData("", "example.org", false)]
    public void The_first_pattern_that_fits_counts(string patterns, string domain, bool isIn) =>
        Assert.Equal(isIn, DomainSet.Parse(patterns.Split(' ', StringSplitOptions.RemoveEmptyEntries), "mx.example.test", out _)!.Contains(domain));

    [Theory]
    [InlineData("some one")]
    [InlineData("user@example.org")]
    [InlineData("!")]
    [InlineData("a..b")]
    public void What_is_no_domain_is_named(string word)
    {
        Assert.Null(DomainSet.Parse([word], "mx.example.test", out var wrong));
        Assert.Equal(word, wrong);
    }
}
