using Courier.Accounts;
using Courier.IO.Files;
using Courier.IO.Sqlite;
using Courier.Mail.Addresses;
using Courier.Mailboxes.Delivery;
using Courier.Queue;
using Courier.Queue.Sqlite;
using Courier.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Faults.Storage;

/// <summary>What the kernel says of a write that failed it says once, to whoever asks first. These ask second.</summary>
public sealed class LostWriteTests
{
    [ToolFact(LoopDisk.Root, ErringImage.Device, "mkfs.ext4", "e2fsck", "mount", "debugfs")]
    public void A_copy_that_another_delivery_s_sync_has_lost_is_not_taken_for_delivered()
    {
        using var disk = new ErringDisk(64);
        var maildir = Path.Combine(disk.Disk.MountPoint, "Maildir");
        var body = MessageBody.OfBytes(new byte[50_000]);
        disk.Disk.Sync();
        var (first, second) = (StagedMessage.Write(maildir, "1.a", default, body), StagedMessage.Write(maildir, "2.b", default, body));
        disk.FailContent(1);
        Assert.ThrowsAny<IOException>(() => StagedMessage.Sync([first]));
        disk.Mend();
        Assert.ThrowsAny<IOException>(() => StagedMessage.Sync([second]));
        // A new copy is well.
        StagedMessage.Sync([StagedMessage.Write(maildir, "3.c", default, body)]);
    }

    [ToolFact(LoopDisk.Root, ErringImage.Device, "mkfs.ext4", "e2fsck", "mount", "debugfs")]
    public async Task Mail_stays_in_the_log_of_the_spool_when_what_was_copied_of_it_is_lost_before_its_sync()
    {
        using var disk = new ErringDisk(256);
        // Messages of some pages each; the log is copied often.
        var settings = new SpoolSettings { Directory = disk.Disk.MountPoint, CheckpointPages = 64 };
        var taken = new List<QueueId>();
        var spool = SqliteSpool.Open(settings, TimeProvider.System, NullLogger.Instance);
        await SubmitAsync(spool, 20, taken);
        using (var reader = new SqliteDatabase(settings.DatabasePath))
        {
            // Holds up the copy: what comes after its view stays in the log.
            reader.Execute("BEGIN");
            reader.Execute("SELECT count(*) FROM message");
            await SubmitAsync(spool, 60, taken);
            disk.FailContent(1);
            Assert.ThrowsAny<IOException>(disk.Disk.Sync);
            disk.Mend();
        }

        // The copy goes on: its sync fails once, and the next would succeed.
        await SubmitAsync(spool, 200, taken);
        await spool.DisposeAsync();
        disk.Disk.CutPower();
        disk.Disk.PowerOn();
        await using var again = SqliteSpool.Open(settings, TimeProvider.System, NullLogger.Instance);
        var kept = await again.ListAsync(QueueSelection.All, int.MaxValue, CancellationToken.None);
        Assert.Equal(taken.Order(), kept.Select(entry => entry.Id).Order());
        foreach (var id in taken)
        {
            var content = await again.OpenAsync(id, CancellationToken.None);
            Assert.True(content!.Value.Body.Inline.Span.SequenceEqual(Body(taken.IndexOf(id))), $"{id} is not what it was");
        }
    }

    [ToolFact(LoopDisk.Root, ErringImage.Device, "mkfs.ext4", "e2fsck", "mount", "debugfs", "filefrag")]
    public void A_change_of_accounts_that_the_disk_does_not_take_into_the_file_is_told_and_not_lost()
    {
        using var disk = new ErringDisk(64);
        var path = Path.Combine(disk.Disk.MountPoint, "accounts.db");
        Change(writer => writer.AddDomain("example.test"));
        disk.FailContentOf(path);
        Assert.Contains("the change is made", Assert.ThrowsAny<IOException>(() => Change(writer => writer.AddDomain("first.test"))).Message, StringComparison.Ordinal);
        Assert.True(disk.Failed > 0);
        disk.Mend();
        Change(writer => writer.AddDomain("second.test"));
        disk.Disk.CutPower();
        disk.Disk.PowerOn();
        Change(writer => Assert.Equal(["example.test", "first.test", "second.test"], writer.ListDomains()));

        void Change(Action<SqliteAccountWriter> change)
        {
            using var writer = new SqliteAccountWriter(path);
            change(writer);
        }
    }

    private static async Task SubmitAsync(SqliteSpool spool, int count, List<QueueId> taken)
    {
        for (var i = 0; i < count; i++)
        {
            using var body = new MessageBuffer(spillDirectory: "", int.MaxValue);
            body.Write(Body(taken.Count));
            var envelope = new Envelope(ReversePath.Null, [new EnvelopeRecipient(MailAddress.Parse("user@example.test"))]);
            try
            {
                taken.Add(await spool.SubmitAsync(new Submission(envelope, default, body, "test"), CancellationToken.None));
            }
            catch (IOException)
            {
                // Refused: nobody counts on it.
            }
        }
    }

    private static byte[] Body(int number)
    {
        var body = new byte[20_000];
        new Random(number).NextBytes(body);
        return body;
    }
}
