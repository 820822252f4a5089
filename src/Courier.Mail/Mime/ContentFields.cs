using System.Text;
using Courier.Mail.Headers;

namespace Courier.Mail.Mime;

/// <summary>The fields of a part's header that BODYSTRUCTURE shows and the tree does not hold, as ranges of the message; null where
/// missing. The first of a name counts.</summary>
internal readonly struct ContentFields
{
    public ContentFields(ReadOnlySpan<byte> message, MimePart part)
    {
        var header = message.Slice(part.HeaderStart, part.HeaderLength);
        foreach (var field in new HeaderReader(header))
        {
            var name = header[field.Name];
            if (name.Length < 10 || !Ascii.EqualsIgnoreCase(name[..8], "Content-"u8))
                continue;
            name = name[8..];
            var value = (part.HeaderStart + field.ValueStart)..(part.HeaderStart + field.All.End.Value);
            if (Ascii.EqualsIgnoreCase(name, "ID"u8))
                Id ??= value;
            else if (Ascii.EqualsIgnoreCase(name, "MD5"u8))
                Md5 ??= value;
            else if (Ascii.EqualsIgnoreCase(name, "Description"u8))
                Description ??= value;
            else if (Ascii.EqualsIgnoreCase(name, "Disposition"u8))
                Disposition ??= value;
            else if (Ascii.EqualsIgnoreCase(name, "Language"u8))
                Language ??= value;
            else if (Ascii.EqualsIgnoreCase(name, "Location"u8))
                Location ??= value;
        }
    }

    public Range? Id { get; }

    public Range? Md5 { get; }

    public Range? Description { get; }

    public Range? Disposition { get; }

    public Range? Language { get; }

    public Range? Location { get; }
}
