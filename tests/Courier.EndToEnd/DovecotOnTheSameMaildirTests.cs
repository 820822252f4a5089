using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>Debian's Dovecot and this server on one Maildir at the same time: same messages, same flags, and neither loses what
/// the other did. Dovecot runs in a jail (tests/jails) and never touches the host.</summary>
[Collection("one jail of an IMAP server at a time")]
public sealed class DovecotOnTheSameMaildirTests
{
    private static readonly string Jail = Path.Combine(RepositoryPaths.Root, "tests", "jails", "dovecot.sh");

    [ToolFact("root", "apt-get", "curl")]
    public async Task Dovecot_and_we_see_the_same_messages_and_flags()
    {
        var server = await ServerProcess.PrepareAsync(new());
        await using var _ = server;
        var maildir = server.Scratch("demo/Maildir");
        await server.AddAccountAsync("demo", maildir);
        await server.StartAsync();
        foreach (var subject in new[] { "one", "two", "three" })
            await Mail.SendAsync(server, subject, server.Address("demo"));
        await Mail.ArrivesAsync(server, "demo", 3);
        await using var ours = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo");
        await ours.OkAsync("SELECT INBOX");
        await ours.OkAsync(@"STORE 1 +FLAGS (\Seen \Flagged)");
        await ours.OkAsync(@"STORE 2 +FLAGS (\Answered)");
        await ours.OkAsync("CREATE INBOX.Archive");
        await ours.OkAsync("COPY 3 INBOX.Archive");

        var port = FreePorts.Next();
        var limit = TimeSpan.FromMinutes(4); // the first start installs Dovecot into its jail
        (await ExternalProgram.RunAsync(Jail, ["start", maildir, $"{port}"], input: null, limit: limit)).Checked();
        try
        {
            await using var dovecot = await ImapProbe.LoginAsync(port, "shared", "shared");
            foreach (var mailbox in new[] { "INBOX", "INBOX.Archive" })
            {
                Assert.Equal(await ours.SubjectsAsync(mailbox), await dovecot.SubjectsAsync(mailbox));
                Assert.Equal((await ours.FlagsAsync(mailbox)).Order(StringComparer.Ordinal), (await dovecot.FlagsAsync(mailbox)).Order(StringComparer.Ordinal));
            }

            // And back: what Dovecot changes shows here.
            await dovecot.OkAsync("SELECT INBOX");
            await dovecot.OkAsync(@"STORE 1:* +FLAGS.SILENT (\Draft)");
            await dovecot.OkAsync("COPY 1 INBOX.Archive");
            await Eventually.IsAsync("Dovecot's flags show here", async () => (await ours.FlagsAsync("INBOX")).All(f => f.Contains(@"\Draft", StringComparison.Ordinal)));
            await Eventually.IsAsync("Dovecot's copy shows here", async () => (await ours.SubjectsAsync("INBOX.Archive")).Count == 2);
            Assert.Equal(3, (await ours.SubjectsAsync("INBOX")).Count);
        }
        finally
        {
            await ExternalProgram.RunAsync(Jail, ["stop"], input: null, limit: limit);
        }
    }
}
