using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Index;

/// <summary>Looks for one file by its base name, without a listing: in new/, and in cur/ with each set of flags.</summary>
internal static class HiddenFile
{
    private const int FlagSets = 32;

    internal static void Find(MaildirFolder folder, string key, FoundFile onFound)
    {
        Span<byte> buffer = stackalloc byte[RawPath.MaxBytes];
        var name = Encoding.Latin1.GetBytes(key);
        if (FileStatus.TryGet(RawPath.Join(buffer, folder.NewSlash, name, default), out _))
        {
            onFound(name, inNew: true);
            return;
        }

        for (var flags = 0; flags < FlagSets; flags++)
        {
            var tail = Encoding.ASCII.GetBytes(FileName.Suffix((MessageFlags)flags, default));
            if (!FileStatus.TryGet(RawPath.Join(buffer, folder.CurSlash, name, tail), out _))
                continue;
            onFound([.. name, .. tail], inNew: false);
            return;
        }
    }
}

internal delegate void FoundFile(ReadOnlySpan<byte> name, bool inNew);
