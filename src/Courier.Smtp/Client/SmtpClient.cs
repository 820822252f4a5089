using System.Net;
using System.Security.Authentication;
using Courier.Mail.Addresses;
using Courier.Net;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Client;

/// <summary>A connection to a server that takes mail, over SMTP or LMTP. Not for use by two at once.</summary>
/// <remarks>Connect, send any number of messages while <see cref="SendResult.IsUsable"/>, dispose.</remarks>
public sealed class SmtpClient : IAsyncDisposable
{
    private readonly ClientWire _wire;
    private readonly SmtpClientSettings _settings;
    private bool _isOpen = true;
    private bool _needsReset;

    private SmtpClient(ClientWire wire, string name, SmtpClientSettings settings, ServerExtensions extensions) =>
        (_wire, Name, _settings, Extensions) = (wire, name, settings, extensions);

    public ServerExtensions Extensions { get; }

    /// <summary>The server's name, or its address where it has none.</summary>
    public string Name { get; }

    public IPEndPoint Remote => _wire.Connection.Remote;

    public IPEndPoint Local => _wire.Connection.Local;

    public bool IsSecure => _wire.Connection.IsSecure;

    /// <summary>TLS is on, and the server's certificate passed the check of the settings, or without one is good for its name.</summary>
    public bool IsVerified => IsSecure && _wire.HasGoodCertificate;

    /// <summary>Why the connection is in the clear although TLS was offered; null where that is not so.</summary>
    public string? TlsProblem { get; private init; }

    public string? TlsDescription => _wire.Connection.TlsDescription;

    /// <summary>Connects to the first address of a host that answers, by the system's resolver. Throws <see cref="SmtpConnectException"/>.</summary>
    public static ValueTask<SmtpClient> ConnectAsync(string host, int port, SmtpClientSettings settings, CancellationToken ct) =>
        ConnectAsync(new Target(host, limit => Connection.ConnectAsync(host, port, settings.Sources, limit)), settings, ct);

    /// <summary>Connects to one address, greets, turns TLS on and logs in, as the settings ask. Throws <see cref="SmtpConnectException"/>.</summary>
    public static ValueTask<SmtpClient> ConnectAsync(IPEndPoint endPoint, string name, SmtpClientSettings settings, CancellationToken ct) =>
        ConnectAsync(new Target(name, limit => Connection.ConnectAsync(endPoint, settings.Sources, limit)), settings, ct);

    /// <summary>Sends one message. Refusals and lost connections are results; only cancellation by the caller throws.</summary>
    public async ValueTask<SendResult> SendAsync(OutgoingMessage message, CancellationToken ct)
    {
        if (!_isOpen)
            throw new InvalidOperationException("The connection is of no use any more.");
        if (message.IsVerp && !Extensions.HasFlag(ServerExtensions.Verp))
            return await SendEachAsync(message, ct);
        if (SendPlan.Refusals(message, Extensions, IsVerified) is not { } refusals)
            return await TransactAsync(message, ct);
        var left = message.Recipients.Where((_, i) => refusals[i] is null).ToList();
        var sent = left.Count == 0 ? new SendResult([], IsUsable: true, WasDataAnswered: false) : await TransactAsync(message with { Recipients = left }, ct);
        var next = 0;
        return sent with { Recipients = [.. refusals.Select(refusal => refusal ?? sent.Recipients[next++])] };
    }

    /// <summary>The server does not know VERP: each recipient has a transaction, and a return path, of his own.</summary>
    private async ValueTask<SendResult> SendEachAsync(OutgoingMessage message, CancellationToken ct)
    {
        var results = new List<RecipientResult>(message.Recipients.Count);
        SendResult? last = null;
        var wasDataAnswered = false;
        foreach (var recipient in message.Recipients)
        {
            if (last is { IsUsable: false })
            {
                // What was said to the one before them holds for none of them: they have not been tried.
                results.Add(new RecipientResult(SmtpStep.Mail, Reply: null, "the server ended the connection before it"));
                continue;
            }

            last = await SendAsync(message with { Sender = Verp.Encode(message.Sender, recipient.Address), Recipients = [recipient], IsVerp = false }, ct);
            wasDataAnswered |= last.WasDataAnswered;
            results.AddRange(last.Recipients);
        }

        return last! with { Recipients = results, WasDataAnswered = wasDataAnswered };
    }

    private async ValueTask<SendResult> TransactAsync(OutgoingMessage message, CancellationToken ct)
    {
        using var deadline = new Deadline(ct);
        var exchange = new SendExchange(message, _wire, _settings, Extensions, deadline);
        _isOpen = false;
        var result = await exchange.RunAsync(_needsReset, ct);
        _needsReset = !exchange.IsComplete;
        _isOpen = result.IsUsable;
        return result;
    }

    /// <summary>Says QUIT if the server still listens, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        // What is left half said must not look finished: it is cut off.
        if (!_isOpen || !await QuitAsync())
            _wire.Connection.Abort();
        _isOpen = false;
        await _wire.Connection.DisposeAsync();
    }

    private async ValueTask<bool> QuitAsync()
    {
        using var deadline = new Deadline(CancellationToken.None);
        try
        {
            deadline.Set(_settings.Limits.QuitTimeout);
            _wire.Write("QUIT\r\n");
            await _wire.FlushAsync(deadline.Token);
            await _wire.ReadReplyAsync(deadline.Token);
            return true;
        }
        catch (Exception e) when (ClientWire.IsTrouble(e))
        {
            return false;
        }
    }

    private sealed record Target(string Name, Func<CancellationToken, ValueTask<Connection>> ConnectAsync);

    private static async ValueTask<SmtpClient> ConnectAsync(Target target, SmtpClientSettings settings, CancellationToken ct)
    {
        try
        {
            return await OpenAsync(target, settings, tlsProblem: null, ct);
        }
        catch (SmtpConnectException e) when (e is { Step: SmtpStep.StartTls, Reply: null } && settings is { Tls: TlsUse.WhenOffered, Check: null })
        {
            // RFC 7435 §3: a handshake that fails is no reason to keep mail that would have gone in the clear otherwise.
            return await OpenAsync(target, settings with { Tls = TlsUse.Never }, e.Message, ct);
        }
    }

    private static async ValueTask<SmtpClient> OpenAsync(Target target, SmtpClientSettings settings, string? tlsProblem, CancellationToken ct)
    {
        using var deadline = new Deadline(ct);
        var step = SmtpStep.Connect;
        Connection? connection = null;
        var handshake = new TlsHandshake(target.Name, settings);
        try
        {
            deadline.Set(settings.Limits.ConnectTimeout);
            connection = await target.ConnectAsync(deadline.Token);
            if (settings.NameFor is { } nameFor)
                settings = settings with { HostName = await nameFor(connection.Local.Address, deadline.Token) };
            var wire = new ClientWire(connection, settings);
            if (settings.Tls == TlsUse.Implicit)
            {
                step = SmtpStep.StartTls;
                await handshake.RunAsync(wire, deadline);
            }

            step = SmtpStep.Greeting;
            deadline.Set(settings.Limits.GreetingTimeout);
            Expect(step, await wire.ReadReplyAsync(deadline.Token));

            step = SmtpStep.Hello;
            var hello = await HelloAsync(wire, settings, deadline);
            if (settings.Tls is TlsUse.WhenOffered or TlsUse.Required)
            {
                step = SmtpStep.StartTls;
                if (await handshake.StartAsync(wire, hello, deadline))
                {
                    step = SmtpStep.Hello;
                    hello = await HelloAsync(wire, settings, deadline);
                }
            }

            step = SmtpStep.Auth;
            await ClientLogin.RunAsync(wire, hello, settings, deadline);
            return new SmtpClient(wire, target.Name, settings, Read(hello)) { TlsProblem = tlsProblem };
        }
        catch (Exception e)
        {
            if (connection is not null)
                await AbandonAsync(connection);
            if (e is SmtpConnectException || ct.IsCancellationRequested || !(ClientWire.IsTrouble(e) || e is AuthenticationException))
                throw;
            throw new SmtpConnectException(step, reply: null, handshake.Problem?.Text ?? ClientWire.Describe(e), e) { Certificate = handshake.Problem };
        }
    }

    private static ServerExtensions Read(SmtpReply? hello) => hello is null ? ServerExtensions.None : ServerExtensionsReader.Read(hello);

    private static async ValueTask AbandonAsync(Connection connection)
    {
        connection.Abort();
        await connection.DisposeAsync();
    }

    /// <summary>EHLO, and HELO for servers that do not know it (RFC 5321 §3.2).</summary>
    /// <returns>The reply to EHLO; null after HELO.</returns>
    private static async ValueTask<SmtpReply?> HelloAsync(ClientWire wire, SmtpClientSettings settings, Deadline deadline)
    {
        deadline.Set(settings.Limits.GreetingTimeout);
        wire.Write($"{(settings.IsLmtp ? "LHLO" : "EHLO")} {settings.HostName}\r\n");
        await wire.FlushAsync(deadline.Token);
        var reply = await wire.ReadReplyAsync(deadline.Token);
        if (reply.Code is >= 500 and <= 504 && !settings.IsLmtp)
        {
            deadline.Set(settings.Limits.GreetingTimeout);
            wire.Write($"HELO {settings.HostName}\r\n");
            await wire.FlushAsync(deadline.Token);
            Expect(SmtpStep.Hello, await wire.ReadReplyAsync(deadline.Token));
            return null;
        }

        Expect(SmtpStep.Hello, reply);
        return reply;
    }

    private static void Expect(SmtpStep step, SmtpReply reply)
    {
        if (reply.Code is not (>= 200 and < 300))
            throw new SmtpConnectException(step, reply, Reply.Describe(reply));
    }
}
