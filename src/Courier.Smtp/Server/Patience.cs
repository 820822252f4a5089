namespace Courier.Smtp.Server;

/// <summary>Counts what a session does that leads to no message, and says when it has been enough.</summary>
internal sealed class Patience(SmtpLimits limits)
{
    private int _commands;
    private int _bad;
    private int _refusedRecipients;
    private int _authFailures;

    public bool IsExhausted =>
        _commands > limits.CommandsWithoutMessage || _bad > limits.BadCommands || _refusedRecipients > limits.RefusedRecipients;

    public bool IsThin => _bad >= limits.BadCommandsBeforeDelay;

    public void Command() => _commands++;

    public void BadCommand() => _bad++;

    public void RefusedRecipient() => _refusedRecipients++;

    /// <returns>Whether another try is allowed.</returns>
    public bool AuthFailure() => ++_authFailures < limits.AuthFailures;

    /// <summary>A message was kept: the peer is what it seems. Failed logins are not forgiven.</summary>
    public void Restore() => _commands = _bad = _refusedRecipients = 0;
}
