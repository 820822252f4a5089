using Courier.Mailboxes.Names;

namespace Courier.Mailboxes;

/// <summary>A mailbox in a listing. <see cref="Exists"/> is false for a name that only has mailboxes below it.</summary>
public sealed record MailboxListing(MailboxName Name, bool Exists, bool HasChildren, bool IsMarked);
