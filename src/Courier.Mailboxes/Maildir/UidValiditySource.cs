using System.Globalization;
using System.Text;
using Courier.IO.Files;

namespace Courier.Mailboxes.Maildir;

/// <summary>Gives every mailbox that an account makes a higher UIDVALIDITY than all before it, so that a mailbox deleted and made again in
/// the same second is not taken for the old one (RFC 3501 §2.3.1.1). The highest stands in <c>courier/uidvalidity</c> of the main Maildir.</summary>
internal static class UidValiditySource
{
    /// <summary>With <paramref name="sync"/> on the disk on return. Without, a power cut may take it back: as long as the mailbox is there its own list
    /// of UIDs, which is synced, holds the number; <see cref="Settle"/> comes before its name is free for another one.</summary>
    internal static uint Next(MaildirFolder main, DateTimeOffset now, bool sync)
    {
        main.MakeOurs();
        var path = main.Ours + "/uidvalidity";
        using var only = OfdLock.Take(path + ".lock");
        var next = (uint)Math.Clamp(now.ToUnixTimeSeconds(), 1, uint.MaxValue - 1);
        var bytes = RawFile.TryRead(Encoding.UTF8.GetBytes(path + "\0"), 0, out var length);
        if (bytes is not null)
        {
            if (uint.TryParse(bytes.AsSpan(0, length).TrimEnd("\n"u8), NumberStyles.None, CultureInfo.InvariantCulture, out var last) && last >= next)
                next = last + 1;
            System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        }

        var text = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{next}\n"));
        if (sync)
            DurableFile.Replace(path, text);
        else
            RawFile.Replace(path, text);
        return next;
    }

    /// <summary>A mailbox goes, or gets another name: from here on only the file says which UIDVALIDITY it had.</summary>
    internal static void Settle(MaildirFolder main)
    {
        var path = main.Ours + "/uidvalidity";
        if (!File.Exists(path))
            return;
        RawFile.Sync(path);
        DurableFile.FlushDirectory(main.Ours);
    }

    /// <summary>A mailbox was taken over with this UIDVALIDITY: what is made after it gets a higher one.</summary>
    internal static void Note(MaildirFolder main, uint uidValidity)
    {
        main.MakeOurs();
        var path = main.Ours + "/uidvalidity";
        using var only = OfdLock.Take(path + ".lock");
        uint last = 0;
        if (RawFile.TryRead(Encoding.UTF8.GetBytes(path + "\0"), 0, out var length) is { } bytes)
        {
            _ = uint.TryParse(bytes.AsSpan(0, length).TrimEnd("\n"u8), NumberStyles.None, CultureInfo.InvariantCulture, out last);
            System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        }

        if (uidValidity > last)
            DurableFile.Replace(path, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{uidValidity}\n")));
    }
}
