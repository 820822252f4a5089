using System.Globalization;
using System.Text;

namespace Courier.Mailboxes.Maildir;

/// <summary>The first line of <see cref="UidFile"/>.</summary>
/// <param name="UidValidity">Of the mailbox.</param>
/// <param name="Generation">Of the file.</param>
/// <param name="Reserved">UIDs below may be given.</param>
/// <param name="Boot">In that start of the machine.</param>
/// <param name="Length">Octets with the line feed.</param>
internal sealed record UidsFirstLine(uint UidValidity, ulong Generation, uint Reserved, string Boot, int Length)
{
    /// <summary>What it reserves in a file that was begun without a sync.</summary>
    internal const uint Nothing = 1;

    internal static bool TryRead(ReadOnlySpan<byte> file, out UidsFirstLine first)
    {
        first = new UidsFirstLine(0, 0, 0, "", 0);
        var end = file.IndexOf((byte)'\n');
        if (end < 0 || !UidLines.TryUnwrap(file[..end], out var line))
            return false;
        var words = Encoding.ASCII.GetString(line).Split(' ');
        if (words is not ["V", "1", var validity, var generation, var reserved, var boot]
            || !uint.TryParse(validity, NumberStyles.None, CultureInfo.InvariantCulture, out var validityNumber) || validityNumber == 0
            || !ulong.TryParse(generation, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var generationNumber)
            || !uint.TryParse(reserved, NumberStyles.None, CultureInfo.InvariantCulture, out var reservedNumber))
            return false;
        first = new UidsFirstLine(validityNumber, generationNumber, reservedNumber, boot, end + 1);
        return true;
    }

    /// <summary>Whether the file was begun in another boot, and the line that says how far it went did not come through.</summary>
    internal bool HasLostReservation(ReadOnlySpan<byte> file, string boot)
    {
        if (Reserved != Nothing || string.Equals(Boot, boot, StringComparison.Ordinal))
            return false;
        var second = file[Length..];
        var end = second.IndexOf((byte)'\n');
        return end < 0 || !UidLines.TryUnwrap(second[..end], out var line) || !line.StartsWith("R "u8);
    }
}
