using System.Text;
using Courier.Mail.Headers;
using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Names;

namespace Courier.Mailboxes.Upkeep;

/// <summary>Brings mail in from an mbox, a directory of them, or another Maildir with its folders.</summary>
public sealed class MailImport
{
    private readonly MailAccount _account;
    private readonly ImportSettings _settings;

    internal MailImport(MailAccount account, ImportSettings settings) => (_account, _settings) = (account, settings);

    /// <summary>Reports each mailbox when it is done.</summary>
    /// <exception cref="InvalidDataException">The source is nothing that can be imported.</exception>
    public async ValueTask RunAsync(string source, Action<Imported> report, CancellationToken ct)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(source));
        if (!Directory.Exists(path))
            report(await ImportMboxAsync(path, _settings.Target, ct));
        else if (new MaildirFolder(path).Exists)
            await ImportMaildirAsync(path, report, ct);
        else
            await ImportDirectoryAsync(path, _settings.Target, report, ct);
    }

    private async ValueTask ImportMaildirAsync(string path, Action<Imported> report, CancellationToken ct)
    {
        report(await ImportFolderAsync(new MaildirFolder(path), _settings.Target, ct));
        foreach (var directory in Directory.EnumerateDirectories(path, ".*").Order(StringComparer.Ordinal))
        {
            var folder = new MaildirFolder(directory);
            if (folder.Exists && NameOf(Path.GetFileName(directory)[1..], keepsDots: true) is { } name)
                report(await ImportFolderAsync(folder, Below(name), ct));
        }

        foreach (var name in Subscriptions.OfDovecot(path, _settings.HasOldNames))
        {
            if (MailboxName.TryParse(name, out var mailbox))
                await _account.SubscribeAsync(mailbox, subscribed: true, ct);
        }
    }

    /// <summary>A directory of mbox files, as Dovecot and UW-IMAP keep folders: each file is a mailbox, each directory a level.</summary>
    private async ValueTask ImportDirectoryAsync(string path, MailboxName target, Action<Imported> report, CancellationToken ct)
    {
        var found = false;
        foreach (var entry in Directory.EnumerateFileSystemEntries(path).Order(StringComparer.Ordinal))
        {
            var file = Path.GetFileName(entry);
            if (file.StartsWith('.') || file.EndsWith(".lock", StringComparison.Ordinal) || NameOf(file, keepsDots: false) is not { } name)
                continue;
            found = true;
            var mailbox = Below(name, target);
            if (Directory.Exists(entry))
                await ImportDirectoryAsync(entry, mailbox, report, ct);
            else if (new FileInfo(entry).Length > 0)
                report(await ImportMboxAsync(entry, mailbox, ct));
        }

        if (!found)
            throw new InvalidDataException($"{path} is no Maildir and has no mbox files in it");
    }

    private async ValueTask<Imported> ImportMboxAsync(string path, MailboxName target, CancellationToken ct)
    {
        await _account.CreateAsync(target, ct);
        var done = await _account.WithAsync(target, async state =>
        {
            await state.RefreshAsync(ct);
            return (object)await new MboxImport(state, _settings).RunAsync(path, ct);
        });
        return done is (int imported, int known) ? new Imported(target, path, imported, known, KeptUids: false) : throw new IOException($"{target} was deleted meanwhile");
    }

    private async ValueTask<Imported> ImportFolderAsync(MaildirFolder folder, MailboxName target, CancellationToken ct)
    {
        await _account.CreateAsync(target, ct);
        var done = await _account.WithAsync(target, async state => (object)await new MaildirImport(state, folder).RunAsync(ct));
        return done is (int imported, int known, bool kept) ? new Imported(target, folder.Path, imported, known, kept) : throw new IOException($"{target} was deleted meanwhile");
    }

    /// <summary>What a folder or file is called; a dot in the name of a file is no separator.</summary>
    private string? NameOf(string file, bool keepsDots)
    {
        var name = _settings.HasOldNames && ModifiedUtf7.TryDecode(Encoding.UTF8.GetBytes(file), out var decoded) ? decoded : file;
        return keepsDots ? name : name.Replace('.', '_');
    }

    private MailboxName Below(string name) => Below(name, _settings.Target);

    private static MailboxName Below(string name, MailboxName target) =>
        MailboxName.TryParse($"{target.Value}.{name}", out var mailbox) ? mailbox : throw new InvalidDataException($"{name} cannot be the name of a mailbox");
}
