using System.Net.Security;
using System.Security.Authentication;
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

    private SmtpClient(ClientWire wire, SmtpClientSettings settings, ServerExtensions extensions) =>
        (_wire, _settings, Extensions) = (wire, settings, extensions);

    public ServerExtensions Extensions { get; }

    public bool IsSecure => _wire.Connection.IsSecure;

    /// <summary>TLS is on, and the server's certificate is good for its name.</summary>
    public bool IsVerified => IsSecure && _wire.HasGoodCertificate;

    /// <summary>Connects, greets, and turns TLS on where it is offered. Throws <see cref="SmtpConnectException"/>.</summary>
    public static async ValueTask<SmtpClient> ConnectAsync(string host, int port, SmtpClientSettings settings, CancellationToken ct)
    {
        try
        {
            return await OpenAsync(host, port, settings, ct);
        }
        catch (SmtpConnectException e) when (e is { Step: SmtpStep.StartTls, Reply: null } && settings.Tls == TlsUse.WhenOffered)
        {
            // RFC 7435 §3: a handshake that fails is no reason to keep mail that would have gone in the clear otherwise.
            return await OpenAsync(host, port, settings with { Tls = TlsUse.Never }, ct);
        }
    }

    /// <summary>Sends one message. Refusals and lost connections are results; only cancellation by the caller throws.</summary>
    public async ValueTask<SendResult> SendAsync(OutgoingMessage message, CancellationToken ct)
    {
        if (!_isOpen)
            throw new InvalidOperationException("The connection is of no use any more.");
        if (SendPlan.Refusals(message, Extensions, IsVerified) is not { } refusals)
            return await TransactAsync(message, ct);
        var left = message.Recipients.Where((_, i) => refusals[i] is null).ToList();
        var sent = left.Count == 0 ? new SendResult([], IsUsable: true, WasDataAnswered: false) : await TransactAsync(message with { Recipients = left }, ct);
        var next = 0;
        return sent with { Recipients = [.. refusals.Select(refusal => refusal ?? sent.Recipients[next++])] };
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

    private static async ValueTask<SmtpClient> OpenAsync(string host, int port, SmtpClientSettings settings, CancellationToken ct)
    {
        using var deadline = new Deadline(ct);
        var step = SmtpStep.Connect;
        Connection? connection = null;
        try
        {
            deadline.Set(settings.Limits.ConnectTimeout);
            connection = await Connection.ConnectAsync(host, port, settings.Sources, deadline.Token);
            var wire = new ClientWire(connection, settings.Limits);

            step = SmtpStep.Greeting;
            deadline.Set(settings.Limits.GreetingTimeout);
            Expect(step, await wire.ReadReplyAsync(deadline.Token));

            step = SmtpStep.Hello;
            var extensions = await HelloAsync(wire, settings, deadline);
            if (settings.Tls != TlsUse.Never)
            {
                step = SmtpStep.StartTls;
                if (await SecureAsync(wire, host, settings, extensions, deadline))
                {
                    step = SmtpStep.Hello;
                    extensions = await HelloAsync(wire, settings, deadline);
                }
            }

            return new SmtpClient(wire, settings, extensions);
        }
        catch (Exception e)
        {
            if (connection is not null)
                await AbandonAsync(connection);
            if (e is SmtpConnectException || ct.IsCancellationRequested || !(ClientWire.IsTrouble(e) || e is AuthenticationException))
                throw;
            throw new SmtpConnectException(step, reply: null, ClientWire.Describe(e), e);
        }
    }

    private static async ValueTask AbandonAsync(Connection connection)
    {
        connection.Abort();
        await connection.DisposeAsync();
    }

    /// <summary>EHLO, and HELO for servers that do not know it (RFC 5321 §3.2).</summary>
    private static async ValueTask<ServerExtensions> HelloAsync(ClientWire wire, SmtpClientSettings settings, Deadline deadline)
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
            return ServerExtensions.None;
        }

        Expect(SmtpStep.Hello, reply);
        return ServerExtensionsReader.Read(reply);
    }

    /// <returns>Whether TLS is on.</returns>
    private static async ValueTask<bool> SecureAsync(
        ClientWire wire, string host, SmtpClientSettings settings, ServerExtensions extensions, Deadline deadline)
    {
        SmtpReply? reply = null;
        if (extensions.HasFlag(ServerExtensions.StartTls))
        {
            deadline.Set(settings.Limits.GreetingTimeout);
            wire.Write("STARTTLS\r\n");
            await wire.FlushAsync(deadline.Token);
            reply = await wire.ReadReplyAsync(deadline.Token);
        }

        if (reply is not { Code: 220 })
        {
            return settings.Tls == TlsUse.Required
                ? throw new SmtpConnectException(SmtpStep.StartTls, reply, "TLS is required, and the server does not offer it.")
                : false;
        }

        deadline.Set(settings.Limits.HandshakeTimeout);
        await wire.Connection.SecureAsClientAsync(Options(host, wire), deadline.Token);
        return true;
    }

    private static SslClientAuthenticationOptions Options(string host, ClientWire wire) => new()
    {
        TargetHost = host,
#pragma warning disable CA5359 // Opportunistic: see TlsUse. A check that falls back to no encryption protects nobody.
        RemoteCertificateValidationCallback = (_, _, _, errors) =>
        {
            wire.HasGoodCertificate = errors == SslPolicyErrors.None;
            return true;
        },
#pragma warning restore CA5359
    };

    private static void Expect(SmtpStep step, SmtpReply reply)
    {
        if (reply.Code is not (>= 200 and < 300))
            throw new SmtpConnectException(step, reply, Reply.Describe(reply));
    }
}
