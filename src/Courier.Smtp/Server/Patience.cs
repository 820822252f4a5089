namespace Courier.Smtp.Server;

/// <summary>Counts what a session does that leads to no message, and says when it has been enough.</summary>
internal sealed class Patience(SmtpLimits limits)
{
    private int _commands;
    private int _bad;
    private int _refusedRecipients;
    private int _authFailures;
    private int _refusals;

    public bool IsExhausted =>
        _commands > limits.CommandsWithoutMessage || _bad > limits.BadCommands || _refusedRecipients > limits.RefusedRecipients;

    /// <summary>How long the next refusal is held back.</summary>
    public TimeSpan Delay
    {
        get
        {
            var doublings = _refusals - limits.RefusalsBeforeDelay;
            if (doublings < 0)
                return TimeSpan.Zero;
            const int mostDoublings = 20;
            var delay = limits.RefusalDelay * (1 << Math.Min(doublings, mostDoublings));
            return delay < limits.RefusalDelayMax ? delay : limits.RefusalDelayMax;
        }
    }

    public void Refusal() => _refusals++;

    public void Command() => _commands++;

    public void BadCommand() => _bad++;

    public void RefusedRecipient() => _refusedRecipients++;

    /// <returns>Whether another try is allowed.</returns>
    public bool AuthFailure() => ++_authFailures < limits.AuthFailures;

    /// <summary>A message was kept: the peer is what it seems. Failed logins are not forgiven.</summary>
    public void Restore() => _commands = _bad = _refusedRecipients = _refusals = 0;
}
