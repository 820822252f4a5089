using System.Collections.Concurrent;
using System.Text;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Net;
using Courier.Smtp.Replies;
using Courier.Smtp.Server;

namespace Courier.Tests.Shared.Smtp;

/// <summary>What a session handed over.</summary>
public sealed record Received(string Sender, IReadOnlyList<string> Recipients, byte[] Bytes, string? User, string Helo, bool Is8Bit)
{
    /// <summary>The address of the client.</summary>
    public string From { get; init; } = "";

    public string Text => Encoding.Latin1.GetString(Bytes);
}

/// <summary>Takes everything, but for local parts whose names say otherwise: <c>unknown</c> 550, <c>later</c> 450, <c>disk</c> an
/// IOException, <c>bug</c> another exception. As a sender they act at MAIL, with <c>data-</c> before them at end of data.</summary>
public sealed class FakeReception : IReception
{
    public static SmtpReply Taken { get; } = new(250, new(2, 0, 0), "Taken");

    public static SmtpReply Unknown { get; } = new(550, new(5, 1, 1), "No such user");

    public static SmtpReply Later { get; } = new(450, new(4, 2, 0), "Not now");

    /// <summary>What each session gets.</summary>
    public SessionTerms Terms { get; set; } = SessionTerms.Usual;

    public ValueTask<SessionTerms> WelcomeAsync(Connection connection, CancellationToken ct) => new(Terms);

    public ConcurrentQueue<Received> Messages { get; } = new();

    /// <summary>Awaited before a message is taken.</summary>
    public Func<CancellationToken, Task>? BeforeAccept { get; set; }

    /// <summary>Where bodies over 64 KiB go.</summary>
    public string SpillDirectory { get; init; } = Path.Combine(Path.GetTempPath(), "courier-smtp-tests");

    public ValueTask<string?> AuthenticateAsync(string user, string password, CancellationToken ct) => user switch
    {
        "disk" => throw new IOException("directory"),
        _ => new(password == "secret" ? user : null),
    };

    public ValueTask<SmtpReply> BeginAsync(SmtpTransaction transaction, CancellationToken ct) =>
        new(Judge(transaction.Mail.Sender.Address?.LocalPart));

    public ValueTask<(SmtpReply Reply, MailAddress? Address)> AddRecipientAsync(SmtpTransaction transaction, MailAddress? recipient, CancellationToken ct) =>
        new((Judge(recipient?.LocalPart), recipient ?? MailAddress.Parse("postmaster@example.test")));

    public ValueTask<SmtpReply> FlushAsync(SmtpPeer peer, string? domain, CancellationToken ct) => new(Taken);

    public MessageBuffer OpenBuffer() => new(SpillDirectory, 64 * 1024);

    public async ValueTask<IReadOnlyList<SmtpReply>> AcceptAsync(SmtpTransaction transaction, MessageBuffer message, CancellationToken ct)
    {
        if (BeforeAccept is not null)
            await BeforeAccept(ct);
        var sender = transaction.Mail.Sender.Address?.LocalPart ?? "";
        // With data-each recipients called filtered are refused, where the client wants to hear of each.
        if (sender == "data-each")
        {
            Keep(transaction, message);
            return transaction.Mail.WantsEachReply ? [.. transaction.Recipients.Select(recipient => recipient.Address.LocalPart == "filtered" ? Unknown : Taken)] : [Taken];
        }

        var isRefused = sender.StartsWith("data-", StringComparison.Ordinal);
        var reply = isRefused ? Judge(sender["data-".Length..]) : Taken;
        if (!isRefused)
            Keep(transaction, message);
        return sender == "data-short" ? [] : [.. Enumerable.Repeat(reply, IsLmtp ? transaction.Recipients.Count : 1)];
    }

    /// <summary>One reply for each recipient.</summary>
    public bool IsLmtp { get; init; }

    private void Keep(SmtpTransaction transaction, MessageBuffer message)
    {
        using var stream = message.OpenRead();
        var bytes = new byte[message.Length];
        stream.ReadExactly(bytes);
        Messages.Enqueue(new(transaction.Mail.Sender.ToString(), [.. transaction.Recipients.Select(r => r.ToString())], bytes,
            transaction.Peer.User, transaction.Peer.HeloName, transaction.Mail.Is8Bit)
        {
            From = transaction.Peer.Connection.Remote.Address.ToString(),
        });
    }

    private static SmtpReply Judge(string? localPart) => localPart switch
    {
        "unknown" => Unknown,
        "later" => Later,
        "disk" => throw new IOException("No space left on device"),
        "bug" => throw new ArithmeticException("one and one is three"),
        _ => Taken,
    };
}
