using System.Text;

namespace Courier.Smtp.Grammar;

/// <summary>Paths without a domain, as programs of one house write them (<c>MAIL FROM:&lt;ada&gt;</c>), which a listener may complete (RFC 6409 §8.1).</summary>
internal static class BarePath
{
    /// <param name="argument">Behind the colon.</param>
    /// <param name="domain">What it gets; null for nothing.</param>
    internal static ReadOnlySpan<byte> Complete(ReadOnlySpan<byte> argument, string? domain)
    {
        if (domain is null || argument.IsEmpty || argument[0] != (byte)'<')
            return argument;
        var end = argument.IndexOf((byte)'>');
        var local = end < 0 ? default : argument[1..end];
        // RFC 5321 §4.1.1.3: <Postmaster> is whole as it is.
        if (local.IsEmpty || local.ContainsAny("@\"\\ "u8) || Ascii.EqualsIgnoreCase(local, "Postmaster"u8))
            return argument;
        return (byte[])[.. argument[..end], (byte)'@', .. Encoding.ASCII.GetBytes(domain), .. argument[end..]];
    }
}
