using Courier.Mail.Addresses;

namespace Courier.Tests.Mail;

/// <summary>Return paths that name the recipient: draft-varshavchik-verp-smtpext §7 and its examples.</summary>
public sealed class VerpTests
{
    [Theory]
    [InlineData("itny-out@domain.com", "node42!ann@old.example.com", "itny-out-node42+21ann=old.example.com@domain.com")]
    [InlineData("itny-out@domain.com", "tom@old.example.com", "itny-out-tom=old.example.com@domain.com")]
    [InlineData("itny-out@domain.com", "dave+priority@new-site.example.com", "itny-out-dave+2Bpriority=new+2Dsite.example.com@domain.com")]
    [InlineData("list@example.org", "a%b:c=d@[192.0.2.1]", "list-a+25b+3Ac=d=+5B192.0.2.1+5D@example.org")]
    public void The_recipient_is_named_in_the_return_path(string sender, string recipient, string expected) =>
        Assert.Equal(expected, Verp.Encode(MailAddress.Parse(sender), new MailAddress(recipient[..recipient.LastIndexOf('@')], recipient[(recipient.LastIndexOf('@') + 1)..])).ToString().Replace("\"", "", StringComparison.Ordinal));

    [Fact]
    public void The_null_path_stays_the_null_path() => Assert.True(Verp.Encode(ReversePath.Null, MailAddress.Parse("a@example.org")).IsNull);
}
