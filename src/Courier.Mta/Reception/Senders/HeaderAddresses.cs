using System.Buffers;
using System.Text;
using Courier.IO.Files;
using Courier.Mail.Headers;
using Courier.Mail.Mime;

namespace Courier.Mta.Reception.Senders;

/// <summary>The addresses in some fields of a message's header.</summary>
internal static class HeaderAddresses
{
    /// <returns>Null where the header does not end within the limit.</returns>
    internal static IReadOnlyList<string>? Of(MessageBuffer message, int limitBytes, params ReadOnlySpan<string> fields)
    {
        if (message.FilePath is null && message.Length <= limitBytes)
            return Of(message.Memory.Span, fields);
        var buffer = ArrayPool<byte>.Shared.Rent(limitBytes);
        try
        {
            using var stream = message.OpenRead();
            var start = buffer.AsSpan(0, stream.ReadAtLeast(buffer.AsSpan(0, limitBytes), limitBytes, throwOnEndOfStream: false));
            return HeaderReader.HeaderLength(start) < limitBytes ? Of(start, fields) : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static List<string> Of(ReadOnlySpan<byte> message, ReadOnlySpan<string> fields)
    {
        var found = new List<string>();
        foreach (var field in new HeaderReader(message))
        {
            foreach (var name in fields)
            {
                if (Ascii.EqualsIgnoreCase(message[field.Name], name))
                    found.AddRange(AddressFields.Of(message[field.Value]));
            }
        }

        return found;
    }
}
