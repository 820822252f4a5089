using System.Net.Security;
using System.Security.Cryptography;
using Courier.IO.Files;
using Courier.IO.Wire;
using Courier.Mail.Sasl;
using Courier.Net;
using Courier.Smtp.Grammar;
using Courier.Smtp.Replies;
using Microsoft.Extensions.Logging;

namespace Courier.Smtp.Server;

/// <summary>One SMTP or LMTP connection (RFC 5321 §4.1.4, RFC 2033). The session lives as long as the connection, a transaction
/// from MAIL to end of data. The phase is derived from what is there, never kept. No policy here: the reception decides.</summary>
internal sealed class SmtpSession : IDisposable
{
    private enum Phase
    {
        Connected,
        Greeted,
        Mail,
        Rcpt,
    }

    private readonly Connection _connection;
    private readonly SmtpServerSettings _settings;
    private readonly IReception _reception;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly CancellationToken _stopping;
    private readonly SmtpWire _wire;
    private readonly Patience _patience;

    private SmtpPeer? _peer;                    // set by EHLO, dropped by STARTTLS (RFC 3207 §4.2)
    private string? _user;                      // set by AUTH, for good
    private SmtpTransaction? _transaction;      // set by MAIL, dropped by RSET, EHLO, STARTTLS and DATA
    private int _transactions;
    private bool _isClosing;

    public SmtpSession(
        Connection connection, SmtpServerSettings settings, IReception reception, ILogger logger, TimeProvider clock, CancellationToken stopping)
    {
        (_connection, _settings, _reception, _logger, _clock, _stopping) = (connection, settings, reception, logger, clock, stopping);
        var lineBytes = settings.HasAuth ? Math.Max(settings.Limits.AuthLineBytes, settings.Limits.CommandLineBytes) : settings.Limits.CommandLineBytes;
        _wire = new SmtpWire(connection, settings.Limits, lineBytes, stopping);
        _patience = new Patience(settings.Limits);
    }

    private Phase CurrentPhase => (_peer, _transaction) switch
    {
        (null, _) => Phase.Connected,
        (_, null) => Phase.Greeted,
        (_, { Recipients.Count: 0 }) => Phase.Mail,
        _ => Phase.Rcpt,
    };

    private SmtpLimits Limits => _settings.Limits;

    private string PeerName => _connection.Remote.Address.ToString();

    public void Dispose() => _wire.Dispose();

    public async Task RunAsync()
    {
        try
        {
            _wire.Write(Reply.Greeting(_settings.HostName, _settings.Role == SmtpRole.Lmtp));
            while (!_isClosing)
            {
                if (_wire.IsFlushDue)
                    await _wire.FlushAsync();
                var status = await _wire.ReadLineAsync();
                if (status == LineStatus.End)
                    return;
                if (await AnswerAsync(status) is { } reply)
                    _wire.Write(reply);
            }

            await _wire.FlushAsync();
        }
        catch (SessionEndedException e)
        {
            await PartAsync(e.Farewell);
        }
    }

    private async ValueTask PartAsync(SmtpReply? farewell)
    {
        if (farewell is null)
            return;
        try
        {
            _wire.Write(farewell);
            await _wire.FlushAsync();
        }
        catch (SessionEndedException)
        {
            // Nobody listens any more.
        }
    }

    private async ValueTask<SmtpReply?> AnswerAsync(LineStatus status)
    {
        SmtpReply? reply;
        try
        {
            _patience.Command();
            reply = await HandleAsync(Parse(status));
        }
        catch (IOException e)
        {
            // Our disk or directory, not their mail: let them try again.
            Log.LocalTrouble(_logger, PeerName, e);
            reply = Reply.StorageTrouble;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return Close(Reply.ShuttingDown);
        }
        catch (Exception e) when (e is not SessionEndedException)
        {
            Log.SessionFault(_logger, PeerName, e);
            return Close(Reply.Fault);
        }

        return reply is null || _isClosing ? reply : await JudgeAsync(reply);
    }

    private SmtpCommand Parse(LineStatus status)
    {
        if (status == LineStatus.TooLong)
            return new Bad(Reply.LineTooLong);
        var command = CommandParser.Parse(_wire.Line);
        var isTooLong = _wire.Line.Length + "\r\n".Length > Limits.CommandLineBytes && command is not Auth;
        return isTooLong ? new Bad(Reply.LineTooLong) : command;
    }

    /// <summary>The whole state machine; lay it beside RFC 5321 §4.1.4.</summary>
    private ValueTask<SmtpReply?> HandleAsync(SmtpCommand command) => (command, CurrentPhase) switch
    {
        (Hello c, _) => new(Greet(c)),
        (StartTls, not Phase.Connected) => SecureAsync(),
        (Auth c, Phase.Greeted) => AuthenticateAsync(c),
        (MailFrom c, Phase.Greeted) => BeginAsync(c.Parameters),
        (RcptTo c, Phase.Mail or Phase.Rcpt) => AddRecipientAsync(c),
        (Data, Phase.Rcpt) => ReceiveAsync(),
        (Data, Phase.Mail) => new(Reply.NoRecipients),
        (Rset, _) => new(Reset()),
        (Fixed c, _) => new(c.Answer),
        (Quit, _) => new(Close(Reply.Closing)),
        (Foreign, _) => new(Close(Reply.ForeignProtocol)),
        (Bad c, _) => new(c.Answer),
        _ => new(Reply.BadSequence),
    };

    /// <summary>Counts what went wrong; slows the peer down, and parts from it in the end.</summary>
    private async ValueTask<SmtpReply> JudgeAsync(SmtpReply reply)
    {
        if (reply.Code is (>= 500 and <= 504) or 555)
        {
            Log.BadCommand(_logger, PeerName, Reply.Describe(reply));
            _patience.BadCommand();
            if (_patience.IsThin && !_patience.IsExhausted)
                await PauseAsync(Limits.BadCommandDelay);
        }

        return _patience.IsExhausted ? Close(Reply.TooManyErrors) : reply;
    }

    private SmtpReply Close(SmtpReply reply)
    {
        _isClosing = true;
        if (reply.Code == 421)
            Log.Disconnected(_logger, PeerName, Reply.Describe(reply));
        return reply;
    }

    private SmtpReply Reset()
    {
        _transaction = null;
        return Reply.Ok;
    }

    /// <summary>EHLO, HELO, LHLO: RFC 5321 §4.1.1.1, RFC 2033 §4.1. Each of them also resets.</summary>
    private SmtpReply Greet(Hello command)
    {
        var isLmtp = _settings.Role == SmtpRole.Lmtp;
        if (isLmtp != (command.Verb == HelloVerb.Lhlo))
            return Reply.UnknownCommand;
        _transaction = null;
        var isExtended = command.Verb != HelloVerb.Helo;
        _peer = new SmtpPeer(_connection, command.Name, isExtended, _user);
        return isExtended ? Reply.Hello(_settings.HostName, Extensions()) : Reply.Hello(_settings.HostName);
    }

    private IEnumerable<string> Extensions()
    {
        yield return "PIPELINING";                              // RFC 2920: replies are grouped, commands never dropped
        yield return $"SIZE {Limits.MessageBytes}";             // RFC 1870: spares both sides a message that is refused anyway
        yield return "8BITMIME";                                // RFC 6152: bytes are kept as they come
        yield return "ENHANCEDSTATUSCODES";                     // RFC 2034
        if (_settings.Tls is not null && !_connection.IsSecure)
            yield return "STARTTLS";                            // RFC 3207 §4.2: never within TLS
        if (AuthProblem() is null)
            yield return "AUTH " + string.Join(' ', SaslExchange.Mechanisms);   // RFC 4954: only where it would be taken now
    }

    /// <summary>STARTTLS: RFC 3207. Not tied to a phase by the RFC; what was said in the clear is forgotten.</summary>
    private async ValueTask<SmtpReply?> SecureAsync()
    {
        if (_connection.IsSecure)
            return Reply.BadSequence;
        if (_settings.Tls is not { } options)
            return Reply.NotImplemented;
        SslServerAuthenticationOptions chosen;
        try
        {
            chosen = options();
        }
        catch (Exception e) when (e is IOException or CryptographicException)
        {
            Log.LocalTrouble(_logger, PeerName, e);
            return Reply.TlsTrouble;
        }

        _wire.Write(Reply.ReadyForTls);
        await _wire.FlushAsync();
        if (await _wire.SecureAsync(chosen) is { } reason)
        {
            Log.TlsFailed(_logger, PeerName, reason);
            throw new SessionEndedException(farewell: null);
        }

        (_peer, _transaction) = (null, null);
        return null;
    }

    private SmtpReply? AuthProblem()
    {
        if (!_settings.HasAuth)
            return Reply.NotImplemented;
        if (_user is not null)
            return Reply.BadSequence;           // RFC 4954 §4: once
        if (_connection.IsSecure)
            return null;
        if (_settings.TlsRequired)
            return Reply.TlsRequired;
        return _settings.CleartextLogins.Allows(_connection.Remote.Address) ? null : Reply.EncryptionNeeded;
    }

    /// <summary>AUTH: RFC 4954.</summary>
    private async ValueTask<SmtpReply?> AuthenticateAsync(Auth command)
    {
        if (AuthProblem() is { } problem)
            return problem;
        var (credentials, refusal) = await AuthDialogue.RunAsync(command, _wire);
        if (credentials is null)
            return refusal;
        string? user;
        try
        {
            user = await LookUpAsync(credentials);
        }
        catch (IOException e)
        {
            Log.LocalTrouble(_logger, PeerName, e);
            return Reply.LoginTrouble;
        }

        if (user is null)
            return await RefuseLoginAsync(credentials);
        _user = user;
        _peer = _peer! with { User = user };
        Log.LoggedIn(_logger, PeerName, user);
        return Reply.Authenticated;
    }

    // Acting as somebody else (RFC 4616 §2) is nobody's right here.
    private async ValueTask<string?> LookUpAsync(SaslCredentials given) =>
        given.AuthorizationId.Length == 0 || string.Equals(given.AuthorizationId, given.User, StringComparison.OrdinalIgnoreCase)
            ? await _reception.AuthenticateAsync(given.User, given.Password, _stopping)
            : null;

    private async ValueTask<SmtpReply> RefuseLoginAsync(SaslCredentials given)
    {
        Counters.AuthFailures.Add(1);
        Log.LoginFailed(_logger, PeerName, string.Concat(given.User.Select(c => char.IsControl(c) ? '?' : c)));
        await PauseAsync(Limits.AuthFailureDelay);
        return _patience.AuthFailure() ? Reply.BadCredentials : Close(Reply.TooManyLogins);
    }

    /// <summary>MAIL: RFC 5321 §4.1.1.2.</summary>
    private async ValueTask<SmtpReply?> BeginAsync(MailParameters parameters)
    {
        if (_settings.TlsRequired && !_connection.IsSecure)
            return Reply.TlsRequired;
        if (_settings.AuthRequired && _user is null)
            return Reply.AuthRequired;
        if (parameters.Size > Limits.MessageBytes)
            return Reply.TooLarge;
        if (_transactions >= Limits.Transactions)
            return Close(Reply.TooManyMessages);
        var transaction = new SmtpTransaction(_peer!, parameters);
        var reply = await _reception.BeginAsync(transaction, _stopping);
        if (!reply.IsPositive)
            return reply;
        _transactions++;
        _transaction = transaction;
        return reply;
    }

    /// <summary>RCPT: RFC 5321 §4.1.1.3.</summary>
    private async ValueTask<SmtpReply?> AddRecipientAsync(RcptTo command)
    {
        var transaction = _transaction!;
        if (transaction.Recipients.Count >= Limits.Recipients)
            return Reply.TooManyRecipients;
        var (reply, address) = await _reception.AddRecipientAsync(transaction, command.Path.Address, _stopping);
        if (reply.IsPositive)
            transaction.Recipients.Add(address ?? throw new InvalidOperationException("A recipient was taken without an address."));
        else if (!reply.IsTransient)
            _patience.RefusedRecipient();
        return reply;
    }

    /// <summary>DATA: RFC 5321 §4.1.1.4.</summary>
    /// <remarks>1. 354; 2. read to end of data, whatever becomes of the message; 3. the reception keeps it; 4. answer: once in SMTP, for
    /// each recipient in LMTP (RFC 2033 §4.2). In every outcome the transaction is over.</remarks>
    private async ValueTask<SmtpReply?> ReceiveAsync()
    {
        var transaction = _transaction!;
        _transaction = null;
        using var buffer = _reception.OpenBuffer();

        // Step 1.
        _wire.Write(Reply.StartInput);
        await _wire.FlushAsync();

        // Step 2.
        var receiver = new MessageReceiver(buffer, Limits, _clock);
        await receiver.ReceiveAsync(_wire);

        // Step 3.
        var count = _settings.Role == SmtpRole.Lmtp ? transaction.Recipients.Count : 1;
        var replies = receiver.IsTooLarge ? Repeat(Reply.TooLarge, count)
            : receiver.Trouble is { } trouble ? Excuse(trouble, count)
            : await KeepAsync(transaction, buffer, count);

        // Step 4.
        Note(transaction, replies);
        for (var i = 0; i < count - 1; i++)
            _wire.Write(replies[i]);
        return replies[count - 1];
    }

    private async ValueTask<IReadOnlyList<SmtpReply>> KeepAsync(SmtpTransaction transaction, MessageBuffer buffer, int count)
    {
        // Not tied to the stop of the server: once it has begun, the peer should hear how it ended.
        using var limit = new CancellationTokenSource(Limits.AcceptTimeout, _clock);
        try
        {
            var replies = await _reception.AcceptAsync(transaction, buffer, limit.Token);
            return replies.Count == count
                ? replies
                : throw new InvalidOperationException($"The reception gave {replies.Count} replies where {count} are due.");
        }
        catch (IOException e)
        {
            return Excuse(e, count);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            return Excuse(e, count);
        }
    }

    private IReadOnlyList<SmtpReply> Excuse(Exception trouble, int count)
    {
        Log.LocalTrouble(_logger, PeerName, trouble);
        return Repeat(Reply.StorageTrouble, count);
    }

    private static IReadOnlyList<SmtpReply> Repeat(SmtpReply reply, int count) => [.. Enumerable.Repeat(reply, count)];

    private void Note(SmtpTransaction transaction, IReadOnlyList<SmtpReply> replies)
    {
        if (replies.Any(static reply => reply.IsPositive))
        {
            Counters.Accepted.Add(1);
            _patience.Restore();
            return;
        }

        Counters.Refused.Add(1);
        Log.MessageRefused(_logger, PeerName, transaction.Mail.Sender.ToString(), Reply.Describe(replies[0]));
    }

    private async ValueTask PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, _clock, _stopping);
        }
        catch (OperationCanceledException)
        {
            throw new SessionEndedException(Reply.ShuttingDown);
        }
    }
}
