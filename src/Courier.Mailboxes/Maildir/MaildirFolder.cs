using System.Text;
using Courier.IO.Files;

namespace Courier.Mailboxes.Maildir;

/// <summary>Where things lie in one Maildir or one folder of it (docs/storage.md). What is ours is in <c>courier/</c>, without a
/// leading dot so that nobody takes it for a folder.</summary>
internal sealed class MaildirFolder(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    internal const string OursName = "courier";

    internal string Path { get; } = path;

    internal string New { get; } = path + "/new";

    internal string Cur { get; } = path + "/cur";

    internal string Tmp { get; } = path + "/tmp";

    internal string Ours { get; } = path + "/courier";

    internal string Staging { get; } = path + "/courier/staging";

    internal string Expunged { get; } = path + "/courier/expunged";

    /// <summary>Messages that were decided to appear together (<see cref="Delivery.PlacementJournal"/>).</summary>
    internal string Placing { get; } = path + "/courier/placing";

    internal string Uids { get; } = path + "/courier/uids";

    /// <summary>Locked instead of <see cref="Uids"/>, which is replaced when it is compacted.</summary>
    internal string UidsLock { get; } = path + "/courier/lock";

    internal string Id { get; } = path + "/courier/id";

    internal string Index { get; } = path + "/courier/index";

    internal string Forms { get; } = path + "/courier/forms";

    internal string Keywords { get; } = path + "/courierimapkeywords";

    /// <summary>The same as bytes: directories with a slash to join names to, and whole paths that end in NUL.</summary>
    internal byte[] NewSlash { get; } = Encoding.UTF8.GetBytes(path + "/new/");

    internal byte[] CurSlash { get; } = Encoding.UTF8.GetBytes(path + "/cur/");

    internal byte[] TmpSlash { get; } = Encoding.UTF8.GetBytes(path + "/tmp/");

    internal byte[] ExpungedSlash { get; } = Encoding.UTF8.GetBytes(path + "/courier/expunged/");

    private readonly byte[] _new = Encoding.UTF8.GetBytes(path + "/new\0");
    private readonly byte[] _cur = Encoding.UTF8.GetBytes(path + "/cur\0");
    private readonly byte[] _keywords = Encoding.UTF8.GetBytes(path + "/courierimapkeywords\0");

    /// <summary>When names in its directories last changed; null when it is no Maildir any more.</summary>
    internal DirectoryTimes? Times()
    {
        if (!FileStatus.TryGet(_cur, out var cur) || !FileStatus.TryGet(_new, out var @new))
            return null;
        return new DirectoryTimes(@new.ModifiedNanoseconds, cur.ModifiedNanoseconds,
            FileStatus.TryGet(_keywords, out var keywords) ? keywords.ModifiedNanoseconds : 0);
    }

    /// <summary>Another program may have made only some of it; whoever made cur/ made a mailbox.</summary>
    internal bool Exists => Directory.Exists(Cur);

    /// <summary>Makes what is missing. A folder below the main Maildir gets its empty <c>maildirfolder</c> (courier.md §9.1).</summary>
    internal void Make(bool isMain)
    {
        MakeDirectory(Path);
        MakeDirectory(Tmp);
        MakeDirectory(New);
        MakeOurs();
        if (!isMain && !File.Exists(Path + "/maildirfolder"))
            RawFile.Write(Path + "/maildirfolder", default);
        // Last: its presence says that the mailbox is there.
        MakeDirectory(Cur);
    }

    internal void MakeOurs()
    {
        MakeDirectory(Ours);
        MakeDirectory(Staging);
        MakeDirectory(Expunged);
    }

    private static void MakeDirectory(string path) => Directory.CreateDirectory(path, OwnerOnly);
}

/// <summary>mtimes in nanoseconds; 0 for a directory that is not there.</summary>
internal readonly record struct DirectoryTimes(long New, long Cur, long Keywords);
