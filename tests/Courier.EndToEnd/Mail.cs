using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>Sends test messages the way a user would: with swaks, or by handing one to LMTP or SMTP with curl.</summary>
internal static class Mail
{
    public static async Task SendAsync(ServerProcess server, string subject, string to, string body = "hello", string from = "sender@elsewhere.test")
    {
        var file = server.WriteScratch(
            $"mail-{Guid.NewGuid():N}.eml", $"From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{Guid.NewGuid():N}@elsewhere.test>\r\n\r\n{body}\r\n");
        (await ExternalProgram.RunAsync(
            "curl", "-sS", "--max-time", "20", $"smtp://{server.Host}:{server.Port("smtp")}/client.elsewhere.test", "--mail-from", from, "--mail-rcpt", to, "-T", file)).Checked();
    }

    public static async Task ArrivesAsync(ServerProcess server, string user, int count)
    {
        await using var imap = await ImapProbe.LoginAsync(server.Port("imap"), server.Address(user), user);
        await Eventually.IsAsync($"{count} messages in INBOX of {user}", async () => (await imap.OkAsync("STATUS INBOX (MESSAGES)")).Any(l => l.Contains($"MESSAGES {count})", StringComparison.Ordinal)));
    }
}
