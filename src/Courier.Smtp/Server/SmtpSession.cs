using Courier.IO.Wire;
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
        Chunks,
    }

    private bool _isClosing;

    public SmtpSession(
        Connection connection, SmtpServerSettings settings, IReception reception, ILogger logger, TimeProvider clock, CancellationToken stopping)
    {
        (Connection, Settings, Reception, Logger, Clock, Stopping) = (connection, settings, reception, logger, clock, stopping);
        var lineBytes = settings.HasAuth ? Math.Max(settings.Limits.AuthLineBytes, settings.Limits.CommandLineBytes) : settings.Limits.CommandLineBytes;
        Wire = new SmtpWire(connection, settings.Limits, lineBytes, stopping);
        Patience = new Patience(settings.Limits);
        Limits = settings.Limits;
        MayXClient = IsIn(settings.XClientPeers);
        MayXForward = IsIn(settings.XForwardPeers);
    }

    public Connection Connection { get; }

    public SmtpServerSettings Settings { get; }

    public IReception Reception { get; }

    public ILogger Logger { get; }

    public TimeProvider Clock { get; }

    public CancellationToken Stopping { get; }

    public SmtpWire Wire { get; }

    public Patience Patience { get; }

    /// <summary>Set by EHLO, dropped by STARTTLS (RFC 3207 §4.2).</summary>
    public SmtpPeer? Peer { get; set; }

    /// <summary>Set by AUTH, for good.</summary>
    public string? User { get; set; }

    /// <summary>Set by MAIL, dropped by RSET, EHLO, STARTTLS and the end of the message.</summary>
    public SmtpTransaction? Transaction { get; private set; }

    /// <summary>Set by the first BDAT, dropped with the transaction.</summary>
    public ChunkedMessage? Chunks { get; set; }

    /// <summary>The peer, as it connected, may say XCLIENT.</summary>
    public bool MayXClient { get; }

    /// <summary>The peer, as it connected, may say XFORWARD.</summary>
    public bool MayXForward { get; }

    /// <summary>HELO and PROTO of XCLIENT: they hold instead of what EHLO says.</summary>
    public (string? Helo, string? Protocol) Introduced { get; set; }

    /// <summary>ADDR of XFORWARD, for the next message.</summary>
    public string? ForwardedFrom { get; set; }

    public int Transactions { get; private set; }

    /// <summary>The listener's, or what holds for this peer instead.</summary>
    public SmtpLimits Limits { get; private set; }

    /// <summary>What holds for this peer.</summary>
    public SessionTerms Terms { get; private set; } = SessionTerms.Usual;

    public bool TlsRequired => Settings.TlsRequired || Terms.TlsRequired;

    public bool AuthRequired => Settings.AuthRequired || Terms.AuthRequired;

    public string PeerName => Connection.Remote.Address.ToString();

    private Phase CurrentPhase => (Peer, Transaction, Chunks) switch
    {
        (null, _, _) => Phase.Connected,
        (_, null, _) => Phase.Greeted,
        (_, _, not null) => Phase.Chunks,
        (_, { Recipients.Count: 0 }, _) => Phase.Mail,
        _ => Phase.Rcpt,
    };

    public void Dispose()
    {
        DropTransaction();
        Wire.Dispose();
    }

    private bool IsIn(IReadOnlyList<System.Net.IPNetwork> networks)
    {
        for (var i = 0; i < networks.Count; i++)
            if (networks[i].Contains(Connection.Remote.Address))
                return true;
        return false;
    }

    /// <summary>Whether this listener offers all of them.</summary>
    public bool Offers(SmtpExtensions extensions) => (extensions & ~Settings.Offered) == 0;

    public void Begin(SmtpTransaction transaction)
    {
        transaction.ForwardedFrom = ForwardedFrom;
        ForwardedFrom = null;
        Transactions++;
        Transaction = transaction;
    }

    public void DropTransaction()
    {
        Transaction = null;
        Chunks?.Dispose();
        Chunks = null;
    }

    public async Task RunAsync()
    {
        try
        {
            Wire.Write(await WelcomeAsync());
            while (!_isClosing)
            {
                if (Wire.IsFlushDue)
                    await Wire.FlushAsync();
                var status = await Wire.ReadLineAsync();
                if (status == LineStatus.End)
                    return;
                if (status == LineStatus.Endless)
                    throw new SessionEndedException(Reply.LineTooLong);
                if (await AnswerAsync(status) is { } reply)
                    Wire.Write(reply);
            }

            await Wire.FlushAsync();
        }
        catch (SessionEndedException e)
        {
            await PartAsync(e.Farewell);
        }
    }

    /// <summary>The greeting, or what the peer is sent away with.</summary>
    private async ValueTask<SmtpReply> WelcomeAsync()
    {
        try
        {
            if (await AskTermsAsync() is { } refusal)
                return refusal;
        }
        catch (Exception e) when (e is not SessionEndedException)
        {
            Log.SessionFault(Logger, PeerName, e);
            return Close(Reply.Fault);
        }

        if (Terms.GreetingDelay > TimeSpan.Zero && !await Wire.IsSilentAsync(Terms.GreetingDelay))
            return Close(Reply.SpokeFirst);
        return Settings.Welcome;
    }

    /// <summary>Finds out what holds for the peer as it is known now.</summary>
    /// <returns>What it is sent away with, or null.</returns>
    public async ValueTask<SmtpReply?> AskTermsAsync()
    {
        Terms = await Reception.WelcomeAsync(Connection, Stopping);
        Limits = Terms.MessageBytes is { } bytes ? Settings.Limits with { MessageBytes = bytes } : Settings.Limits;
        return Terms.Refusal is { } refusal ? Close(refusal) : null;
    }

    private async ValueTask PartAsync(SmtpReply? farewell)
    {
        if (farewell is null)
            return;
        try
        {
            Wire.Write(farewell);
            await Wire.FlushAsync();
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
            Patience.Command();
            reply = await HandleAsync(Parse(status));
        }
        catch (IOException e)
        {
            // Our disk or directory, not their mail: let them try again.
            Log.LocalTrouble(Logger, PeerName, e);
            reply = Reply.StorageTrouble;
        }
        catch (OperationCanceledException) when (Stopping.IsCancellationRequested)
        {
            return Close(Reply.ShuttingDown);
        }
        catch (Exception e) when (e is not SessionEndedException)
        {
            Log.SessionFault(Logger, PeerName, e);
            return Close(Reply.Fault);
        }

        return reply is null || _isClosing ? reply : await JudgeAsync(reply);
    }

    private SmtpCommand Parse(LineStatus status)
    {
        if (status == LineStatus.TooLong)
            return new Bad(Reply.LineTooLong);
        var command = CommandParser.Parse(Wire.Line, Settings.PathDomain);
        var isTooLong = Wire.Line.Length + "\r\n".Length > Limits.CommandLineBytes && command is not Auth;
        return isTooLong ? new Bad(Reply.LineTooLong) : command;
    }

    /// <summary>The whole state machine; lay it beside RFC 5321 §4.1.4.</summary>
    private ValueTask<SmtpReply?> HandleAsync(SmtpCommand command) => (command, CurrentPhase) switch
    {
        (Hello c, _) => new(HelloVerbs.Greet(this, c)),
        (StartTls, not Phase.Connected) => SecurityVerbs.SecureAsync(this),
        (Auth c, Phase.Greeted) => SecurityVerbs.AuthenticateAsync(this, c),
        (MailFrom c, Phase.Greeted) => EnvelopeVerbs.BeginAsync(this, c.Parameters),
        (RcptTo c, Phase.Mail or Phase.Rcpt) => EnvelopeVerbs.AddRecipientAsync(this, c),
        (Data, Phase.Rcpt) => ContentVerbs.ReceiveAsync(this),
        (Data, Phase.Mail) => new(Reply.NoRecipients),
        (Bdat c, Phase.Rcpt or Phase.Chunks) => ContentVerbs.ReceiveChunkAsync(this, c),
        (Bdat c, Phase.Mail) => ContentVerbs.PassOverAsync(this, c, Reply.NoRecipients),
        (Bdat c, _) => ContentVerbs.PassOverAsync(this, c, Reply.BadSequence),
        (BadBdat, _) => new(Close(Reply.BadChunkSize)),
        (Etrn c, Phase.Greeted) => FlushAsync(c),
        (XClient c, _) => PeerVerbs.SpeakForAsync(this, c),
        (XForward c, Phase.Greeted) => new(PeerVerbs.Forward(this, c)),
        (Verify c, _) => VerifyAsync(c),
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
            Log.BadCommand(Logger, PeerName, Reply.Describe(reply));
            Patience.BadCommand();
        }

        if (reply.Code >= 500)
            await HoldBackAsync();

        return Patience.IsExhausted ? Close(Reply.TooManyErrors) : reply;
    }

    /// <summary>Makes trying out addresses and commands slow. Users who logged in, servers of ours and peers that are forgiven are not kept waiting.</summary>
    private async ValueTask HoldBackAsync()
    {
        Patience.Refusal();
        if (User is null && Settings.Role != SmtpRole.Lmtp && !Terms.IsForgiven && !Patience.IsExhausted && Patience.Delay is var delay && delay > TimeSpan.Zero)
        {
            // What is answered already leaves now: the peer is to wait for this answer alone.
            await Wire.FlushAsync();
            await PauseAsync(delay);
        }
    }

    /// <summary>The reply is the last of this session.</summary>
    public SmtpReply Close(SmtpReply reply)
    {
        _isClosing = true;
        if (reply.Code is 421 or 554)
            Log.Disconnected(Logger, PeerName, Reply.Describe(reply));
        return reply;
    }

    private async ValueTask<SmtpReply?> FlushAsync(Etrn command) =>
        Offers(SmtpExtensions.Etrn) ? await Reception.FlushAsync(Peer!, command.Domain, Stopping) : Reply.NotImplemented;

    /// <summary>Before EHLO, and for what is no address, there is one answer. Whoever tries out names is sent away as with RCPT.</summary>
    private async ValueTask<SmtpReply?> VerifyAsync(Verify command)
    {
        if (Peer is null || command.Address is not { } address)
            return command.Expands ? Reply.NotImplemented : Reply.CannotVerify;
        var reply = await Reception.VerifyAsync(Peer, address, command.Expands, Stopping);
        if (reply is { IsPositive: false, IsTransient: false } && reply != Reply.NotImplemented)
            Patience.RefusedRecipient();
        return reply;
    }

    private SmtpReply Reset()
    {
        DropTransaction();
        return Reply.Ok;
    }

    public async ValueTask PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, Clock, Stopping);
        }
        catch (OperationCanceledException)
        {
            throw new SessionEndedException(Reply.ShuttingDown);
        }
    }
}
