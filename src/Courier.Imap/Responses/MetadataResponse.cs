namespace Courier.Imap.Responses;

/// <summary>METADATA with values: <c>* METADATA "INBOX" (/shared/comment "Mine")</c> (RFC 5464 §4.4.1). The empty name is the account.</summary>
internal static class MetadataResponse
{
    public static async ValueTask WriteAsync(ImapWriter writer, string wire, IReadOnlyList<KeyValuePair<string, byte[]?>> entries)
    {
        if (entries.Count == 0)
            return;
        writer.Raw("* METADATA "u8);
        writer.Mailbox(wire);
        writer.Raw(" ("u8);
        writer.IsMidResponse = true;
        for (var i = 0; i < entries.Count; i++)
        {
            if (i > 0)
                writer.Raw(" "u8);
            writer.Raw(entries[i].Key);
            writer.Raw(" "u8);
            if (entries[i].Value is not { } value)
                writer.Raw("NIL"u8);
            else if (value.Contains((byte)0))
                WriteBinary(writer, value);
            else
                writer.String(value);
            await writer.FlushIfFullAsync();
        }

        writer.Raw(")\r\n"u8);
        writer.IsMidResponse = false;
    }

    /// <summary>The entries that were asked for, with those below them as deep as is asked for.</summary>
    public static List<KeyValuePair<string, byte[]?>> Select(IReadOnlyDictionary<string, byte[]> known, IReadOnlyList<string> asked, int depth)
    {
        var found = new List<KeyValuePair<string, byte[]?>>();
        foreach (var entry in asked)
        {
            if (known.TryGetValue(entry, out var value) || depth == 0)
                found.Add(new(entry, value));
            if (depth == 0)
                continue;
            foreach (var (name, below) in known)
            {
                if (name.StartsWith(entry + "/", StringComparison.OrdinalIgnoreCase) && name[(entry.Length + 1)..].Count(c => c == '/') < depth)
                    found.Add(new(name, below));
            }
        }

        return [.. found.DistinctBy(entry => entry.Key, StringComparer.OrdinalIgnoreCase)];
    }

    // literal8 (RFC 3516 §4.2).
    private static void WriteBinary(ImapWriter writer, byte[] value)
    {
        writer.Raw("~"u8);
        writer.LiteralHeader(value.Length);
        writer.Raw(value);
    }
}
