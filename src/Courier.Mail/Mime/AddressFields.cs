using System.Text;

namespace Courier.Mail.Mime;

/// <summary>The addresses of a To, Cc or Bcc field, for whoever sends to them.</summary>
public static class AddressFields
{
    /// <summary>Each mailbox as it would be typed, <c>ada@example.org</c>, or <c>ada</c> where it has no domain; groups (RFC 5322 §3.4) give their
    /// members.</summary>
    public static IReadOnlyList<string> Of(ReadOnlySpan<byte> value)
    {
        var found = new List<string>();
        var list = new AddressList(value);
        while (list.MoveNext())
        {
            if (list.Kind != AddressKind.Mailbox || list.Mailbox.IsEmpty)
                continue;
            var local = Addresses.AddressReader.QuoteLocalPart(Encoding.UTF8.GetString(list.Mailbox));
            found.Add(list.Host.IsEmpty ? local : local + "@" + Encoding.UTF8.GetString(list.Host));
        }

        return found;
    }
}
