using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Index;

/// <summary>The directory's times when it was last listed, and when that was.</summary>
internal readonly record struct Stamp(DirectoryTimes Times, long ReadAt)
{
    /// <summary>File systems tell times in steps (ext4: of the kernel's tick; NFS: of what its cache allows). A directory that was read
    /// sooner than this after its last change may have changed again without a new time.</summary>
    private const long SettleNanoseconds = 2_000_000_000;

    internal bool IsNewSettled => ReadAt - Times.New > SettleNanoseconds;

    internal bool IsCurSettled => ReadAt - Times.Cur > SettleNanoseconds;

    internal bool AreKeywordsSettled => ReadAt - Times.Keywords > SettleNanoseconds;

    internal bool IsSettled => IsNewSettled && IsCurSettled && AreKeywordsSettled;
}
