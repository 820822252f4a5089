using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Index;

/// <summary>Brings the file of UIDs of a new mailbox to the disk, after clients were told of it (docs/reliability.md).</summary>
internal sealed partial class MailboxState
{
    private Task _syncing = Task.CompletedTask;

    /// <summary>Under the gate. Clients need not wait until the disk has the file of a new mailbox: without it they are told another UIDVALIDITY.</summary>
    private void SyncUidsBehind()
    {
        if (Uids.TakeUnsynced())
        {
            var (folder, generation) = (Folder, Uids.Generation);
            _syncing = Task.Run(() => SyncUidsAsync(folder, generation));
        }
    }

    private async Task SyncUidsAsync(MaildirFolder folder, ulong generation)
    {
        try
        {
            UidFile.Sync(folder);
        }
        catch (IOException e)
        {
            await SyncAgainAsync(folder, generation, e);
        }
    }

    /// <summary>It has not worked: the mailbox has another name by now, or the file is to be made anew with the next index.</summary>
    private async Task SyncAgainAsync(MaildirFolder folder, ulong generation, IOException failure)
    {
        await Gate.WaitAsync();
        try
        {
            if (IsGone)
                return;
            if (ReferenceEquals(folder, Folder))
                Doubt(generation, failure);
            else
                UidFile.Sync(Folder);
        }
        catch (IOException e)
        {
            Doubt(generation, e);
        }
        finally
        {
            Gate.Release();
        }
    }

    private void Doubt(ulong generation, IOException failure)
    {
        Uids.Doubt(generation);
        Log.UidsNotSynced(Store.Logger, Folder.Path, failure);
        Learned();
    }
}
