using Courier.IO.Files;
using Courier.Mailboxes.Index;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Delivery;

/// <summary>APPEND: writes messages into tmp/, then places them.</summary>
internal sealed class Appender(MailboxState state)
{
    internal async ValueTask<Placed> AppendAsync(IReadOnlyList<AppendMessage> messages, CancellationToken ct)
    {
        if (messages.Count == 0)
            return new Placed((await state.RefreshAsync(ct)).UidValidity, []);
        var staged = new List<Arrival>(messages.Count);
        try
        {
            foreach (var message in messages)
                staged.Add(Stage(message));
            return await new Arrivals(state).PlaceAsync(staged, ct);
        }
        catch
        {
            new Arrivals(state).Discard(staged.Select(arrival => arrival.Name));
            throw;
        }
    }

    private Arrival Stage(AppendMessage message)
    {
        try
        {
            return Write(message);
        }
        catch (DirectoryNotFoundException) when (state.Folder.Exists)
        {
            // Some programs remove it when it is empty.
            Directory.CreateDirectory(state.Folder.Tmp);
            return Write(message);
        }
    }

    private Arrival Write(AppendMessage append)
    {
        var now = state.Now;
        var unique = UniqueName.Next(now);
        string name;
        if (append.Message.FilePath is null)
            name = MessageWriter.Write(state.Folder.Tmp, unique, "", default, append.Message.Memory.Span);
        else
        {
            using var content = append.Message.OpenRead();
            name = MessageWriter.Write(state.Folder.Tmp, unique, "", default, content, append.Message.Length);
        }

        // Other programs take the file's time for the internal date.
        var date = append.Date ?? now;
        if (append.Date is not null)
            File.SetLastWriteTimeUtc($"{state.Folder.Tmp}/{name}", date.UtcDateTime);
        var size = FileName.Figure(System.Text.Encoding.UTF8.GetBytes(name), FileName.WireSizeKey);
        return new Arrival(name, append.Flags, append.Keywords, (uint)Math.Min(size, Entry.UnknownSize), date.ToUnixTimeSeconds());
    }
}
