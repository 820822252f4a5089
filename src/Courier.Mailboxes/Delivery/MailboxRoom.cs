using Courier.IO.Files;
using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Upkeep;

namespace Courier.Mailboxes.Delivery;

/// <summary>Whether the quota in a Maildir's <c>maildirsize</c> leaves room for a message (courier.md §9.3). Without that file there is no limit.</summary>
public static class MailboxRoom
{
    /// <summary>From this length on the file is counted anew and becomes two lines: Courier's figure.</summary>
    private const int LongFile = 5120;

    /// <summary>A sum of this age is counted anew before it refuses anything: files may have gone without a line. Courier's figure.</summary>
    private static readonly TimeSpan _oldSum = TimeSpan.FromMinutes(15);

    /// <param name="maildir">The account's Maildir.</param>
    /// <param name="octets">Of the message.</param>
    /// <param name="clock">Says how old the sum is.</param>
    public static bool IsFor(string maildir, long octets, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentNullException.ThrowIfNull(maildir);
        var sizeFile = MaildirSize.PathIn(Path.TrimEndingDirectorySeparator(maildir));
        if (AccountQuota.Read(sizeFile) is not { } quota)
            return true;
        var hasRoom = quota.HasRoomFor(octets);
        if (!FileStatus.TryGet(sizeFile, out var file) || (file.Size < LongFile && (hasRoom || !IsDoubtful(sizeFile, file, clock))))
            return hasRoom;
        QuotaCheck.Recount(new MaildirFolder(Path.TrimEndingDirectorySeparator(maildir)));
        return AccountQuota.Read(sizeFile)?.HasRoomFor(octets) ?? true;
    }

    /// <summary>Lines after the sum may be wrong, and so may a sum that has aged.</summary>
    private static bool IsDoubtful(string sizeFile, FileStatus file, TimeProvider clock) =>
        TextLines.Of(sizeFile).Length > 2
        || clock.GetUtcNow() - DateTimeOffset.UnixEpoch.AddTicks(file.ModifiedNanoseconds / 100) > _oldSum;
}
