using System.Net.Sockets;
using System.Text;
using Courier.Net;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Client;

/// <summary>Commands out, replies in. Limits of time are the caller's.</summary>
internal sealed class ClientWire(Connection connection, SmtpClientLimits limits)
{
    private readonly ReplyReader _replies = new(limits);

    public Connection Connection { get; } = connection;

    /// <summary>Noted at the handshake, which goes on whatever it is.</summary>
    public bool HasGoodCertificate { get; set; }

    /// <summary>Puts commands, with their CRLF, up for the next flush.</summary>
    public void Write(string commands) => Encoding.UTF8.GetBytes(commands, Connection.Output);

    public async ValueTask FlushAsync(CancellationToken ct) => await Connection.Output.FlushAsync(ct);

    public ValueTask<SmtpReply> ReadReplyAsync(CancellationToken ct) => _replies.ReadAsync(Connection.Input, ct);

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
