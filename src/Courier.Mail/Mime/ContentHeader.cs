using System.Text;
using Courier.Mail.Headers;

namespace Courier.Mail.Mime;

/// <summary>Reads the two fields that decide the structure of a part: Content-Type and Content-Transfer-Encoding.
/// Of two fields with one name the first counts, as for other readers that could be made to disagree with us.</summary>
internal static class ContentHeader
{
    /// <param name="header">The part's header.</param>
    /// <param name="part">Takes type, parameters and encoding.</param>
    /// <param name="defaultsToMessage">In multipart/digest a part without a type is a message (RFC 2046 §5.1.5).</param>
    public static void Read(ReadOnlySpan<byte> header, MimePart part, bool defaultsToMessage)
    {
        var (hasType, hasEncoding) = (false, false);
        foreach (var field in new HeaderReader(header))
        {
            if (!hasType && Ascii.EqualsIgnoreCase(header[field.Name], "Content-Type"u8))
            {
                hasType = true;
                ReadType(header[field.Value], part);
            }
            else if (!hasEncoding && Ascii.EqualsIgnoreCase(header[field.Name], "Content-Transfer-Encoding"u8))
            {
                hasEncoding = true;
                ReadEncoding(header[field.Value], part);
            }
        }
        if (!hasType && defaultsToMessage)
            (part.Type, part.Subtype) = ("message", "rfc822");
    }

    /// <summary>The boundary of a multipart; null where it is missing or empty.</summary>
    public static byte[]? Boundary(MimePart part)
    {
        // As octets where it can be: a boundary is compared, not shown.
        var boundary = Parameter(part.WireParameters, "boundary") ?? Parameter(part.Parameters, "boundary");
        return string.IsNullOrWhiteSpace(boundary) ? null : Encoding.Latin1.GetBytes(boundary.TrimEnd());
    }

    public static string? Parameter(IReadOnlyList<KeyValuePair<string, string>> parameters, string name)
    {
        foreach (var (key, value) in parameters)
            if (key == name)
                return value;
        return null;
    }

    private static void ReadType(ReadOnlySpan<byte> value, MimePart part)
    {
        var reader = new ValueReader(value);
        reader.SkipSpace();
        var type = reader.Token();
        reader.SkipSpace();
        if (type.IsEmpty || !reader.Take('/'))
            return; // nonsense is text/plain (RFC 2045 §5.2)
        reader.SkipSpace();
        var subtype = reader.Token();
        if (subtype.IsEmpty)
            return;
        (part.Type, part.Subtype) = (MimeNames.Lower(type), MimeNames.Lower(subtype));
        var parameters = ParameterList.Read(ref reader);
        (part.Parameters, part.WireParameters) = (parameters.Decoded, parameters.Wire);
    }

    private static void ReadEncoding(ReadOnlySpan<byte> value, MimePart part)
    {
        var reader = new ValueReader(value);
        reader.SkipSpace();
        var encoding = reader.Token();
        if (!encoding.IsEmpty)
            part.TransferEncoding = MimeNames.Lower(encoding);
    }
}
