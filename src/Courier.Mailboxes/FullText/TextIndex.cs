using Courier.IO.Files;
using Courier.Mailboxes.Index;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.FullText;

/// <summary>How the full text index is kept.</summary>
public sealed record TextIndexSettings
{
    /// <summary>Whether accounts have one that say nothing themselves.</summary>
    public bool IsOn { get; init; } = true;

    /// <summary>Messages that have to be missing before the index is brought up to date: searching a few in their files costs less.</summary>
    public int AtLeast { get; init; } = 200;

    /// <summary>How long after a change.</summary>
    public TimeSpan After { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Share of one processor that feeding may take.</summary>
    public double Share { get; init; } = 0.5;

    internal bool IsOnFor(MaildirFolder main) => TextIndex.ReadChoice(main) ?? IsOn;
}

/// <summary>What the full text index of a mailbox has.</summary>
/// <param name="Messages">Messages in the mailbox.</param>
/// <param name="Indexed">Those of them that the index knows.</param>
/// <param name="Segments">Files that it consists of.</param>
/// <param name="Bytes">Octets of those.</param>
public sealed record TextIndexStatus(int Messages, int Indexed, int Segments, long Bytes);

/// <summary>What can be asked of a full text index from outside; searching is <see cref="Search.MailboxSearch"/>'s.</summary>
internal static class TextIndex
{
    internal static TextIndexStatus Status(MailboxState state)
    {
        var snapshot = state.Current;
        using var segments = SegmentSet.Open(state.Folder, snapshot);
        return segments is null
            ? new(snapshot.Count, 0, 0, 0)
            : new(snapshot.Count, PostingList.CountOf(segments.Covered), segments.Segments.Count(), segments.Segments.Sum(segment => segment.Bytes));
    }

    /// <summary>Whoever searches meanwhile reads the messages instead.</summary>
    internal static void Delete(MaildirFolder folder)
    {
        var directory = SegmentSet.DirectoryOf(folder);
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    /// <summary>What an account says for itself; null where it says nothing.</summary>
    internal static bool? ReadChoice(MaildirFolder main)
    {
        try
        {
            return File.ReadAllText(ChoiceOf(main)).Trim() switch
            {
                "yes" => true,
                "no" => false,
                _ => null,
            };
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    internal static void WriteChoice(MaildirFolder main, bool? isOn)
    {
        if (isOn is null)
            File.Delete(ChoiceOf(main));
        else
            DurableFile.Replace(ChoiceOf(main), isOn.Value ? "yes\n"u8 : "no\n"u8);
    }

    private static string ChoiceOf(MaildirFolder main) => main.Ours + "/textindex";
}
