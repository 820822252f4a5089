using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Delivery;
using Courier.Mailboxes.Index;
using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Names;

namespace Courier.Mailboxes.Upkeep;

/// <summary>A message that was expunged and can be had back.</summary>
/// <param name="Mailbox">Where it was.</param>
/// <param name="File">Its name, which tells it from the others there.</param>
/// <param name="Expunged">When.</param>
/// <param name="Bytes">Its size on disk.</param>
public sealed record ExpungedMessage(MailboxName Mailbox, string File, DateTimeOffset Expunged, long Bytes);

/// <summary>A mailbox that was deleted and can be had back.</summary>
/// <param name="Name">What it was called; null for one that an older version deleted.</param>
/// <param name="Directory">Where it lies.</param>
/// <param name="Deleted">When.</param>
/// <param name="Messages">In it.</param>
public sealed record DeletedMailbox(MailboxName? Name, string Directory, DateTimeOffset Deleted, int Messages);

/// <summary>The messages in <c>courier/expunged/</c> of a mailbox. They keep neither flags nor keywords: those were the mailbox's.</summary>
internal static class ExpungedMessages
{
    /// <summary>Ends the name of a deleted mailbox among them.</summary>
    internal const string FolderSuffix = ".folder";

    /// <summary>Ends the name of one that is being removed for good: whoever is killed on the way has left no mailbox that could be had back by half.</summary>
    internal const string RemovedSuffix = ".removed";

    private static string NameFile(string directory) => directory + "/courier/name";

    internal static IEnumerable<ExpungedMessage> List(MailboxName mailbox, MaildirFolder folder) =>
        FilesIn(folder.Expunged).Where(file => !IsFolder(file.Name))
            .Select(file => new ExpungedMessage(mailbox, file.Name, TimeOf(file.Status), file.Status.Size)).OrderBy(message => message.Expunged);

    internal static bool IsFolder(string name) => name.EndsWith(FolderSuffix, StringComparison.Ordinal) || name.EndsWith(RemovedSuffix, StringComparison.Ordinal);

    /// <summary>The files of a directory, with a stat each; names are Latin-1 as elsewhere.</summary>
    internal static IEnumerable<(string Name, FileStatus Status)> FilesIn(string directory)
    {
        var names = new DirectoryNames();
        try
        {
            names.Read(directory);
        }
        catch (DirectoryNotFoundException)
        {
            yield break;
        }

        var slash = Encoding.UTF8.GetBytes(directory + "/");
        var buffer = new byte[RawPath.MaxBytes];
        for (var i = 0; i < names.Count; i++)
        {
            var path = RawPath.Join(buffer, slash, names[i], default);
            if (FileStatus.TryGet(path, out var status))
                yield return (Encoding.Latin1.GetString(names[i]), status);
        }
    }

    /// <summary>Puts messages back as new ones, with new UIDs: all of them or none. Returns how many were still there.</summary>
    internal static async ValueTask<int> RestoreAsync(MailboxState state, IReadOnlyCollection<string> files, CancellationToken ct)
    {
        var arrivals = new List<Arrival>();
        var back = RestoredIn(state.Folder);
        var found = 0;
        try
        {
            foreach (var file in files)
            {
                if (back.Contains(KeyOf(file)))
                    found++;
                else if (Stage(state, file) is { } arrival)
                    arrivals.Add(arrival);
            }

            if (arrivals.Count > 0)
                await new Arrivals(state).PlaceAsync(arrivals, ct);
        }
        catch
        {
            new Arrivals(state).Discard(arrivals.Select(arrival => arrival.Name));
            throw;
        }

        // What is back is taken from the expunged only now. Who is killed before has left both, and the next run knows by the name what is back already.
        foreach (var file in files)
            RawFile.TryDelete(PathOf(state.Folder, file));
        return found + arrivals.Count;
    }

    /// <summary>By which the name of a message that is back says which expunged one it was.</summary>
    private static string KeyOf(string file) => "R" + Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(file)).AsSpan(0, 16));

    /// <summary>The keys of all that came back and are still known here; one that was expunged again lies there under that name.</summary>
    private static HashSet<string> RestoredIn(MaildirFolder folder) =>
        [.. ((string[])[folder.Cur, folder.New, folder.Expunged]).SelectMany(FilesIn).Select(file => file.Name.Split('.')).Where(words => words.Length > 2).Select(words => words[1].Split('_')[0])];

    /// <summary>Notes what a mailbox was called, before its directory is moved away.</summary>
    internal static void Label(MaildirFolder folder, MailboxName name)
    {
        folder.MakeOurs();
        DurableFile.Replace(NameFile(folder.Path), Encoding.UTF8.GetBytes(name.Value + "\n"));
    }

    internal static IEnumerable<DeletedMailbox> Deleted(MaildirFolder main)
    {
        foreach (var (file, status) in FilesIn(main.Expunged).Where(file => file.Name.EndsWith(FolderSuffix, StringComparison.Ordinal)))
        {
            var directory = $"{main.Expunged}/{file}";
            var text = File.Exists(NameFile(directory)) ? File.ReadAllText(NameFile(directory)).Trim() : "";
            yield return new DeletedMailbox(
                MailboxName.TryParse(text, out var name) ? name : null, directory, TimeOf(status), FilesIn(directory + "/cur").Count() + FilesIn(directory + "/new").Count());
        }
    }

    private static Arrival? Stage(MailboxState state, string file)
    {
        var bytes = Encoding.Latin1.GetBytes(file);
        var wire = FileName.Figure(bytes, FileName.WireSizeKey);
        var size = FileName.Figure(bytes, FileName.SizeKey);
        if (!FileStatus.TryGet(PathOf(state.Folder, file), out var status))
            return null;
        var name = string.Create(CultureInfo.InvariantCulture, $"{state.Now.ToUnixTimeSeconds()}.{KeyOf(file)}_{Stopwatch.GetTimestamp():x}.{UniqueName.Host}") + (size >= 0 ? $",S={size}" : "") + (wire >= 0 ? $",W={wire}" : "");
        var error = RawFile.Link(PathOf(state.Folder, file), Encoding.UTF8.GetBytes($"{state.Folder.Tmp}/{name}\0"));
        if (error != 0)
            throw new IOException($"link {state.Folder.Expunged}/{file}: error {error}", error);
        return new Arrival(name, MessageFlags.None, [], wire is >= 0 and < Entry.UnknownSize ? (uint)wire : Entry.UnknownSize, status.ModifiedNanoseconds / 1_000_000_000);
    }

    private static byte[] PathOf(MaildirFolder folder, string file) =>
        RawPath.Join(new byte[RawPath.MaxBytes], folder.ExpungedSlash, Encoding.Latin1.GetBytes(file), default).ToArray();

    /// <summary>ctime: the rename into the directory set it.</summary>
    private static DateTimeOffset TimeOf(in FileStatus status) => DateTimeOffset.UnixEpoch.AddTicks(status.ChangedNanoseconds / 100);
}
