namespace Courier.Mailboxes;

public enum CreateOutcome
{
    Created,
    AlreadyExists,
    NotAllowed,
}

public enum DeleteOutcome
{
    Deleted,
    NoSuchMailbox,

    /// <summary>INBOX.</summary>
    NotAllowed,
}

public enum RenameOutcome
{
    Renamed,
    NoSuchMailbox,
    AlreadyExists,
    NotAllowed,
}

public enum AnnotateOutcome
{
    Done,
    NoSuchMailbox,

    /// <summary>More entries than a mailbox may have.</summary>
    TooMany,
}
