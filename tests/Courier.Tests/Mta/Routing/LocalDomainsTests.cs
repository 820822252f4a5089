using Courier.Mail.Addresses;
using Courier.Mta.Reception.Access;
using Courier.Mta.Routing;
using Courier.Tests.Mta.Reception;
using Courier.Tests.Queue;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Mta.Routing;

/// <summary>Accounts: ada@example.test and Bob@example.org.</summary>
public sealed class LocalDomainsTests : IDisposable
{
    private readonly TemporaryDirectory _files = new();
    private readonly ManualClock _clock = new();

    public void Dispose() => _files.Dispose();

    private readonly FixedDirectory _accounts;

    public LocalDomainsTests() => _accounts = new FixedDirectory(_files.Path);

    private LocalDomains Open() => new(
        _accounts, new LocalDomainFiles("mx.example.test", "example.test") { Locals = _files.Path + "/locals", Hosted = _files.Path + "/hosteddomains" }, _clock, NullLogger<LocalDomains>.Instance);

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_files.Path, name), text);

    [Theory]
    [InlineData("ada@example.test", true, "ada@example.test")]
    [InlineData("ada@local.test", true, "ada@example.test")]
    [InlineData("Ada@MX.example.test", true, "ada@example.test")]
    [InlineData("ada@below.wild.test", true, "ada@example.test")]
    [InlineData("ada@wild.test", false, null)]
    [InlineData("ada@not.wild.test", false, null)]
    [InlineData("nobody@local.test", true, null)]
    [InlineData("bob@local.test", true, null)]
    [InlineData("bob@other.test", true, "Bob@example.org")]
    [InlineData("ada@other.test", true, null)]
    [InlineData("bob@a.others.test", true, "Bob@example.org")]
    [InlineData("bob@own.test", true, null)]
    [InlineData("bob@example.org", true, "Bob@example.org")]
    [InlineData("bob@elsewhere.test", false, null)]
    public async Task Couriers_lists_say_which_domains_are_ours_and_by_what_name(string address, bool isLocal, string? account)
    {
        Write("locals", "# ours\nlocal.test\n!not.wild.test\n.wild.test\n*\n");
        Directory.CreateDirectory(_files.Path + "/hosteddomains");
        Write("hosteddomains/one", "own.test\nother.test\tEXAMPLE.org\n");
        Write("hosteddomains/two", ".others.test example.org\n");
        var domains = Open();
        var parsed = MailAddress.Parse(address);
        Assert.Equal(isLocal, await domains.IsLocalDomainAsync(parsed.Domain, CancellationToken.None));
        Assert.Equal(account, (await domains.FindAsync(parsed, CancellationToken.None))?.Address.ToString());
    }

    [Theory]
    [InlineData("nobody@own.test", "alias@own.test")]
    [InlineData("\"no body\"@OWN.test", "alias@own.test")]
    [InlineData("nobody@other.test", "alias@own.test")]
    [InlineData("eve@own.test", "eve@own.test")]
    [InlineData("eve@other.test", "eve@own.test")]
    [InlineData("nobody@local.test", null)]
    [InlineData("nobody@example.test", null)]
    [InlineData("nobody@plain.test", null)]
    public async Task What_nobody_else_gets_of_a_hosted_domain_goes_to_its_account_alias(string address, string? account)
    {
        foreach (var one in new[] { "alias@own.test", "eve@own.test", "alias@example.test" })
            _accounts.Add(one);
        Write("locals", "local.test\n");
        Write("hosteddomains", "own.test\nother.test own.test\nplain.test\n");
        Assert.Equal(account, (await Open().FindAsync(MailAddress.Parse(address), CancellationToken.None))?.Address.ToString());
    }

    [Fact]
    public async Task An_edit_counts_within_a_second_and_one_with_a_mistake_does_not()
    {
        var domains = Open();
        Assert.False(await domains.IsLocalDomainAsync("new.test", CancellationToken.None));
        Write("hosteddomains", "new.test\n");
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await domains.IsLocalDomainAsync("new.test", CancellationToken.None));
        Write("hosteddomains", "newer.test\nother.test two words\nwrong.test wr@ng\n");
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((true, false), (await domains.IsLocalDomainAsync("new.test", CancellationToken.None), await domains.IsLocalDomainAsync("newer.test", CancellationToken.None)));
    }

    [Fact]
    public void A_line_that_names_no_domain_is_a_problem()
    {
        var problems = new List<LineProblem>();
        HostedDomains.Read([new SourceLine("f", 1, "a@b"), new SourceLine("f", 2, "good.test\tb@d"), new SourceLine("f", 3, "good.test better.test")], "mx.test", problems);
        Assert.Equal([2, 1], problems.Select(problem => problem.Number));
    }
}
