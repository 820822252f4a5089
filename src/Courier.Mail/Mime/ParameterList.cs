using System.Text;

namespace Courier.Mail.Mime;

/// <summary>The parameters of Content-Type and Content-Disposition (RFC 2045 §5.1), with the continuations and charsets of
/// RFC 2231 §3–4. Strings hold one octet per character until they are decoded.</summary>
/// <param name="Wire">Pieces joined: <c>filename*</c> with charset and percent signs, as clients of IMAP want it.</param>
/// <param name="Decoded">The same as text.</param>
internal sealed record ParameterList(IReadOnlyList<KeyValuePair<string, string>> Wire, IReadOnlyList<KeyValuePair<string, string>> Decoded)
{
    public static ParameterList Empty { get; } = new([], []);

    /// <summary>Reads *(";" attribute "=" value) to the end. What is no parameter is stepped over.</summary>
    public static ParameterList Read(ref ValueReader reader)
    {
        List<KeyValuePair<string, string>>? found = null;
        var isPlain = true;
        for (var count = 0; count < MimeLimits.Parameters; count++)
        {
            reader.SkipPast((byte)';');
            if (reader.AtEnd)
                break;
            reader.SkipSpace();
            var name = reader.Token();
            reader.SkipSpace();
            if (name.IsEmpty || !reader.Take('='))
                continue;
            reader.SkipSpace();
            var value = reader.Next == '"' ? reader.QuotedString() : Encoding.Latin1.GetString(reader.UnquotedValue());
            isPlain &= !name.Contains((byte)'*') && Ascii.IsValid(value);
            (found ??= []).Add(new(MimeNames.Lower(name), value));
        }
        return found is null ? Empty : isPlain ? new(found, found) : Join(found);
    }

    private static ParameterList Join(List<KeyValuePair<string, string>> found)
    {
        var groups = new Dictionary<string, ExtendedParameter>(StringComparer.Ordinal);
        foreach (var (name, value) in found)
        {
            if (!ExtendedParameter.TryReadName(name, out var attribute, out var section, out var isExtended))
                continue;
            if (!groups.TryGetValue(attribute, out var group))
                groups.Add(attribute, group = new());
            group.Add(section, isExtended, value);
        }
        var wire = new List<KeyValuePair<string, string>>(found.Count);
        var decoded = new List<KeyValuePair<string, string>>(found.Count);
        foreach (var (name, value) in found)
        {
            var isPiece = ExtendedParameter.TryReadName(name, out var attribute, out _, out _);
            var group = groups.GetValueOrDefault(attribute);
            if (group is null || !group.IsComplete || !isPiece)
            {
                wire.Add(new(name, value));
                if (group is null || !group.IsComplete) // else this is the form for old programs, and the pieces decode better
                    decoded.Add(new(name, MimeText.DecodeCharset(Encoding.Latin1.GetBytes(value), null)));
            }
            else if (!group.IsWritten)
            {
                wire.Add(new(group.IsExtended ? attribute + "*" : attribute, group.Wire()));
                decoded.Add(new(attribute, group.Text()));
                group.IsWritten = true;
            }
        }
        return new(wire, decoded);
    }
}
