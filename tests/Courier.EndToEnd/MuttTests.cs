using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>mutt reads over IMAP, and mutt works in the Maildir itself while the server has it open. It gets its keys from
/// `push`.</summary>
public sealed class MuttTests
{
    [ToolFact("mutt", "python3")]
    public async Task Mutt_reads_and_flags_over_IMAP()
    {
        await using var server = await ServerProcess.StartAsync(new(), "demo");
        await Mail.SendAsync(server, "first", server.Address("demo"), "body of the first");
        await Mail.ArrivesAsync(server, "demo", 1);
        await Mail.SendAsync(server, "second", server.Address("demo"));
        await Mail.ArrivesAsync(server, "demo", 2);

        var inbox = $"imap://{server.Host}:{server.Port("imap")}/INBOX";
        await MuttAsync(server, inbox, $"<first-entry><pipe-message>cat > {server.Scratch("piped")}<enter><flag-message><sync-mailbox><quit>");

        Assert.Contains("body of the first", await File.ReadAllTextAsync(server.Scratch("piped")), StringComparison.Ordinal);
        await using var imap = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo");
        Assert.Contains(@"\Flagged", (await imap.FlagsAsync("INBOX"))[0], StringComparison.Ordinal);
    }

    [ToolFact("mutt", "python3")]
    public async Task What_mutt_flags_and_moves_in_the_Maildir_shows_over_IMAP()
    {
        var server = await ServerProcess.PrepareAsync(new());
        await using var _ = server;
        var maildir = server.Scratch("demo/Maildir");
        await server.AddAccountAsync("demo", maildir);
        await server.StartAsync();
        foreach (var subject in new[] { "first", "second", "third" })
            await Mail.SendAsync(server, subject, server.Address("demo"));
        await Mail.ArrivesAsync(server, "demo", 3);
        await using var watching = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo");
        await watching.OkAsync("SELECT INBOX");

        await MuttAsync(server, maildir, $"<first-entry><flag-message><sync-mailbox><last-entry><save-message>{maildir}/.Archive<enter><sync-mailbox><quit>");

        await Eventually.IsAsync("a selected session is told that one of three went", async () => (await watching.OkAsync("NOOP")).Any(l => l.EndsWith(" EXPUNGE", StringComparison.Ordinal)));
        await using var imap = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo");
        var flags = await imap.FlagsAsync("INBOX");
        Assert.Equal(2, flags.Count);
        Assert.Single(flags, f => f.Contains(@"\Flagged", StringComparison.Ordinal));
        Assert.Contains(await imap.OkAsync("LIST \"\" \"*\""), l => l.Contains("INBOX.Archive", StringComparison.Ordinal));
        Assert.Single(await imap.SubjectsAsync("INBOX.Archive"));
        Assert.Equal(["first", "second", "third"], (await imap.SubjectsAsync("INBOX")).Concat(await imap.SubjectsAsync("INBOX.Archive")).Order(StringComparer.Ordinal));
    }

    private static async Task MuttAsync(ServerProcess server, string mailbox, string keys)
    {
        var home = Directory.CreateDirectory(server.Scratch("home")).FullName;
        var settings = server.WriteScratch("muttrc", $"""
            set imap_user="{server.Address("demo")}" imap_pass=demo ssl_starttls=no ssl_force_tls=no
            set folder="{home}" spoolfile="{mailbox}" record="" mbox_type=Maildir sort=date-received
            set quit=yes move=no delete=yes mark_old=no confirmappend=no confirmcreate=no wait_key=no
            set realname=Demo from={server.Address("demo")}
            push "{keys}"

            """);
        await Terminal.RunAsync(home, ["mutt", "-F", settings, "-f", mailbox]);
    }
}
