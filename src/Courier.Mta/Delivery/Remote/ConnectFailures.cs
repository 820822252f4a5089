using Courier.Mta.Routing;
using Courier.Queue;
using Courier.Smtp.Client;

namespace Courier.Mta.Delivery.Remote;

/// <summary>What went wrong with one host after the other, and what it comes to.</summary>
/// <remarks>A greeting or EHLO of 5xx says that this host will not take mail from us (RFC 5321 §3.1, §4.3.2), not that the next one will
/// not. Only when every host refuses for good, and none may come back, is the mail returned: repeating the same words to the same
/// hosts would change nothing (§4.2.1). A login, TLS or policy that fails is about settings that somebody will mend: mail waits.</remarks>
internal sealed class ConnectFailures(NextHop hop)
{
    /// <summary>RFC 3463 X.7.5: cryptographic failure.</summary>
    private const string TlsTrouble = "4.7.5";

    private HopException? _permanent;
    private HopException? _temporary;
    private bool _hasSpoken;
    private bool _hasTlsTrouble;

    public bool IsEmpty => _permanent is null && _temporary is null;

    public void Add(RouteFailure failure, string? server = null)
    {
        _hasTlsTrouble |= failure.Status == TlsTrouble;
        if (failure.IsPermanent)
            _permanent = new HopException(OutcomeKind.Failed, failure.Status, failure.Text, server);
        else
            _temporary = new HopException(OutcomeKind.Deferred, failure.Status, failure.Text, server);
    }

    public void Add(SmtpConnectException failure, string server)
    {
        var text = failure.Reply is { } reply ? OutcomeReader.Text(reply) : failure.Message;
        _hasTlsTrouble |= failure.Step == SmtpStep.StartTls;
        _hasSpoken |= failure.Reply is not null || failure.Step > SmtpStep.Greeting;
        if (failure is { Reply.Code: >= 500, Step: SmtpStep.Greeting or SmtpStep.Hello })
        {
            // 5.3.2: system not accepting network messages.
            _permanent = new HopException(OutcomeKind.Failed, failure.Reply.Status?.ToString() ?? "5.3.2", text, server);
            return;
        }

        var status = failure switch
        {
            { Reply: { IsTransient: true, Status: { } given } } => given.ToString(),
            { Step: SmtpStep.Connect } => "4.4.1",
            { Certificate: not null } or { Step: SmtpStep.StartTls } => TlsTrouble,
            { Step: SmtpStep.Auth } => "4.7.8",
            { Reply: not null } => "4.3.2",
            _ => "4.4.2",
        };
        _temporary = new HopException(OutcomeKind.Deferred, status, failure.Step is SmtpStep.StartTls or SmtpStep.Auth ? failure.Message : text, server);
    }

    public HopException ToException()
    {
        var failure = _temporary ?? _permanent ?? new HopException(OutcomeKind.Deferred, "4.4.4", $"There is no host to try for {hop}", null);
        return new HopException(failure.Kind, failure.Status, failure.Message, failure.Server)
        {
            IsAboutTls = _hasTlsTrouble,
            IsUnreachable = _permanent is null && _temporary is { Server: not null } && !_hasSpoken,
        };
    }
}
