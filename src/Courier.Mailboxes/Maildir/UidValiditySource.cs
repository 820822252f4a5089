using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Courier.IO.Files;

namespace Courier.Mailboxes.Maildir;

/// <summary>Gives every mailbox of an account a higher UIDVALIDITY than all before it, also than one that a power cut took back after clients were told
/// of it (RFC 3501 §2.3.1.1). Lines of <c>courier/uidvalidity</c> in the main Maildir, each with its checksum:
/// <code>
/// R &lt;uidvalidity&gt; &lt;boot&gt; *&lt;crc&gt;    first line: UIDVALIDITYs below may be given in that boot; synced before the first is
/// G &lt;uidvalidity&gt; *&lt;crc&gt;    this one was given; not synced
/// </code></summary>
/// <remarks>In another boot nothing below the reservation is given any more, whatever the clock says: a line that was not synced may be lost, never the
/// reservation, since the file is only appended to or replaced as a whole by one that is on the disk.</remarks>
internal static class UidValiditySource
{
    /// <summary>How many one synced reservation covers; also the seconds that a restart of the machine may put us before the clock.</summary>
    internal const uint Block = 4096;

    /// <summary>A file longer than this is made anew.</summary>
    private const int MaxBytes = 4096;

    /// <summary>May be told to clients at once.</summary>
    internal static uint Next(MaildirFolder main, string boot, DateTimeOffset now)
    {
        main.MakeOurs();
        var path = main.Ours + "/uidvalidity";
        using var only = OfdLock.Take(path + ".lock");
        var known = Read(path, boot);
        var next = Math.Max((uint)Math.Clamp(now.ToUnixTimeSeconds(), 1, uint.MaxValue - 2 * Block), known.Next);
        Give(main, path, known, boot, next);
        return next;
    }

    /// <summary>A mailbox was taken over with this UIDVALIDITY: what is made after it gets a higher one.</summary>
    internal static void Note(MaildirFolder main, string boot, uint uidValidity)
    {
        main.MakeOurs();
        var path = main.Ours + "/uidvalidity";
        using var only = OfdLock.Take(path + ".lock");
        var known = Read(path, boot);
        if (uidValidity >= known.Next)
            Give(main, path, known, boot, uidValidity);
    }

    private static void Give(MaildirFolder main, string path, Known known, string boot, uint given)
    {
        var line = new UidLines();
        if (given < known.Reserved && known.Length < MaxBytes)
        {
            line.Add(Given(given));
            if (RawFile.TryAppend(path, line.Written, create: false, sync: false))
                return;
        }

        line.Clear();
        line.Add(string.Create(CultureInfo.InvariantCulture, $"R {Math.Min((ulong)given + Block, uint.MaxValue)} {boot}"));
        line.Add(Given(given));
        DurableFile.Replace(path, line.Written);
        // The first of an account: courier/ itself may be as new.
        if (known.Length == 0)
            DurableFile.FlushDirectory(main.Path);
    }

    private static string Given(uint uidValidity) => string.Create(CultureInfo.InvariantCulture, $"G {uidValidity}");

    private static Known Read(string path, string boot)
    {
        if (RawFile.TryRead(Encoding.UTF8.GetBytes(path + "\0"), 0, out var length) is not { } bytes)
            return default;
        try
        {
            return Parse(bytes.AsSpan(0, length), boot);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static Known Parse(ReadOnlySpan<byte> file, string boot)
    {
        // As it was before there were lines: the highest that was given.
        if (Utf8Parser.TryParse(file, out uint highest, out var digits) && file[digits..].TrimEnd((byte)'\n').IsEmpty)
            return new Known(highest + 1, 0, file.Length);
        var (next, reserved, isThisBoot) = (0u, 0u, false);
        for (var rest = file; !rest.IsEmpty;)
        {
            var end = rest.IndexOf((byte)'\n');
            var isWhole = UidLines.TryUnwrap(end < 0 ? rest : rest[..end], out var line) && end >= 0;
            rest = end < 0 ? default : rest[(end + 1)..];
            if (!isWhole || line.Length < 3 || !Utf8Parser.TryParse(line[2..], out uint number, out var used))
                // What stood there may have been given: nothing more of this reservation is.
                isThisBoot = false;
            else if (line[0] == (byte)'R')
                (reserved, isThisBoot) = (number, line[(2 + used)..].TrimStart((byte)' ').SequenceEqual(Encoding.ASCII.GetBytes(boot)));
            else
                next = Math.Max(next, number + 1);
        }

        return isThisBoot ? new Known(next, reserved, file.Length) : new Known(Math.Max(next, reserved), 0, file.Length);
    }

    /// <param name="Next">The lowest that may be given.</param>
    /// <param name="Reserved">Below this without a sync.</param>
    /// <param name="Length">Of the file.</param>
    private readonly record struct Known(uint Next, uint Reserved, int Length);
}
