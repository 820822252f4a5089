using System.Text;
using Courier.Mail.Headers;

namespace Courier.Mail.Mime;

/// <summary>What SORT and THREAD look at in a header (RFC 5256 §3, RFC 5957 §3). The addresses are those of ENVELOPE.</summary>
/// <param name="Subject">Base subject.</param>
/// <param name="Sent">The Date field; null without a readable one.</param>
/// <param name="From">Local part of the first address.</param>
/// <param name="To">Likewise.</param>
/// <param name="Cc">Likewise.</param>
/// <param name="DisplayFrom">What a reader sees of the first address: its name, or else the address.</param>
/// <param name="DisplayTo">Likewise.</param>
/// <param name="MessageId">Null without one.</param>
/// <param name="References">Of References, or else the first of In-Reply-To; oldest first.</param>
public sealed record SortFields(
    BaseSubject Subject, DateTimeOffset? Sent, string From, string To, string Cc, string DisplayFrom, string DisplayTo, byte[]? MessageId, IReadOnlyList<byte[]> References)
{
    public static SortFields Read(ReadOnlySpan<byte> header)
    {
        var subject = Last(header, "Subject"u8) is { } text ? BaseSubject.Of(EncodedWord.Decode(text)) : new("", false);
        DateTimeOffset? sent = Last(header, "Date"u8) is { } value && MailDate.TryParse(value, out var date) ? date : null;
        var (from, displayFrom) = First(header, "From"u8);
        var (to, displayTo) = First(header, "To"u8);
        var id = Last(header, "Message-ID"u8) is { } ids ? MessageIds.Read(ids).FirstOrDefault() : null;
        var references = Last(header, "References"u8) is { } list ? MessageIds.Read(list) : [];
        if (references.Count == 0 && Last(header, "In-Reply-To"u8) is { } parent)
            references = [.. MessageIds.Read(parent).Take(1)];
        return new(subject, sent, from, to, First(header, "Cc"u8).Mailbox, displayFrom, displayTo, id, references);
    }

    // Of fields that may stand once, the last one counts, as in ENVELOPE.
    private static byte[]? Last(ReadOnlySpan<byte> header, ReadOnlySpan<byte> name)
    {
        byte[]? found = null;
        foreach (var field in new HeaderReader(header))
        {
            if (Ascii.EqualsIgnoreCase(header[field.Name], name))
                found = HeaderReader.Unfold(header[field.Value]);
        }

        return found;
    }

    private static (string Mailbox, string Display) First(ReadOnlySpan<byte> header, ReadOnlySpan<byte> name)
    {
        foreach (var field in new HeaderReader(header))
        {
            if (!Ascii.EqualsIgnoreCase(header[field.Name], name))
                continue;
            var addresses = new AddressList(header[field.Value]);
            if (addresses.MoveNext())
                return Of(addresses);
        }

        return ("", "");
    }

    // RFC 5957 §3: the decoded name; without one mailbox@host, or the mailbox alone. A group is its name (RFC 5256 §3: addr-mailbox).
    private static (string Mailbox, string Display) Of(in AddressList address)
    {
        var mailbox = Encoding.Latin1.GetString(address.Mailbox);
        if (address.Kind == AddressKind.Mailbox && !address.Name.IsEmpty && EncodedWord.Decode(address.Name) is { Length: > 0 } name)
            return (mailbox, name);
        return (mailbox, address.Host.IsEmpty || address.Kind != AddressKind.Mailbox ? mailbox : mailbox + "@" + Encoding.Latin1.GetString(address.Host));
    }
}
