using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Delivery;

/// <summary>One copy of a message on its way into a Maildir's new/: written into <c>courier/staging/</c> of that Maildir, synced
/// with its batch, then renamed. The name in staging is the name it will have in new/.</summary>
public sealed record StagedMessage(string Path)
{
    private string Name => System.IO.Path.GetFileName(Path);

    private string Staging => System.IO.Path.GetDirectoryName(Path)!;

    private string Maildir => System.IO.Path.GetDirectoryName(System.IO.Path.GetDirectoryName(Staging))!;

    /// <summary>Writes a copy, not yet synced. CRLF line ends become LF, as other programs expect in a Maildir; the name gets
    /// <c>,S=&lt;bytes on disk&gt;,W=&lt;bytes with CRLF&gt;</c>.</summary>
    /// <param name="maildir">The account's Maildir; made when it is not there.</param>
    /// <param name="name">Unique, without sizes: <c>&lt;seconds&gt;.M&lt;µs&gt;Q&lt;queue id&gt;R&lt;n&gt;.&lt;host&gt;</c>.</param>
    /// <param name="header">Fields to put on top (Return-Path, Delivered-To, Received), CRLF.</param>
    /// <param name="body">The message, CRLF.</param>
    public static StagedMessage Write(string maildir, string name, ReadOnlySpan<byte> header, MessageBody body)
    {
        if (name.AsSpan().ContainsAny(":/,\n") || name.StartsWith('.'))
            throw new ArgumentException("A message's name holds none of : / , and no dot at its start", nameof(name));
        var folder = new MaildirFolder(System.IO.Path.TrimEndingDirectorySeparator(maildir));
        string file;
        try
        {
            file = WriteInto(folder, name, header, body);
        }
        catch (DirectoryNotFoundException)
        {
            // First delivery to this account. The syncfs of the batch makes the new directories durable too.
            folder.Make(isMain: true);
            file = WriteInto(folder, name, header, body);
        }

        return new StagedMessage($"{folder.Staging}/{file}");
    }

    /// <summary>Makes a batch durable: one syncfs for each file system among them.</summary>
    public static void Sync(IReadOnlyList<StagedMessage> batch) => SyncBatch.Sync([.. batch.Select(message => message.Path)], []);

    /// <summary>Renames into new/. True also when it is not in staging any more: then it was published before, and a user may
    /// have moved or deleted it since. Never writes a second copy.</summary>
    /// <remarks>False only where the Maildir itself is not one any more and cannot be made one.</remarks>
    public bool Publish()
    {
        var target = $"{Maildir}/new/{Name}";
        if (!DurableFile.TryRename(Path, target))
        {
            if (!File.Exists(Path))
                return true;
            // The copy is there, so new/ is what is missing: somebody removed it.
            new MaildirFolder(Maildir).Make(isMain: true);
            if (!DurableFile.TryRename(Path, target))
                return !File.Exists(Path);
        }

        MaildirSize.Add(Maildir, FileName.Figure(Encoding.UTF8.GetBytes(Name), FileName.SizeKey), 1);
        return true;
    }

    /// <summary>Makes published names durable: one syncfs for each file system among them, or the one directory's fsync
    /// where all went into the same.</summary>
    public static void SyncPublished(IReadOnlyList<StagedMessage> batch)
    {
        // A Maildir that was removed meanwhile has no names to keep.
        var directories = batch.Select(message => $"{message.Maildir}/new").Distinct(StringComparer.Ordinal).Where(Directory.Exists).ToList();
        // The fsync of the directory that a name was moved into commits the rename as a whole, and waits for nobody else's data.
        if (directories.Count == 1)
            DurableFile.FlushDirectory(directories[0]);
        else
            SyncBatch.Sync([], directories);
    }

    /// <summary>Takes back a copy that was never committed as staged.</summary>
    public void Discard() => File.Delete(Path);

    private static string WriteInto(MaildirFolder folder, string name, ReadOnlySpan<byte> header, MessageBody body)
    {
        if (body.FilePath is null)
            return MessageWriter.Write(folder.Staging, name, "", header, body.Inline.Span);
        using var content = body.OpenRead();
        return MessageWriter.Write(folder.Staging, name, "", header, content, body.Length);
    }
}
