using Courier.Mail.Addresses;

namespace Courier.Accounts;

/// <summary>Somebody who has a mailbox here.</summary>
/// <param name="Address">Also the login name.</param>
/// <param name="Maildir">Absolute path of the Maildir.</param>
public sealed record Account(MailAddress Address, string Maildir);
