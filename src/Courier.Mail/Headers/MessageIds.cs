using System.Buffers;

namespace Courier.Mail.Headers;

/// <summary>The identifiers in Message-ID, References and In-Reply-To (RFC 5322 §3.6.4): what stands between angle brackets, without white
/// space and comments, quotes of the left side undone (RFC 5256 §3, "normalized").</summary>
public static class MessageIds
{
    /// <summary>Identifiers of one field that are looked at; the header of a message has bounds, this keeps the work on it in some too.</summary>
    private const int MaxIds = 1000;

    private static readonly SearchValues<byte> _special = SearchValues.Create(" \t\r\n\"\\"u8);

    /// <summary>All that there are, in their order.</summary>
    public static List<byte[]> Read(ReadOnlySpan<byte> value)
    {
        var ids = new List<byte[]>();
        while (ids.Count < MaxIds)
        {
            var start = value.IndexOf((byte)'<');
            if (start < 0)
                break;
            value = value[(start + 1)..];
            var end = value.IndexOfAny((byte)'>', (byte)'<');
            if (end < 0)
                break;
            if (value[end] == '<')
                continue;
            if (Normalize(value[..end]) is { Length: > 0 } id)
                ids.Add(id);
            value = value[(end + 1)..];
        }

        return ids;
    }

    private static byte[] Normalize(ReadOnlySpan<byte> id)
    {
        // Without an @ it is no identifier by the grammar, but programs write such and mean them.
        if (!id.ContainsAny(_special))
            return id.ToArray();
        var plain = new byte[id.Length];
        var length = 0;
        for (var i = 0; i < id.Length; i++)
        {
            if (id[i] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'"')
                continue;
            if (id[i] == '\\' && i + 1 < id.Length)
                i++;
            plain[length++] = id[i];
        }

        return plain[..length];
    }
}
