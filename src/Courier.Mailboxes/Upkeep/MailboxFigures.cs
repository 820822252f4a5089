using Courier.IO.Files;
using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Names;

namespace Courier.Mailboxes.Upkeep;

/// <summary>What a mailbox holds and takes, for its operator.</summary>
/// <param name="Name">The mailbox.</param>
/// <param name="Messages">In it.</param>
/// <param name="Unseen">Of them without \Seen.</param>
/// <param name="Bytes">Octets of the messages on disk.</param>
/// <param name="UidValidity">RFC 3501 §2.3.1.1.</param>
/// <param name="UidNext">The next UID.</param>
/// <param name="HighestModSeq">RFC 7162.</param>
/// <param name="Keywords">Different ones in use.</param>
/// <param name="IndexBytes">Octets of what can be made anew: index and forms.</param>
/// <param name="Expunged">Messages that can be had back.</param>
/// <param name="ExpungedBytes">Their octets.</param>
/// <param name="Staged">Copies of the queue on their way in.</param>
public sealed record MailboxFigures(
    MailboxName Name, int Messages, int Unseen, long Bytes, UidValidity UidValidity, Uid UidNext, ModSeq HighestModSeq, int Keywords,
    long IndexBytes, int Expunged, long ExpungedBytes, int Staged)
{
    internal static MailboxFigures Of(MailboxName name, Index.Snapshot snapshot, MaildirFolder folder)
    {
        var bytes = ExpungedMessages.FilesIn(folder.New).Concat(ExpungedMessages.FilesIn(folder.Cur)).Sum(file => file.Status.Size);
        var expunged = ExpungedMessages.FilesIn(folder.Expunged).ToList();
        return new MailboxFigures(
            name, snapshot.Count, snapshot.UnseenCount, bytes, snapshot.UidValidity, snapshot.UidNext, snapshot.HighestModSeq, snapshot.Keywords.Length,
            SizeOf(folder.Index) + SizeOf(folder.Forms), expunged.Count, expunged.Sum(file => file.Status.Size), ExpungedMessages.FilesIn(folder.Staging).Count());
    }

    private static long SizeOf(string path) => FileStatus.TryGet(path, out var status) ? status.Size : 0;
}
