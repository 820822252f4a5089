using System.Buffers;
using System.Text;

namespace Courier.Mail.Headers;

/// <summary>HEADER.FIELDS and HEADER.FIELDS.NOT (RFC 3501 §6.4.5).</summary>
public static class HeaderFilter
{
    /// <summary>The fields whose names are (or are not) in the list, in order, ended by an empty line.</summary>
    public static byte[] Select(ReadOnlySpan<byte> header, IReadOnlyCollection<string> names, bool except)
    {
        var wanted = new HashSet<string>(names, StringComparer.OrdinalIgnoreCase);
        var byName = wanted.GetAlternateLookup<ReadOnlySpan<char>>();
        var selected = new ArrayBufferWriter<byte>(Math.Max(header.Length / 4, 256));
        Span<char> name = stackalloc char[LongestName];
        var lineEnd = "\r\n"u8;
        foreach (var field in new HeaderReader(header))
        {
            var after = header[field.All.End..];
            lineEnd = after is [(byte)'\n', ..] ? "\n"u8 : "\r\n"u8;
            // A line that is no field is in no list, so only NOT shows it.
            var isListed = field.NameLength is > 0 and <= LongestName
                && byName.Contains(name[..Encoding.Latin1.GetChars(header[field.Name], name)]);
            if (isListed == except)
                continue;
            selected.Write(header[field.All]);
            selected.Write(lineEnd);
        }
        selected.Write(lineEnd);
        return selected.WrittenSpan.ToArray();
    }

    /// <summary>RFC 5322 §2.1.1: a line has 998 characters at most, so no name that anyone asks for is longer.</summary>
    private const int LongestName = 998;
}
