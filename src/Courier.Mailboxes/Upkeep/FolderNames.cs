using System.Text;
using Courier.IO.Files;
using Courier.Mail.Headers;
using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Names;

namespace Courier.Mailboxes.Upkeep;

/// <summary>A folder whose name is in modified UTF-7, as Dovecot and Courier before 1.0 wrote them.</summary>
/// <param name="Directory">Its directory in the Maildir.</param>
/// <param name="Name">What the name means.</param>
/// <param name="IsTaken">There is a folder of that name in UTF-8 already: it is not renamed.</param>
public sealed record OldFolderName(string Directory, MailboxName Name, bool IsTaken);

/// <summary>Finds folder names in modified UTF-7 and renames the directories to UTF-8, with the subscriptions (courier.md §9.5).</summary>
public sealed class FolderNames
{
    private readonly MailAccount _account;

    internal FolderNames(MailAccount account) => _account = account;

    /// <summary>Names that are plain ASCII without <c>&amp;</c> mean the same either way and are not among them.</summary>
    public IReadOnlyList<OldFolderName> Find()
    {
        var found = new List<OldFolderName>();
        foreach (var path in Directory.EnumerateDirectories(_account.Main.Path, ".*"))
        {
            var directory = Path.GetFileName(path);
            if (Decoded(directory) is { } name && new MaildirFolder(path).Exists)
                found.Add(new OldFolderName(directory, name, Directory.Exists($"{_account.Main.Path}/{name.Folder}")));
        }

        return [.. found.OrderBy(folder => folder.Directory, StringComparer.Ordinal)];
    }

    /// <summary>Renames all whose names are free; returns those.</summary>
    public ValueTask<IReadOnlyList<OldFolderName>> ConvertAsync(CancellationToken ct) => _account.AloneAsync(async () =>
    {
        var free = Find().Where(folder => !folder.IsTaken).ToList();
        foreach (var folder in free)
            await _account.MoveDirectoryAsync(new MaildirFolder($"{_account.Main.Path}/{folder.Directory}"), new MaildirFolder($"{_account.Main.Path}/{folder.Name.Folder}"), ct);
        ConvertSubscriptions(_account.Main.Path);
        DurableFile.FlushDirectory(_account.Main.Path);
        return (IReadOnlyList<OldFolderName>)free;
    }, ct);

    /// <summary>The mailbox that a directory in modified UTF-7 means; null where the name is no such one, or is the same in UTF-8.</summary>
    internal static MailboxName? Decoded(string directory) =>
        directory.Contains('&', StringComparison.Ordinal) && ModifiedUtf7.TryDecode(Encoding.UTF8.GetBytes(directory), out var decoded) && decoded != directory
            ? MailboxName.OfFolder(decoded)
            : null;

    /// <summary>Where nobody has subscribed here yet those of Dovecot become ours.</summary>
    private static void ConvertSubscriptions(string maildir)
    {
        var path = maildir + "/courierimapsubscribed";
        var lines = File.Exists(path)
            ? TextLines.Of(path).Select(line => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(line))).ToList()
            : Subscriptions.OfDovecot(maildir, decodes: false).ToList();
        var converted = lines.Select(line => ModifiedUtf7.TryDecode(Encoding.UTF8.GetBytes(line), out var decoded) ? decoded : line).ToList();
        if (!lines.SequenceEqual(converted, StringComparer.Ordinal))
            DurableFile.Replace(path, Encoding.UTF8.GetBytes(string.Concat(converted.Select(line => line + "\n"))));
    }
}
