using System.Globalization;
using System.Text;

namespace Courier.Mail.Mime;

/// <summary>One parameter in the pieces of RFC 2231: <c>name*</c>, or <c>name*0</c>, <c>name*1*</c> … in any order (§3, §4.1).</summary>
internal sealed class ExtendedParameter
{
    private readonly Dictionary<int, (bool IsExtended, string Value)> _pieces = [];

    /// <summary>Without the first piece the others mean nothing.</summary>
    public bool IsComplete => _pieces.ContainsKey(0);

    /// <summary>Whether any piece has a charset and percent signs.</summary>
    public bool IsExtended { get; private set; }

    public bool IsWritten { get; set; }

    /// <summary>Splits <c>name*3*</c>; false, with the name as it is, where it is no such name.</summary>
    public static bool TryReadName(string name, out string attribute, out int section, out bool isExtended)
    {
        attribute = name;
        section = 0;
        isExtended = name.EndsWith('*');
        var star = name.IndexOf('*', StringComparison.Ordinal);
        if (star <= 0)
            return false;
        if (star < name.Length - 1)
        {
            var digits = name.AsSpan(star + 1, name.Length - star - (isExtended ? 2 : 1));
            if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out section))
                return false;
        }
        attribute = name[..star];
        return true;
    }

    /// <summary>The first of two pieces with one number counts.</summary>
    public void Add(int section, bool isExtended, string value)
    {
        if (_pieces.TryAdd(section, (isExtended, value)))
            IsExtended |= isExtended;
    }

    /// <summary>The pieces as one <c>name*</c> value (or as one plain value where none is extended).</summary>
    public string Wire()
    {
        var wire = new StringBuilder();
        if (IsExtended && !_pieces[0].IsExtended)
            wire.Append("''"); // RFC 2231 §4.1: charset and language are always in front, if only empty
        foreach (var (isExtended, value) in InOrder())
            if (isExtended || !IsExtended)
                wire.Append(value);
            else
                Escape(value, wire);
        return wire.ToString();
    }

    public string Text()
    {
        string? charset = null;
        var octets = new List<byte>();
        var isFirst = true;
        foreach (var (isExtended, value) in InOrder())
        {
            var rest = value;
            if (isFirst && isExtended && value.Split('\'', 3) is [var name, _, var text])
                (charset, rest) = (name, text);
            isFirst = false;
            for (var i = 0; i < rest.Length; i++)
            {
                if (isExtended && rest[i] == '%' && i + 2 < rest.Length
                    && byte.TryParse(rest.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
                {
                    octets.Add(octet);
                    i += 2;
                }
                else
                    octets.Add((byte)rest[i]);
            }
        }
        return MimeText.DecodeCharset([.. octets], charset);
    }

    private IEnumerable<(bool IsExtended, string Value)> InOrder()
    {
        for (var section = 0; _pieces.TryGetValue(section, out var piece); section++)
            yield return piece;
    }

    private static void Escape(string value, StringBuilder wire)
    {
        foreach (var c in value)
            if (char.IsAsciiLetterOrDigit(c) || "!#$&+-.^_`{|}~".Contains(c, StringComparison.Ordinal)) // attribute-char, RFC 2231 §7
                wire.Append(c);
            else
                wire.Append('%').Append(((int)c).ToString("X2", CultureInfo.InvariantCulture));
    }
}
