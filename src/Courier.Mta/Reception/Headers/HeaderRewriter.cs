using System.Text;
using Courier.IO.Files;
using Courier.Mail.Headers;

namespace Courier.Mta.Reception.Headers;

/// <summary>Gives addresses without a domain one, in From, Sender, Reply-To, To and Cc: programs of one machine know each other's users by their
/// names, the rest of the world does not (RFC 6409 §8.1).</summary>
internal sealed class HeaderRewriter(int headerBytes, Func<MessageBuffer> openBuffer)
{
    private const int CopyBytes = 64 * 1024;

    private static readonly string[] _fields = ["From", "Sender", "Reply-To", "To", "Cc", "Bcc"];

    /// <returns>The message with its new header; null where nothing is to be changed. The caller disposes of it.</returns>
    internal MessageBuffer? Rewrite(MessageBuffer message, HeaderSettings settings, bool isSubmitted)
    {
        if (settings.Domain is not { } domain || settings.Changes == HeaderChanges.None || !HeaderSettings.Applies(settings.Completes, isSubmitted))
            return null;
        using var stream = message.OpenRead();
        var start = new byte[(int)Math.Min(message.Length, headerBytes)];
        stream.ReadExactly(start);
        var header = HeaderReader.HeaderLength(start);
        if (header == start.Length && message.Length > header)
            return null;
        var places = PlacesIn(start.AsSpan(0, header), settings.Changes);
        return places.Count == 0 ? null : Copy(start, places, Encoding.ASCII.GetBytes("@" + domain), stream);
    }

    private static List<int> PlacesIn(ReadOnlySpan<byte> header, HeaderChanges changes)
    {
        var places = new List<int>();
        foreach (var field in new HeaderReader(header))
        {
            var name = header[field.Name];
            if (changes == HeaderChanges.Unsigned && Ascii.EqualsIgnoreCase(name, "DKIM-Signature"u8))
                return [];
            if (!IsAddressField(name))
                continue;
            foreach (var place in BareAddresses.In(header[field.Value]))
                places.Add(field.Value.GetOffsetAndLength(header.Length).Offset + place);
        }

        return places;
    }

    private static bool IsAddressField(ReadOnlySpan<byte> name)
    {
        foreach (var field in _fields)
        {
            if (Ascii.EqualsIgnoreCase(name, field))
                return true;
        }

        return false;
    }

    private MessageBuffer Copy(byte[] start, List<int> places, byte[] domain, Stream rest)
    {
        var copy = openBuffer();
        try
        {
            var written = 0;
            foreach (var place in places)
            {
                copy.Write(start.AsSpan(written..place));
                copy.Write(domain);
                written = place;
            }

            copy.Write(start.AsSpan(written));
            var chunk = new byte[CopyBytes];
            while (rest.Read(chunk) is var read and > 0)
                copy.Write(chunk.AsSpan(0, read));
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }
}
