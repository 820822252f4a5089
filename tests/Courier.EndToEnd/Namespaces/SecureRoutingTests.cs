using Courier.EndToEnd.Peers;
using Courier.Testing.Processes;

namespace Courier.EndToEnd.Namespaces;

/// <summary>DANE, MTA-STS and REQUIRETLS as they are meant: MX from a validating resolver, port 25, policies over HTTPS, no setting bent.</summary>
[Collection("postfix")]
public sealed class SecureRoutingTests(MailNetwork network) : IClassFixture<MailNetwork>
{
    [NamespaceFact]
    public async Task DANE_lets_mail_to_the_server_with_the_published_key_and_holds_it_from_another()
    {
        await network.SendAsync("dane-right", "demo@dane.test");
        await network.SendAsync("dane-wrong", "demo@wrong.test");
        await Mailbag.ArrivesAsync(MailNetwork.MailOf(network.Plain), "Subject: dane-right");
        Assert.Matches(@"mx\.dane\.test .*ready for mail, over TLSv1.*, verified", await TraceAsync("dane.test"));
        await WaitsAsync("demo@wrong.test", "4.7.5", "dane-wrong");
    }

    [NamespaceFact]
    public async Task DANE_lets_mail_to_Postfix_with_the_published_key()
    {
        await network.SendAsync("dane-postfix", "demo@postfix.test");
        await Mailbag.ArrivesAsync(network.Postfix.Maildirs, "Subject: dane-postfix");
        Assert.Matches(@"mx\.postfix\.test .*ready for mail, over TLSv1.*, verified", await TraceAsync("postfix.test"));
    }

    [NamespaceFact]
    public async Task MTA_STS_lets_mail_to_a_server_that_the_policy_names_with_a_good_certificate_and_to_no_other()
    {
        await network.SendAsync("sts-right", "demo@sts.test");
        await network.SendAsync("sts-othermx", "demo@othermx.test");
        await network.SendAsync("sts-owncert", "demo@owncert.test");
        await Mailbag.ArrivesAsync(MailNetwork.MailOf(network.Certified), "Subject: sts-right");
        Assert.Matches(@"mx\.sts\.test .*ready for mail, over TLSv1.*, verified", await TraceAsync("sts.test"));
        await WaitsAsync("demo@othermx.test", "4.7.", "sts-othermx");
        await WaitsAsync("demo@owncert.test", "4.7.", "sts-owncert");
    }

    [NamespaceFact]
    public async Task MTA_STS_in_testing_mode_lets_mail_through()
    {
        await network.SendAsync("sts-testing", "demo@testing.test");
        await Mailbag.ArrivesAsync(MailNetwork.MailOf(network.Plain), "Subject: sts-testing");
        Assert.Matches("MTA-STS +.*testing", await TraceAsync("testing.test"));
    }

    [NamespaceFact]
    public async Task REQUIRETLS_goes_where_server_and_certificate_are_known_and_is_returned_from_elsewhere()
    {
        await network.SendAsync("require-dane", "demo@dane.test", "REQUIRETLS");
        await network.SendAsync("require-sts", "demo@sts.test", "REQUIRETLS");
        await Mailbag.ArrivesAsync(MailNetwork.MailOf(network.Plain), "Subject: require-dane");
        await Mailbag.ArrivesAsync(MailNetwork.MailOf(network.Certified), "Subject: require-sts");
        // Nobody vouches for the certificate; and a server that is vouched for, without the extension (RFC 8689 §4.2.1).
        await network.SendAsync("require-plain", "demo@plain.test", "REQUIRETLS");
        await network.SendAsync("require-postfix", "demo@postfix.test", "REQUIRETLS");
        var plain = await Mailbag.ReportAsync(MailNetwork.MailOf(network.Sender), "Subject: require-plain");
        Assert.Contains("recipient.Status: 5.7.10\n", plain, StringComparison.Ordinal);
        var postfix = await Mailbag.ReportAsync(MailNetwork.MailOf(network.Sender), "Subject: require-postfix");
        Assert.Contains("recipient.Status: 5.7.30\n", postfix, StringComparison.Ordinal);
        // Without the wish both take it.
        await network.SendAsync("free-plain", "demo@plain.test");
        await Mailbag.ArrivesAsync(MailNetwork.MailOf(network.Plain), "Subject: free-plain");
    }

    private async Task<string> TraceAsync(string domain) => (await network.Sender.CommandAsync("trace-smtp", domain)).Checked().Output;

    /// <summary>It was tried, it waits, and nobody has it.</summary>
    private async Task WaitsAsync(string recipient, string status, string subject)
    {
        await Eventually.IsAsync($"the mail for {recipient} waits", () => network.Sender.Log.Split('\n').Any(
            line => line.Contains("Deferred ", StringComparison.Ordinal) && line.Contains($"<{recipient}>", StringComparison.Ordinal) && line.Contains(status, StringComparison.Ordinal)));
        foreach (var server in new[] { network.Plain, network.Certified })
            Assert.DoesNotContain(Directory.GetFiles(server.StateDirectory, "*.M*", SearchOption.AllDirectories), file => File.ReadAllText(file).Contains($"Subject: {subject}", StringComparison.Ordinal));
    }
}
