using System.Text;
using Courier.Mail.Addresses;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.Mail;

public sealed class MailAddressTests
{
    [Theory]
    [InlineData("ada@example.org", "ada", "example.org")]
    [InlineData("Ada.Lovelace+x@EXAMPLE.Org", "Ada.Lovelace+x", "example.org")]
    [InlineData("!#$%&'*+-/=?^_`{|}~@a", "!#$%&'*+-/=?^_`{|}~", "a")]
    [InlineData("\"ada\"@example.org", "ada", "example.org")]
    [InlineData("\"a\\da\"@example.org", "ada", "example.org")]
    [InlineData("\"a b\"@example.org", "a b", "example.org")]
    [InlineData("\"a@b\"@example.org", "a@b", "example.org")]
    [InlineData("\"a\\\"\\\\\"@example.org", "a\"\\", "example.org")]
    [InlineData("\"\"@example.org", "", "example.org")]
    [InlineData("\".a..b.\"@example.org", ".a..b.", "example.org")]
    [InlineData("ada@[127.0.0.1]", "ada", "[127.0.0.1]")]
    [InlineData("ada@[IPv6:2001:DB8::1]", "ada", "[ipv6:2001:db8::1]")]
    [InlineData("ada@[ipv6:::ffff:192.0.2.1]", "ada", "[ipv6:::ffff:192.0.2.1]")]
    [InlineData("ada@1.2.3", "ada", "1.2.3")]
    [InlineData("ada@x--y.example", "ada", "x--y.example")]
    public void An_address_is_read_as_RFC_5321_writes_it(string text, string local, string domain)
    {
        Assert.True(MailAddress.TryParse(text, out var address));
        Assert.Equal((local, domain), (address!.LocalPart, address.Domain));
        Assert.True(MailAddress.TryParse(Encoding.ASCII.GetBytes(text), out var again));
        Assert.Equal(address, again);
        Assert.Equal(address, MailAddress.Parse(address.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ada")]
    [InlineData("ada@")]
    [InlineData("@example.org")]
    [InlineData(".ada@example.org")]
    [InlineData("ada.@example.org")]
    [InlineData("a..b@example.org")]
    [InlineData("a b@example.org")]
    [InlineData("a@b@example.org")]
    [InlineData("a,b@example.org")]
    [InlineData("ada@example.org ")]
    [InlineData("ada@example.org.")]
    [InlineData("ada@.example.org")]
    [InlineData("ada@example..org")]
    [InlineData("ada@-example.org")]
    [InlineData("ada@example-.org")]
    [InlineData("ada@exam_ple.org")]
    [InlineData("ada@exa\0mple.org")]
    [InlineData("ada\r\n@example.org")]
    [InlineData("\"ada@example.org")]
    [InlineData("\"ada\\\"@example.org")]
    [InlineData("\"a\nb\"@example.org")]
    [InlineData("\"a\tb\"@example.org")]
    [InlineData("\"a\"b@example.org")]
    [InlineData("ada@[127.0.0.1")]
    [InlineData("ada@[127.0.0]")]
    [InlineData("ada@[127.0.0.256]")]
    [InlineData("ada@[127.0.0.0001]")]
    [InlineData("ada@[127.0.0.1.]")]
    [InlineData("ada@[127.0.0.+1]")]
    [InlineData("ada@[]")]
    [InlineData("ada@[::1]")]
    [InlineData("ada@[IPv6:]")]
    [InlineData("ada@[IPv6:1::2::3]")]
    [InlineData("ada@[IPv6:fe80::1%eth0]")]
    [InlineData("ada@[X400:any]")]
    [InlineData("\u0085da@example.org")]
    [InlineData("ada@-exämple.org")]
    public void What_is_no_address_is_refused(string text)
    {
        Assert.False(MailAddress.TryParse(text, out var address));
        Assert.Null(address);
        Assert.False(MailAddress.TryParse(Encoding.UTF8.GetBytes(text), out _));
        Assert.Throws<FormatException>(() => MailAddress.Parse(text));
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(192, true)]
    [InlineData(193, false)]
    public void A_local_part_has_192_octets_at_most(int length, bool isAddress)
    {
        Assert.Equal(isAddress, MailAddress.TryParse(new string('a', length) + "@b", out _));
        Assert.Equal(isAddress, MailAddress.TryParse('"' + new string(' ', length - 2) + "\"@b", out _));
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public void A_label_has_63_octets_at_most(int length, bool isAddress) =>
        Assert.Equal(isAddress, MailAddress.TryParse("a@" + new string('b', length) + ".org", out _));

    [Theory]
    [InlineData(254, true)]
    [InlineData(255, false)]
    public void An_address_has_254_octets_at_most(int length, bool isAddress)
    {
        var label = new string('b', 49) + ".";
        var text = "a@" + string.Concat(Enumerable.Repeat(label, 5));
        text += new string('c', length - text.Length);
        Assert.Equal(isAddress, MailAddress.TryParse(text, out _));
    }

    [Fact]
    public void Addresses_are_equal_when_domains_fold_and_local_parts_do_not()
    {
        Assert.Equal(MailAddress.Parse("Ada@EXAMPLE.org"), MailAddress.Parse("\"Ada\"@example.org"));
        Assert.Equal(MailAddress.Parse("Ada@EXAMPLE.org").GetHashCode(), MailAddress.Parse("\"Ada\"@example.org").GetHashCode());
        Assert.NotEqual(MailAddress.Parse("Ada@example.org"), MailAddress.Parse("ada@example.org"));
        Assert.Equal(MailAddress.Parse("Ada@example.org").Key, MailAddress.Parse("ADA@Example.org").Key);
        Assert.Equal("\"a b\"@c", MailAddress.Parse("\"A B\"@C").Key);
    }

    [Theory]
    [InlineData("<>", 2, "")]
    [InlineData("<> SIZE=10", 2, "")]
    [InlineData("<ada@example.org>", 17, "ada@example.org")]
    [InlineData("<ada@example.org> BODY=8BITMIME", 17, "ada@example.org")]
    [InlineData("<\"a>b\"@example.org>X", 19, "\"a>b\"@example.org")]
    [InlineData("<@x,@y.z:ada@example.org>", 25, "ada@example.org")]
    public void A_path_is_read_up_to_its_bracket_and_its_source_route_is_dropped(string text, int consumed, string path)
    {
        Assert.True(MailAddress.TryParsePath(Encoding.ASCII.GetBytes(text), out var length, out var read));
        Assert.Equal((consumed, path), (length, read!.ToString()));
        Assert.Equal(path.Length == 0, read.IsNull);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<")]
    [InlineData("< >")]
    [InlineData("<ada>")]
    [InlineData("<ada@example.org")]
    [InlineData("ada@example.org")]
    [InlineData(" <ada@example.org>")]
    [InlineData("<ada@example.org >")]
    [InlineData("<<ada@example.org>>")]
    [InlineData("<@x ada@example.org>")]
    [InlineData("<@x,y:ada@example.org>")]
    [InlineData("<@x,:ada@example.org>")]
    [InlineData("<@x:>")]
    [InlineData("<Postmaster>")]
    public void What_is_no_path_is_refused(string text)
    {
        Assert.False(MailAddress.TryParsePath(Encoding.ASCII.GetBytes(text), out var consumed, out var path));
        Assert.Equal((0, null), (consumed, path));
    }

    [Fact]
    public void A_source_route_counts_for_the_length_of_the_path()
    {
        static bool IsPath(int length)
        {
            var route = "<@" + string.Join('.', Enumerable.Repeat(new string('x', 20), 10)) + ":a@";
            var text = route + new string('b', length - route.Length - 1) + ">";
            return MailAddress.TryParsePath(Encoding.ASCII.GetBytes(text), out _, out _);
        }
        Assert.True(IsPath(256));
        Assert.False(IsPath(257));
    }

    [Theory]
    [InlineData("<postMaster> NOTIFY=NEVER", 12, null)]
    [InlineData("<Postmaster@example.org>", 24, "Postmaster@example.org")]
    public void Postmaster_needs_no_domain_as_recipient(string text, int consumed, string? address)
    {
        Assert.True(MailAddress.TryParseForwardPath(Encoding.ASCII.GetBytes(text), out var length, out var path));
        Assert.Equal((consumed, address, address is null), (length, path!.Address?.ToString(), path.IsPostmaster));
    }

    [Theory]
    [InlineData("<>")]
    [InlineData("<Postmaster")]
    [InlineData("<webmaster>")]
    public void A_recipient_is_never_empty(string text) =>
        Assert.False(MailAddress.TryParseForwardPath(Encoding.ASCII.GetBytes(text), out _, out _));

    [Fact]
    public void Any_local_part_survives_being_written_and_read()
    {
        var locals = Gen.Choose(32, 126).Select(c => (char)c).ListOf().Select(cs => string.Concat(cs.Take(30))).ToArbitrary();
        Prop.ForAll(locals, local =>
        {
            var address = new MailAddress(local, "example.org");
            return address.Equals(MailAddress.Parse(address.ToString()));
        }).QuickCheckThrowOnFailure();
    }
}
