using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Sharing;

/// <summary>The file <c>courier/shared-with</c> of the main Maildir: the name of the server that goes on serving this account, or <c>none</c>. Where it
/// is not there the setting for all accounts holds.</summary>
internal static class ShareMark
{
    internal static OtherServer Read(MaildirFolder main, OtherServer otherwise)
    {
        var bytes = RawFile.TryRead(Encoding.UTF8.GetBytes(PathOf(main) + "\0"), 0, out var length);
        if (bytes is null)
            return otherwise;
        var text = Encoding.ASCII.GetString(bytes, 0, length).Trim();
        System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        return Enum.TryParse<OtherServer>(text, ignoreCase: true, out var server) && Enum.IsDefined(server) ? server : otherwise;
    }

    internal static void Write(MaildirFolder main, OtherServer server)
    {
        main.MakeOurs();
        DurableFile.Replace(PathOf(main), Encoding.ASCII.GetBytes(server.ToString().ToLowerInvariant() + "\n"));
    }

    private static string PathOf(MaildirFolder main) => main.Ours + "/shared-with";
}
