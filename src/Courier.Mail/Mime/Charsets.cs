using System.Text;

namespace Courier.Mail.Mime;

/// <summary>Charset names to encodings that replace what they cannot read and never throw.</summary>
internal static class Charsets
{
    // The longest registered name has 45 characters; a longer one is nobody's.
    private const int LongestName = 64;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Null for an unknown name, for none, and for us-ascii, whose 8-bit octets want a guess.</summary>
    public static Encoding? Find(string? charset)
    {
        if (charset is null || charset.Length > LongestName)
            return null;
        return charset.Trim(' ', '"', '\'').ToLowerInvariant() switch
        {
            "" or "us-ascii" or "ascii" or "unknown-8bit" or "x-unknown" => null,
            "utf-8" or "utf8" => Utf8,
            "iso-8859-1" or "latin1" => Encoding.Latin1,
            "utf-16" or "utf-16be" => Encoding.BigEndianUnicode, // RFC 2781 §4.3: big-endian without a mark
            "utf-16le" => Encoding.Unicode,
            "utf-32" or "utf-32le" => Encoding.UTF32,
            "gbk" or "x-gbk" or "cp936" => Find("gb18030"),
            "cp932" or "windows-31j" or "ms932" or "x-sjis" or "sjis" => Find("shift_jis"),
            "cp949" or "uhc" or "ks_c_5601" => Find("ks_c_5601-1987"),
            "cp1250" => Find("windows-1250"),
            "cp1251" => Find("windows-1251"),
            "cp1252" => Find("windows-1252"),
            var name => CodePagesEncodingProvider.Instance.GetEncoding(name),
        };
    }

    public static Encoding Guess(ReadOnlySpan<byte> content) => System.Text.Unicode.Utf8.IsValid(content) ? Utf8 : Encoding.Latin1;
}
