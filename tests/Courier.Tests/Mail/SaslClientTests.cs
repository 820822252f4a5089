using System.Text;
using Courier.Mail.Sasl.Client;

namespace Courier.Tests.Mail;

public sealed class SaslClientTests
{
    [Theory]
    [InlineData("PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256", true, "SCRAM-SHA-256")]
    [InlineData("PLAIN LOGIN CRAM-MD5", false, "CRAM-MD5")]
    [InlineData("LOGIN PLAIN", true, "PLAIN")]
    [InlineData("LOGIN", true, "LOGIN")]
    [InlineData("LOGIN PLAIN", false, null)]
    [InlineData("GSSAPI EXTERNAL", true, null)]
    public void The_best_mechanism_is_chosen(string offered, bool isSecure, string? expected) =>
        Assert.Equal(expected, SaslClient.Choose(offered.Split(' '), "u", "p", isSecure)?.Mechanism);

    // RFC 2195 §2.
    [Fact]
    public void Cram_md5_answers_as_its_rfc_has_it() => Assert.Equal(
        "tim b913a602c7eda7a495b4e6e7334d3890",
        Encoding.ASCII.GetString(new CramMd5Client("tim", "tanstaaftanstaaf").Next("<1896.697170952@postoffice.reston.mci.net>"u8.ToArray())));

    // RFC 7677 §3.
    [Fact]
    public void Scram_sha_256_answers_as_its_rfc_has_it_and_wants_the_servers_proof()
    {
        var client = new ScramSha256Client("user", "pencil", "rOprNGfwEbeRWgbNEkqO");
        Assert.Equal("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", Text(client.Start()));
        var final = client.Next("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"u8.ToArray());
        Assert.Equal("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", Text(final!));
        Assert.False(client.IsComplete);
        Assert.Empty(client.Next("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="u8.ToArray())!);
        Assert.True(client.IsComplete);
    }

    [Theory]
    [InlineData("r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")]
    [InlineData("r=nonce,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")]
    [InlineData("r=nonceX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=0")]
    [InlineData("r=nonceX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=999999999")]
    [InlineData("r=nonceX,s=!,i=4096")]
    [InlineData("m=ext,r=nonceX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")]
    [InlineData("")]
    public void A_wrong_challenge_of_scram_is_not_answered(string challenge)
    {
        var client = new ScramSha256Client("user", "pencil", "nonce");
        client.Start();
        Assert.Null(client.Next(Encoding.ASCII.GetBytes(challenge)));
    }

    [Fact]
    public void A_server_that_does_not_know_the_password_is_found_out()
    {
        var client = new ScramSha256Client("user", "pencil", "nonce");
        client.Start();
        client.Next("r=nonceX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"u8.ToArray());
        Assert.Null(client.Next("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="u8.ToArray()));
        Assert.False(client.IsComplete);
    }

    private static string Text(byte[]? octets) => Encoding.UTF8.GetString(octets!);
}
