using Courier.Mailboxes.Delivery;
using Courier.Queue;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Delivery.Local;

/// <summary>Puts the copies of a batch of messages into their Maildirs, each exactly once:
/// write to staging → sync → commit that they are staged → rename into new/ → sync. The queue then commits that they are done.</summary>
/// <remarks>A crash before the commit leaves files nobody counts on: they are swept, and written anew. A crash after it leaves copies that
/// are only ever published: still in staging, they are renamed; gone, they were renamed before. Copies that never were in the
/// queue (LMTP) skip the commit: until the client has its reply, it keeps the message.</remarks>
internal sealed class DeliveryBatch(IReadOnlyList<Parcel> parcels, ISpool spool, ILogger logger)
{
    /// <summary>Up to here writing in turn is faster than handing work to other threads.</summary>
    private const int FewCopies = 4;

    internal void Run()
    {
        Write();
        Sync();
        CommitStaged();
        Publish();
        SyncPublished();
    }

    private IEnumerable<(Parcel Parcel, MailboxCopy Copy)> UnderWay() =>
        from parcel in parcels from copy in parcel.Copies where copy.IsUnderWay select (parcel, copy);

    // Step 1: all copies into staging, none synced yet.
    private void Write()
    {
        var work = UnderWay().Where(pair => !pair.Copy.IsCommitted).ToList();
        if (work.Count <= FewCopies)
            work.ForEach(pair => Write(pair.Parcel, pair.Copy));
        else
            Parallel.ForEach(work, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, pair => Write(pair.Parcel, pair.Copy));
    }

    private void Write(Parcel parcel, MailboxCopy copy)
    {
        try
        {
            copy.Staged = StagedMessage.Write(copy.Maildir!, copy.Name, copy.Header, parcel.Body);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.WriteFailed(logger, copy.Maildir!, e);
            var (status, diagnostic) = StorageTrouble.Describe(e);
            copy.Defer(status, diagnostic);
            StagingFolder.DeletePartial(copy.Maildir!, copy.Name);
        }
    }

    // Step 2: one sync for each file system makes bytes and names durable.
    private void Sync()
    {
        var written = UnderWay().Where(pair => !pair.Copy.IsCommitted).Select(pair => pair.Copy).ToList();
        if (written.Count == 0)
            return;
        try
        {
            StagedMessage.Sync(written.ConvertAll(copy => copy.Staged!));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not tried again: the kernel may have dropped the pages. The copies are taken back and written anew next time.
            Log.BatchFailed(logger, written.Count, "sync", e);
            Defer(written, e);
            foreach (var copy in written)
                TakeBack(copy);
        }
    }

    // Step 3: from the commit on, a crash ends in publishing.
    private void CommitStaged()
    {
        var staged = UnderWay().Where(pair => pair.Parcel.Id is not null && !pair.Copy.IsCommitted).ToList();
        if (staged.Count == 0)
            return;
        try
        {
            var copies = staged.ConvertAll(pair => new StagedCopy(pair.Parcel.Id!.Value, pair.Copy.Number, pair.Copy.Staged!.Path));
            spool.MarkStagedAsync(copies, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            foreach (var (_, copy) in staged)
                copy.IsCommitted = true;
        }
        catch (IOException e)
        {
            // The files stay: after a failed commit and a crash the spool may say that they are staged, and then "gone" would mean
            // "delivered". If it does not say so, the next start sweeps them.
            Log.BatchFailed(logger, staged.Count, "commit", e);
            Defer(staged.ConvertAll(pair => pair.Copy), e);
        }
    }

    // Step 4: into new/, where every mail program sees them.
    private void Publish()
    {
        foreach (var (parcel, copy) in UnderWay())
        {
            try
            {
                copy.IsPublished = copy.Staged!.Publish();
                if (!copy.IsPublished)
                    copy.Defer("4.2.0", "The mailbox cannot be written to");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Log.WriteFailed(logger, copy.Staged!.Path, e);
                Defer([copy], e);
                if (parcel.Id is null)
                    TakeBack(copy);
            }
        }
    }

    // Step 5: the names in new/ are durable; only now is it delivered.
    private void SyncPublished()
    {
        var published = UnderWay().Select(pair => pair.Copy).ToList();
        if (published.Count == 0)
            return;
        try
        {
            StagedMessage.SyncPublished(published.ConvertAll(copy => copy.Staged!));
            foreach (var copy in published)
                copy.Deliver();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.BatchFailed(logger, published.Count, "sync of new", e);
            Defer(published, e);
        }
    }

    private static void Defer(List<MailboxCopy> copies, Exception e)
    {
        var (status, diagnostic) = StorageTrouble.Describe(e);
        foreach (var copy in copies)
            copy.Defer(status, diagnostic);
    }

    private static void TakeBack(MailboxCopy copy)
    {
        try
        {
            copy.Staged!.Discard();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It counts for nothing and is swept at the next start.
        }
    }
}
