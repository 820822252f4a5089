using Courier.IO.Files;
using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Names;
using Courier.Mailboxes.Sharing;

namespace Courier.Mailboxes.Upkeep;

/// <summary>What an operator does with the mailboxes of one account. Works beside a running server: the same locks hold.</summary>
public sealed class AccountUpkeep
{
    private readonly MailAccount _account;
    private readonly MailStore _store;

    internal AccountUpkeep(MailAccount account, MailStore store) => (_account, _store) = (account, store);

    /// <summary>The server that goes on serving the account.</summary>
    public OtherServer SharedWith => ShareMark.Read(_account.Main, _store.Settings.ShareWith);

    /// <summary>Null where there is no such mailbox.</summary>
    public ValueTask<MailboxFigures?> FiguresAsync(MailboxName name, CancellationToken ct) => _account.WithAsync(name, async state =>
        MailboxFigures.Of(name, await state.RefreshAsync(ct), state.Folder));

    /// <summary>Looks for damage; null where there is no such mailbox.</summary>
    /// <param name="name">The mailbox.</param>
    /// <param name="repairs">Mends what can be mended.</param>
    /// <param name="reads">Reads every message, to hold its size on the wire against its name.</param>
    /// <param name="ct">Gives up between two steps.</param>
    public async ValueTask<IReadOnlyList<Finding>?> CheckAsync(MailboxName name, bool repairs, bool reads, CancellationToken ct)
    {
        var folder = _account.FolderOf(name);
        if (!folder.Exists)
            return null;
        var findings = new Findings(name, repairs);
        new FilesCheck(folder, _account.Main, _store, findings).Run(reads);
        if (name.IsInbox)
            QuotaCheck.Run(_account.Main, [_account.Main, .. (await _account.ListAsync(ct)).Where(mailbox => mailbox.Exists && !mailbox.Name.IsInbox).Select(mailbox => _account.FolderOf(mailbox.Name))], findings);
        if (Directory.Exists(folder.Ours))
        {
            using var only = OfdLock.Take(folder.UidsLock);
            new UidsCheck(folder, _account.Main, _store, findings).Run();
        }

        if (repairs)
            await RefreshAsync(name, findings, ct);
        return findings.All;
    }

    /// <summary>Messages that can be had back, the oldest first; null where there is no such mailbox.</summary>
    public IReadOnlyList<ExpungedMessage>? Expunged(MailboxName name) =>
        _account.FolderOf(name) is { Exists: true } folder ? [.. ExpungedMessages.List(name, folder)] : null;

    /// <summary>Puts expunged messages back, all or none, without flags and with new UIDs; returns how many.</summary>
    public async ValueTask<int> RestoreAsync(MailboxName name, IReadOnlyList<ExpungedMessage> messages, CancellationToken ct) =>
        await _account.WithAsync(name, async state =>
        {
            await state.RefreshAsync(ct);
            return (object)await ExpungedMessages.RestoreAsync(state, [.. messages.Select(message => message.File)], ct);
        }) is int count ? count : 0;

    /// <summary>Deleted mailboxes that can be had back.</summary>
    public IReadOnlyList<DeletedMailbox> DeletedMailboxes() => [.. ExpungedMessages.Deleted(_account.Main).OrderBy(mailbox => mailbox.Deleted)];

    /// <summary>Puts a deleted mailbox back as it was; false where that name is taken again.</summary>
    public async ValueTask<bool> RestoreAsync(DeletedMailbox mailbox, MailboxName name, CancellationToken ct) =>
        await _account.AloneAsync(() =>
        {
            var folder = _account.FolderOf(name);
            if (name.IsInbox || Directory.Exists(folder.Path))
                return new ValueTask<bool>(false);
            DurableFile.Rename(mailbox.Directory, folder.Path);
            File.Delete(folder.Ours + "/name");
            DurableFile.FlushDirectory(_account.Main.Path);
            return new ValueTask<bool>(true);
        }, ct);

    /// <summary>Removes what was expunged longer ago than that, in every mailbox, for good.</summary>
    public async ValueTask PurgeAsync(TimeSpan keep, CancellationToken ct)
    {
        foreach (var mailbox in (await _account.ListAsync(ct)).Where(mailbox => mailbox.Exists))
            OldFiles.Sweep(_account.FolderOf(mailbox.Name), keep, _store.Clock.GetUtcNow());
    }

    /// <summary>Takes every mailbox over now rather than when somebody opens it.</summary>
    public async ValueTask<IReadOnlyList<Adopted>> AdoptAsync(CancellationToken ct)
    {
        var adopted = new List<Adopted>();
        foreach (var mailbox in (await _account.ListAsync(ct)).Where(mailbox => mailbox.Exists))
        {
            var was = File.Exists(_account.FolderOf(mailbox.Name).Uids);
            if (await _account.WithAsync(mailbox.Name, async state => await state.RefreshAsync(ct)) is { } snapshot)
                adopted.Add(new Adopted(mailbox.Name, snapshot.Count, snapshot.UidValidity, snapshot.UidNext, !was));
        }

        return adopted;
    }

    /// <summary>The account goes on being served by that server too: from now on both give the same UIDs.</summary>
    public ValueTask<IReadOnlyList<Adopted>> ShareAsync(OtherServer server, CancellationToken ct)
    {
        ShareMark.Write(_account.Main, server);
        return AdoptAsync(ct);
    }

    /// <summary>The other server has stopped: its last UIDs are taken in, and the account is ours alone. Names of folders become UTF-8.</summary>
    public async ValueTask<IReadOnlyList<Adopted>> FinishAsync(CancellationToken ct)
    {
        await AdoptAsync(ct);
        var subscriptions = await _account.SubscriptionsAsync(ct);
        var isDovecot = SharedWith == OtherServer.Dovecot;
        ShareMark.Write(_account.Main, OtherServer.None);
        if (isDovecot)
        {
            foreach (var name in subscriptions)
                await _account.SubscribeAsync(name, subscribed: true, ct);
            await new FolderNames(_account).ConvertAsync(ct);
        }

        return await AdoptAsync(ct);
    }

    /// <summary>Folders whose names are in modified UTF-7, and what those names mean.</summary>
    public FolderNames FolderNames => new(_account);

    /// <summary>Brings messages in from elsewhere.</summary>
    public MailImport Import(ImportSettings settings) => new(_account, settings);

    private async ValueTask RefreshAsync(MailboxName name, Findings findings, CancellationToken ct)
    {
        try
        {
            await _account.StatusAsync(name, ct);
        }
        catch (IOException e)
        {
            findings.Damage("courier", $"the mailbox cannot be opened: {e.Message}", null);
        }
    }
}

/// <summary>A mailbox that was taken over.</summary>
/// <param name="Name">The mailbox.</param>
/// <param name="Messages">In it.</param>
/// <param name="UidValidity">As the server before had it.</param>
/// <param name="UidNext">The next UID.</param>
/// <param name="IsNew">This server had not opened it before.</param>
public sealed record Adopted(MailboxName Name, int Messages, UidValidity UidValidity, Uid UidNext, bool IsNew);
