using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Sharing;

namespace Courier.Mailboxes.Names;

/// <summary>The file <c>courierimapsubscribed</c> of the main Maildir: one name a line, in UTF-8 (courier.md §7.4). Lines that are no names of
/// ours (Courier's shared folders) stay as they are.</summary>
internal sealed class Subscriptions(MaildirFolder main, OtherServer shareWith)
{
    /// <summary>Names in the file; more are refused as a full disk would be.</summary>
    private const int MaxNames = 20_000;

    private string FilePath => main.Path + "/courierimapsubscribed";

    internal List<MailboxName> Read() =>
        [.. Lines().Select(line => MailboxName.TryParse(line, out var name) ? name : null).OfType<MailboxName>().Distinct()];

    internal void Change(MailboxName name, bool subscribed)
    {
        main.MakeOurs();
        using var only = OfdLock.Take(main.Ours + "/subscriptions.lock");
        var lines = Lines();
        var others = lines.Where(line => !(MailboxName.TryParse(line, out var other) && other == name)).ToList();
        if (subscribed)
        {
            if (others.Count < lines.Count)
                return;
            if (others.Count >= MaxNames)
                throw new IOException($"{FilePath} has {others.Count} names");
            others.Add(name.Value);
        }

        if (others.Count != lines.Count || subscribed)
            DurableFile.Replace(FilePath, Encoding.UTF8.GetBytes(string.Concat(others.Select(line => line + "\n"))));
    }

    /// <summary>Its names, below INBOX as ours are.</summary>
    internal static IEnumerable<string> OfDovecot(string maildir, bool decodes) => OtherServers.ReadSubscriptions(maildir, decodes)
        .Select(name => name.Equals("INBOX", StringComparison.OrdinalIgnoreCase) || name.StartsWith("INBOX.", StringComparison.Ordinal) ? name : "INBOX." + name);

    private List<string> Lines()
    {
        var bytes = RawFile.TryRead(Encoding.UTF8.GetBytes(FilePath + "\0"), 0, out var length);
        // Nobody has subscribed here yet, but perhaps at a Dovecot that was here before; the first change writes them down as ours.
        if (bytes is null)
            return [.. OfDovecot(main.Path, decodes: ShareMark.Read(main, shareWith) == OtherServer.Dovecot)];
        var text = Encoding.UTF8.GetString(bytes, 0, length);
        System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }
}
