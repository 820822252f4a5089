namespace Courier.Mta.Delivery.Local;

/// <summary>Our own trouble with a disk, in words for the queue listing and the sender. Always temporary.</summary>
internal static class StorageTrouble
{
    private const int PermissionDenied = 13; // EACCES
    private const int NotPermitted = 1; // EPERM
    private const int NoSpace = 28; // ENOSPC
    private const int ReadOnly = 30; // EROFS
    private const int OverQuota = 122; // EDQUOT

    internal static (string Status, string Diagnostic) Describe(Exception e) => e switch
    {
        UnauthorizedAccessException => ("4.2.0", "The mailbox may not be written to: permission denied"), // RFC 3463 X.2.0
        IOException { HResult: PermissionDenied or NotPermitted } => ("4.2.0", "The mailbox may not be written to: permission denied"),
        IOException { HResult: NoSpace } => ("4.3.1", "The disk is full"), // X.3.1: mail system full
        IOException { HResult: OverQuota } => ("4.2.2", "The disk quota of the mailbox is used up"), // X.2.2: mailbox full
        IOException { HResult: ReadOnly } => ("4.3.0", "The file system is read-only"),
        _ => ("4.3.0", "The mailbox cannot be written to: " + e.Message),
    };
}
