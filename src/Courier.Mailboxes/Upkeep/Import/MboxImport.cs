using System.Globalization;
using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Delivery;
using Courier.Mailboxes.Index;

namespace Courier.Mailboxes.Upkeep;

/// <summary>Brings one mbox into one mailbox, in batches that are there whole or not at all. A run that was killed is gone on with by the next, and one that
/// was not brings nothing twice.</summary>
internal sealed class MboxImport(MailboxState state, ImportSettings settings)
{
    private const int BatchMessages = 500;
    private const long BatchBytes = 64L * 1024 * 1024;

    /// <summary>Other programs wait longer for a lock that is touched.</summary>
    private static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(30);

    private readonly List<Arrival> _batch = [];
    private readonly List<string> _keys = [];
    private long _batchBytes;

    internal async ValueTask<(int Imported, int Known)> RunAsync(string path, CancellationToken ct)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path} does not exist", path);
        using var only = settings.Locks ? MboxLock.Take(path, LockLimit) : null;
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var reader = new MboxReader(file, settings.Quoting, state.Folder.Tmp);
        if (!reader.Start())
            throw new InvalidDataException($"{path} is no mbox: it does not begin with a From line");
        var record = new ImportRecord(state.Folder);
        var met = new Dictionary<string, int>(StringComparer.Ordinal);
        var (imported, known) = (0, 0);
        try
        {
            while (reader.Read() is { } message)
            {
                using var content = message.Content;
                if (imported + known == 0 && IsInternal(content))
                    continue;
                // The same message twice in a file is two messages.
                var count = met[message.Hash] = met.GetValueOrDefault(message.Hash) + 1;
                var key = count == 1 ? message.Hash : string.Create(CultureInfo.InvariantCulture, $"{message.Hash}n{count}");
                if (record.Has(key))
                {
                    known++;
                    continue;
                }

                Stage(message, key);
                imported++;
                if (_batch.Count < BatchMessages && _batchBytes < BatchBytes)
                    continue;
                await PlaceAsync(record, ct);
                only?.Touch();
            }

            await PlaceAsync(record, ct);
            return (imported, known);
        }
        catch
        {
            new Arrivals(state).Discard(_batch.Select(arrival => arrival.Name));
            throw;
        }
    }

    private void Stage(MboxMessage message, string key)
    {
        var unique = ImportRecord.NameOf(key, state.Now);
        var header = Encoding.Latin1.GetBytes(ReturnPath(message));
        string name;
        if (message.Content.FilePath is null)
            name = MessageWriter.Write(state.Folder.Tmp, unique, "", header, message.Content.Memory.Span);
        else
        {
            using var content = message.Content.OpenRead();
            name = MessageWriter.Write(state.Folder.Tmp, unique, "", header, content, message.Content.Length);
        }

        File.SetLastWriteTimeUtc($"{state.Folder.Tmp}/{name}", message.From.Date.UtcDateTime);
        var size = Maildir.FileName.Figure(Encoding.UTF8.GetBytes(name), Maildir.FileName.WireSizeKey);
        _batch.Add(new Arrival(name, message.Flags, [.. message.Keywords], (uint)Math.Min(size, Entry.UnknownSize), message.From.Date.ToUnixTimeSeconds()));
        _keys.Add(key);
        _batchBytes += size;
    }

    private async ValueTask PlaceAsync(ImportRecord record, CancellationToken ct)
    {
        if (_batch.Count == 0)
            return;
        await new Arrivals(state).PlaceAsync([.. _batch], ct);
        record.Add(_keys);
        _batch.Clear();
        _keys.Clear();
        _batchBytes = 0;
    }

    /// <summary>What the first line says of the sender, where the message itself does not.</summary>
    private static string ReturnPath(MboxMessage message)
    {
        if (message.From.Sender is "" or "-" || HasField(message.Content, "Return-Path:"))
            return "";
        return message.From.Sender == "MAILER-DAEMON" ? "Return-Path: <>\r\n" : $"Return-Path: <{message.From.Sender.Trim('<', '>')}>\r\n";
    }

    /// <summary>c-client keeps its own notes in a first message, which is none.</summary>
    private static bool IsInternal(MessageBuffer content) => Head(content).Contains("FOLDER INTERNAL DATA", StringComparison.Ordinal)
        && Head(content).Contains("DON'T DELETE THIS MESSAGE", StringComparison.Ordinal);

    private static bool HasField(MessageBuffer content, string field) =>
        Head(content).Split('\n').TakeWhile(line => line.TrimEnd('\r').Length > 0).Any(line => line.StartsWith(field, StringComparison.OrdinalIgnoreCase));

    private static string Head(MessageBuffer content)
    {
        const int headBytes = 16 * 1024;
        using var stream = content.OpenRead();
        var bytes = new byte[Math.Min(headBytes, content.Length)];
        stream.ReadExactly(bytes);
        return Encoding.Latin1.GetString(bytes);
    }
}
