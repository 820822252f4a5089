using System.Globalization;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes;

/// <summary>What an account may hold and holds, as its <c>maildirsize</c> says (Maildir++). Null where there is no limit of that kind.</summary>
public sealed record AccountQuota(long Bytes, long Messages, long? BytesMax, long? MessagesMax)
{
    /// <summary>Whether one more message of so many octets stays within the limits; a limit of 0 is none.</summary>
    internal bool HasRoomFor(long octets) =>
        !(BytesMax is > 0 and var bytes && Bytes + octets > bytes) && !(MessagesMax is > 0 and var messages && Messages + 1 > messages);

    /// <summary>Null where there is no such file, or nothing in it that can be read: then nothing is limited.</summary>
    /// <param name="sizeFile">See <see cref="MaildirSize.PathIn"/>.</param>
    internal static AccountQuota? Read(string sizeFile)
    {
        if (TextLines.Of(sizeFile) is not [var definition, .. var lines])
            return null;
        long? bytesMax = null, messagesMax = null;
        foreach (var limit in definition.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!long.TryParse(limit.AsSpan(0, limit.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                continue;
            if (limit[^1] == 'S')
                bytesMax = number;
            else if (limit[^1] == 'C')
                messagesMax = number;
        }

        if (bytesMax is null && messagesMax is null)
            return null;
        long bytes = 0, messages = 0;
        foreach (var line in lines)
        {
            if (TryLine(line, out var size, out var count))
                (bytes, messages) = (bytes + size, messages + count);
        }

        return new(Math.Max(0, bytes), Math.Max(0, messages), bytesMax, messagesMax);
    }

    /// <summary>Octets and messages that came, or with a minus went.</summary>
    internal static bool TryLine(string line, out long bytes, out long messages)
    {
        (bytes, messages) = (0, 0);
        return line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var size, var number]
            && long.TryParse(size, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out bytes)
            && long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out messages);
    }
}
