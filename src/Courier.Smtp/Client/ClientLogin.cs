using Courier.Mail.Sasl.Client;
using Courier.Net;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Client;

/// <summary>Whom a client logs in as.</summary>
public sealed record SmtpCredentials(string User, string Password)
{
    /// <summary>Never the password.</summary>
    public override string ToString() => $"SmtpCredentials({User})";
}

/// <summary>AUTH from the client's side (RFC 4954 §4).</summary>
internal static class ClientLogin
{
    // SCRAM takes three rounds; whoever asks more is not logging us in.
    private const int RoundsMax = 8;

    public static async ValueTask RunAsync(ClientWire wire, SmtpReply? hello, SmtpClientSettings settings, Deadline deadline)
    {
        if (settings.Credentials is not { } credentials)
            return;
        var offered = Mechanisms(hello);
        // A password in the clear is a password given away: without TLS only what does not show it.
        if (SaslClient.Choose(offered, credentials.User, credentials.Password, wire.Connection.IsSecure) is not { } sasl)
        {
            throw new SmtpConnectException(SmtpStep.Auth, reply: null, offered.Count == 0
                ? "A login is configured, and the server offers none."
                : $"None of the server's login mechanisms will do{(wire.Connection.IsSecure ? "" : " without TLS")}: {string.Join(' ', offered)}");
        }

        var initial = sasl.Start();
        var text = initial is null ? "" : " " + (initial.Length == 0 ? "=" : Convert.ToBase64String(initial));
        var reply = await SayAsync(wire, $"AUTH {sasl.Mechanism}{text}\r\n", $"AUTH {sasl.Mechanism} ***", settings, deadline);
        for (var round = 0; reply.Code == 334; round++)
        {
            var response = round < RoundsMax && Decode(reply.Text) is { } challenge ? sasl.Next(challenge) : null;
            // RFC 4954 §4: "*" cancels an exchange that makes no sense to us.
            reply = await SayAsync(wire, response is null ? "*\r\n" : Convert.ToBase64String(response) + "\r\n", response is null ? "*" : "***", settings, deadline);
            if (response is null)
                throw new SmtpConnectException(SmtpStep.Auth, reply, $"The server's side of {sasl.Mechanism} is wrong.");
        }

        if (reply.Code != 235)
            throw new SmtpConnectException(SmtpStep.Auth, reply, $"The login of {credentials.User} was refused: {Reply.Describe(reply)}");
        // RFC 5802 §3: the server, too, has to know the password.
        if (!sasl.IsComplete)
            throw new SmtpConnectException(SmtpStep.Auth, reply, $"The server did not prove itself in {sasl.Mechanism}.");
    }

    private static async ValueTask<SmtpReply> SayAsync(ClientWire wire, string command, string shown, SmtpClientSettings settings, Deadline deadline)
    {
        deadline.Set(settings.Limits.GreetingTimeout);
        wire.Write(command, shown);
        await wire.FlushAsync(deadline.Token);
        return await wire.ReadReplyAsync(deadline.Token);
    }

    // RFC 4954 §3; "AUTH=" is how some old servers wrote it.
    private static List<string> Mechanisms(SmtpReply? hello)
    {
        var found = new List<string>();
        foreach (var line in hello?.Text.Split('\n').Skip(1) ?? [])
        {
            if (line.StartsWith("AUTH ", StringComparison.OrdinalIgnoreCase) || line.StartsWith("AUTH=", StringComparison.OrdinalIgnoreCase))
                found.AddRange(line[5..].ToUpperInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(name => !found.Contains(name)));
        }

        return found;
    }

    private static byte[]? Decode(string text)
    {
        var octets = new byte[text.Length];
        return Convert.TryFromBase64String(text, octets, out var length) ? octets[..length] : null;
    }
}
