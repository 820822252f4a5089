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
    private enum Field
    {
        Subject,
        Date,
        MessageId,
        References,
        InReplyTo,
        From,
        To,
        Cc,
    }

    private const int Fields = (int)Field.Cc + 1;

    public static SortFields Read(ReadOnlySpan<byte> header)
    {
        Span<Range> places = stackalloc Range[Fields];
        places.Clear();
        foreach (var field in new HeaderReader(header))
        {
            // Of fields that may stand once, the last one counts, as in ENVELOPE; of addresses the first that there is.
            if (Which(header[field.Name]) is { } which && (which < Field.From || !HasAddress(header[places[(int)which]])))
                places[(int)which] = field.Value;
        }

        var subject = Value(header, places[(int)Field.Subject]) is { } text ? BaseSubject.Of(EncodedWord.Decode(text)) : new("", false);
        DateTimeOffset? sent = Value(header, places[(int)Field.Date]) is { } value && MailDate.TryParse(value, out var date) ? date : null;
        var (from, displayFrom) = First(header[places[(int)Field.From]]);
        var (to, displayTo) = First(header[places[(int)Field.To]]);
        var id = Value(header, places[(int)Field.MessageId]) is { } ids ? MessageIds.Read(ids).FirstOrDefault() : null;
        var references = Value(header, places[(int)Field.References]) is { } list ? MessageIds.Read(list) : [];
        if (references.Count == 0 && Value(header, places[(int)Field.InReplyTo]) is { } parent)
            references = [.. MessageIds.Read(parent).Take(1)];
        return new(subject, sent, from, to, First(header[places[(int)Field.Cc]]).Mailbox, displayFrom, displayTo, id, references);
    }

    private static Field? Which(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when Ascii.EqualsIgnoreCase(name, "To"u8) => Field.To,
        2 when Ascii.EqualsIgnoreCase(name, "Cc"u8) => Field.Cc,
        4 when Ascii.EqualsIgnoreCase(name, "From"u8) => Field.From,
        4 when Ascii.EqualsIgnoreCase(name, "Date"u8) => Field.Date,
        7 when Ascii.EqualsIgnoreCase(name, "Subject"u8) => Field.Subject,
        10 when Ascii.EqualsIgnoreCase(name, "Message-ID"u8) => Field.MessageId,
        10 when Ascii.EqualsIgnoreCase(name, "References"u8) => Field.References,
        11 when Ascii.EqualsIgnoreCase(name, "In-Reply-To"u8) => Field.InReplyTo,
        _ => null,
    };

    // A value begins behind its name: a range that begins at 0 is of no field.
    private static byte[]? Value(ReadOnlySpan<byte> header, Range place) => place.Start.Value == 0 ? null : HeaderReader.Unfold(header[place]);

    private static bool HasAddress(ReadOnlySpan<byte> value)
    {
        var addresses = new AddressList(value);
        return addresses.MoveNext();
    }

    private static (string Mailbox, string Display) First(ReadOnlySpan<byte> value)
    {
        var addresses = new AddressList(value);
        return addresses.MoveNext() ? Of(addresses) : ("", "");
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
