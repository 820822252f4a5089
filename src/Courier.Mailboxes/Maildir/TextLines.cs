using System.Text;
using Courier.IO.Files;

namespace Courier.Mailboxes.Maildir;

/// <summary>A small file of lines, in Latin-1 so that names of any encoding come through; empty where there is none.</summary>
internal static class TextLines
{
    internal static string[] Of(string path)
    {
        var bytes = RawFile.TryRead(Encoding.UTF8.GetBytes(path + "\0"), 0, out var length);
        if (bytes is null)
            return [];
        var text = Encoding.Latin1.GetString(bytes, 0, length);
        System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
