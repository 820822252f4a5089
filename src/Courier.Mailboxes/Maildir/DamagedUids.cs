using System.Buffers.Text;
using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Index;

namespace Courier.Mailboxes.Maildir;

/// <summary>A <c>courier/uids</c> whose first line cannot be read. It is never taken for one that is missing: what another server left long ago would be taken over
/// a second time, and UIDs that were given since would be given again.</summary>
internal static class DamagedUids
{
    /// <summary>Under the lock. Makes the list anew: from the index, above every UID that the damaged one still tells of; without an index with a new UIDVALIDITY.</summary>
    internal static void Replace(MaildirFolder folder, MaildirFolder main, string boot, IndexImage? image, DateTimeOffset now)
    {
        // A second name, not another one: killed before the new list is there, the old one still is.
        DurableFile.Link(folder.Uids, $"{folder.Uids}.{UniqueName.Next()}.damaged");
        var uids = new UidFile(folder, boot);
        if (image is null)
            uids.Create(UidValiditySource.Next(main, boot, now), 1, []);
        else
            uids.Create(image.Snapshot.UidValidity.Value, Math.Max(Math.Max(image.Snapshot.UidNext.Value, image.UidsReserved), NextIn(folder)), NamesOf(image.Snapshot));
    }

    /// <summary>Above all that its lines name: each of them has a checksum of its own.</summary>
    private static uint NextIn(MaildirFolder folder)
    {
        var next = 1U;
        ReadOnlySpan<byte> file = File.ReadAllBytes(folder.Uids);
        foreach (var range in file.Split((byte)'\n'))
        {
            if (UidLines.TryUnwrap(file[range], out var line) && line.Length > 2 && line[0] is (byte)'R' or (byte)'N' or (byte)'U' && Utf8Parser.TryParse(line[2..], out uint uid, out _) && uid < uint.MaxValue)
                next = Math.Max(next, uid + 1);
        }

        return next;
    }

    private static IEnumerable<(uint Uid, string Name)> NamesOf(Snapshot snapshot)
    {
        for (var i = 0; i < snapshot.Count; i++)
            yield return (snapshot.UidAt(i).Value, Encoding.Latin1.GetString(snapshot.NameAt(i)));
    }
}
