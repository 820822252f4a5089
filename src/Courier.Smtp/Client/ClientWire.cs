using System.Net.Sockets;
using System.Text;
using Courier.Net;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Client;

/// <summary>Commands out, replies in. Limits of time are the caller's.</summary>
internal sealed class ClientWire(Connection connection, SmtpClientSettings settings)
{
    private readonly ReplyReader _replies = new(settings.Limits);

    public Connection Connection { get; } = connection;

    /// <summary>Noted at the handshake, which goes on whatever it is.</summary>
    public bool HasGoodCertificate { get; set; }

    /// <summary>Puts commands, with their CRLF, up for the next flush.</summary>
    public void Write(string commands) => Write(commands, commands);

    /// <summary>The same for a command that holds a secret; <paramref name="shown"/> is what a transcript says.</summary>
    public void Write(string commands, string shown)
    {
        Encoding.UTF8.GetBytes(commands, Connection.Output);
        settings.Transcript?.Invoke("> " + shown.TrimEnd());
    }

    public async ValueTask FlushAsync(CancellationToken ct) => await Connection.Output.FlushAsync(ct);

    public ValueTask<SmtpReply> ReadReplyAsync(CancellationToken ct) =>
        settings.Transcript is { } transcript ? ReadShownAsync(transcript, ct) : _replies.ReadAsync(Connection.Input, ct);

    private async ValueTask<SmtpReply> ReadShownAsync(Action<string> transcript, CancellationToken ct)
    {
        var reply = await _replies.ReadAsync(Connection.Input, ct);
        var code = reply.Status is { } status ? $"{reply.Code} {status}" : $"{reply.Code}";
        foreach (var line in reply.Text.Split('\n'))
            transcript($"< {code} {line}");
        return reply;
    }

    /// <summary>The ways in which the other side or the line to it fails.</summary>
    public static bool IsTrouble(Exception e) => e is IOException or SocketException or OperationCanceledException or ObjectDisposedException;

    /// <summary>In words for a queue listing.</summary>
    public static string Describe(Exception e) => e switch
    {
        OperationCanceledException => "Timed out.",
        SocketException socket => $"{socket.SocketErrorCode}: {socket.Message}",
        _ => e.Message,
    };
}
