using Courier.IO.Platform;

namespace Courier.Tests.IO;

/// <summary>Vectors made with `openssl passwd` and with Python's crypt module on Debian's libcrypt.</summary>
public sealed class PasswordHashTests
{
    public static TheoryData<string, string> Vectors { get; } = new()
    {
        { "secret pass", "$1$abcdefgh$Rur9vjR3qTr2ktYAC0ctB." },
        { "secret pass", "$5$abcdefgh$tHz2GLlo5y1zd11L6fWGP/048rnwaZWPLK2Sr4oRZR9" },
        { "secret pass", "$6$abcdefgh$T2WXtwktTC2b5B5eLgYoBNSaruzkNaEhxCMZO6BjUUifAydP30r5J1X72mBVJN1tky9srX4MgNXnjeofwkiU51" },
        { "secret pass", "$2b$05$abcdefghijklmnopqrstuuFzejfplTChgPyZNQOF2kNcZhBC.ObAS" },
        { "secret pass", "$y$j9T$abcdefghijkl$84.bm6QtcXkHgQU6V//KRtkHFmlV.PGfYC508l.lBP6" },
        { "secret pass", "$5$rounds=1000$toolongsaltstrin$84MgQ3xXewOJfd2Jq061wlGIBRfBroHqXFxW5qjRiWC" },
        { "secret pass", "abvOVwEVZZ8hM" },
        { "pä55wörd", "$1$abcdefgh$pwKGrzr2qtBorXCRIS4vX." },
        { "pä55wörd", "$5$abcdefgh$wpoRBWqaatrf2V89PecQzDl43CKBQflHrGkgI0KYqn5" },
        { "pä55wörd", "$6$abcdefgh$QiJ/krjarweF0ka5UO.ZxOjQRhXeMvqoeDyHPPUpoao8ln29sx/GadmqTR1GwIjEgHDVtlc3nvFCiIxzl07xo." },
        { "pä55wörd", "$2b$05$abcdefghijklmnopqrstuutNplkqkVj1HSdfNE3ezfaLRXiOXAaTK" },
        { "pä55wörd", "$y$j9T$abcdefghijkl$HHAU605i2kaY3jPboGAA1TzFHYCRn1.pkuUVvscRnF9" },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void A_hash_made_elsewhere_takes_its_password_and_no_other(string password, string hash)
    {
        Assert.True(PasswordHash.Verify(password, hash));
        Assert.False(PasswordHash.Verify(" " + password, hash));
        Assert.False(PasswordHash.Verify("", hash));
        Assert.True(PasswordHash.IsKnown(hash));
        // One character of the hash changed.
        var changed = hash[..^5] + (hash[^5] == 'x' ? 'y' : 'x') + hash[^4..];
        Assert.False(PasswordHash.Verify(password, changed));
    }

    [Fact]
    public void A_new_hash_is_yescrypt_with_a_salt_of_its_own_and_takes_its_password()
    {
        var one = PasswordHash.Create("pä55 wörd");
        var two = PasswordHash.Create("pä55 wörd");
        Assert.StartsWith("$y$", one, StringComparison.Ordinal);
        Assert.NotEqual(one, two);
        Assert.True(PasswordHash.Verify("pä55 wörd", one));
        Assert.True(PasswordHash.Verify("pä55 wörd", two));
        Assert.False(PasswordHash.Verify("pä55 word", one));
        Assert.True(PasswordHash.IsKnown(one));
    }

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("*0")]
    [InlineData("!")]
    [InlineData("secret")]
    [InlineData("plain text!!!")]
    [InlineData("$1$abcdefgh")]
    [InlineData("$1$abcdefgh$")]
    [InlineData("$9$abcdefgh$Rur9vjR3qTr2ktYAC0ctB.")]
    [InlineData("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=")]
    [InlineData("$1$abc:efgh$Rur9vjR3qTr2ktYAC0ctB.")]
    [InlineData("$1$abcdefgh$Rur9vjR3qTr2ktYAC0ctB.\0")]
    public void What_is_no_hash_is_known_as_none_and_takes_no_password(string hash)
    {
        Assert.False(PasswordHash.IsKnown(hash));
        foreach (var password in new[] { "", "secret", hash.Replace("\0", "", StringComparison.Ordinal) })
            Assert.False(PasswordHash.Verify(password, hash));
    }

    [Fact]
    public void Many_threads_check_at_once() =>
        Parallel.For(0, 64, i => Assert.Equal(i % 2 == 0, PasswordHash.Verify(i % 2 == 0 ? "secret pass" : "other", "$1$abcdefgh$Rur9vjR3qTr2ktYAC0ctB.")));
}
