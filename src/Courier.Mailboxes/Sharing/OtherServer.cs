namespace Courier.Mailboxes.Sharing;

/// <summary>A server that goes on serving an account beside this one.</summary>
public enum OtherServer
{
    /// <summary>The account is ours alone.</summary>
    None,
    Courier,
    Dovecot,
}
