using System.Globalization;
using System.Text;

namespace Courier.Mail.Addresses;

/// <summary>xtext, the form of ENVID and ORCPT in SMTP commands (RFC 3461 §4): <c>+</c>, <c>=</c> and what is not printable ASCII
/// as <c>+</c> and two upper-case hexadecimal digits.</summary>
public static class Xtext
{
    /// <summary>False where it is not xtext. The text holds one octet per character.</summary>
    public static bool TryDecode(string xtext, out string text)
    {
        text = "";
        var decoded = new StringBuilder(xtext.Length);
        for (var i = 0; i < xtext.Length; i++)
        {
            var c = xtext[i];
            if (c is < '!' or > '~' or '=')
                return false;
            if (c != '+')
            {
                decoded.Append(c);
                continue;
            }
            if (i + 2 >= xtext.Length || !char.IsAsciiHexDigitUpper(xtext[i + 1]) || !char.IsAsciiHexDigitUpper(xtext[i + 2]))
                return false;
            decoded.Append((char)byte.Parse(xtext.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            i += 2;
        }
        text = decoded.ToString();
        return true;
    }

    /// <summary>Characters past U+00FF have no form and become question marks.</summary>
    public static string Encode(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c is >= '!' and <= '~' and not '+' and not '=')
                encoded.Append(c);
            else
                encoded.Append('+').Append((c > 0xff ? '?' : (int)c).ToString("X2", CultureInfo.InvariantCulture));
        }
        return encoded.ToString();
    }
}
