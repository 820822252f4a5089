using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Names;

/// <summary>MAILBOXID (RFC 8474 §4), the identity of a mailbox for as long as it lives: made when it is first asked for, kept in <c>courier/id</c>, which goes
/// where the directory goes.</summary>
/// <remarks>It is made of the UIDVALIDITY and the number of the directory. So the file need not be synced: where a power cut takes
/// it, the same is made again, as long as the UIDVALIDITY is the same. In an account that another server made two mailboxes may have one UIDVALIDITY, hence the directory.</remarks>
internal static class MailboxId
{
    private const int Bytes = 12;

    internal static string Of(MaildirFolder folder)
    {
        if (Read(folder) is { } known)
            return known;
        folder.MakeOurs();
        using var only = OfdLock.Take(folder.UidsLock);
        if (Read(folder) is { } made)
            return made;
        Span<byte> id = stackalloc byte[Bytes];
        if (UidFile.ValidityOf(folder) is { } uidValidity && FileStatus.TryGet(folder.Path, out var status))
        {
            Derive(uidValidity, status.Inode, id);
            RawFile.Replace(folder.Id, Text(id));
        }
        else
        {
            RandomNumberGenerator.Fill(id);
            DurableFile.Replace(folder.Id, Text(id));
        }

        return Read(folder) ?? throw new IOException($"{folder.Id} cannot be read");
    }

    private static void Derive(uint uidValidity, ulong directory, Span<byte> id)
    {
        Span<byte> from = stackalloc byte[sizeof(uint) + sizeof(ulong)];
        BinaryPrimitives.WriteUInt32LittleEndian(from, uidValidity);
        BinaryPrimitives.WriteUInt64LittleEndian(from[sizeof(uint)..], directory);
        SHA256.HashData(from).AsSpan(0, Bytes).CopyTo(id);
    }

    private static byte[] Text(ReadOnlySpan<byte> id) => Encoding.ASCII.GetBytes($"M{Convert.ToHexStringLower(id)}\n");

    private static string? Read(MaildirFolder folder)
    {
        var bytes = RawFile.TryRead(Encoding.UTF8.GetBytes(folder.Id + "\0"), 0, out var length);
        if (bytes is null)
            return null;
        var id = Encoding.ASCII.GetString(bytes, 0, length).TrimEnd('\n');
        System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        return id.Length > 1 && id.All(char.IsAsciiLetterOrDigit) ? id : null;
    }
}
