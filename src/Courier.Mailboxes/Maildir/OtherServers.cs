using System.Globalization;
using System.Text;
using Courier.IO.Files;

namespace Courier.Mailboxes.Maildir;

/// <summary>What another server has written down about a mailbox: read once, when we open it for the first time, so that no client has to
/// download anything again. Its files stay as they are.</summary>
/// <remarks>Courier: <c>courierimapuiddb</c> (courier.md §7.4) and <c>courierpop3dsizelist</c> (§8). Dovecot: <c>dovecot-uidlist</c>, versions 1 and 3,
/// and <c>dovecot-keywords</c>, which says what the letters a to z in file names mean. Where both servers have been here, the list that changed
/// last counts. A line that cannot be read is passed over: its message gets a new, higher UID.</remarks>
internal static class OtherServers
{
    /// <summary>UIDs of a mailbox as another server gave them.</summary>
    /// <param name="UidValidity">Theirs, kept.</param>
    /// <param name="UidNext">Above every UID that they gave.</param>
    /// <param name="Messages">In order of UID; names without flags, in Latin-1 as elsewhere.</param>
    internal sealed record UidList(uint UidValidity, uint UidNext, IReadOnlyList<(uint Uid, string Name)> Messages);

    internal static UidList? ReadUids(MaildirFolder folder)
    {
        var courier = folder.Path + "/courierimapuiddb";
        var dovecot = folder.Path + "/dovecot-uidlist";
        var isCourierNewer = TimeOf(courier) >= TimeOf(dovecot);
        return isCourierNewer ? ParseUids(Lines(courier)) ?? ParseUids(Lines(dovecot)) : ParseUids(Lines(dovecot)) ?? ParseUids(Lines(courier));
    }

    /// <summary>POP3's names of messages by base name, for messages that Courier's or Dovecot's POP3 server has shown.</summary>
    internal static Dictionary<string, string> ReadUidls(MaildirFolder folder)
    {
        var uidls = new Dictionary<string, string>(StringComparer.Ordinal);
        var lines = Lines(folder.Path + "/courierpop3dsizelist");
        if (lines.Length > 0 && lines[0] is ['/', '2' or '3', ' ', ..])
        {
            foreach (var line in lines.Skip(1))
            {
                // basename SP size SP uid [":" uidvalidity [":" flag]]
                var words = line.Split(' ');
                if (words.Length < 3 || words[2].Split(':') is not [{ Length: > 0 } uid, .. var more] || !uid.All(char.IsAsciiDigit))
                    continue;
                uidls[Base(words[0])] = more is [{ Length: > 0 } validity, ..] && validity != "0" ? $"UID{uid}-{validity}" : $"UID{uid}";
            }

            return uidls;
        }

        // Dovecot's default form of a UIDL is %08Xu%08Xv; one of another form that it had to keep stands in the list as P.
        if (ParseUids(Lines(folder.Path + "/dovecot-uidlist")) is { } list)
        {
            foreach (var (uid, name) in list.Messages)
                uidls[name] = string.Create(CultureInfo.InvariantCulture, $"{uid:x8}{list.UidValidity:x8}");
            foreach (var line in Lines(folder.Path + "/dovecot-uidlist").Skip(1))
            {
                var colon = line.IndexOf(" :", StringComparison.Ordinal);
                if (colon > 0 && line[..colon].Split(' ').FirstOrDefault(word => word.Length > 1 && word[0] == 'P') is { } kept)
                    uidls[Base(line[(colon + 2)..])] = kept[1..];
            }
        }

        return uidls;
    }

    /// <summary>Dovecot's keywords by letter; null where there are none.</summary>
    internal static string?[]? ReadKeywords(MaildirFolder folder)
    {
        const int letters = 26;
        var keywords = new string?[letters];
        foreach (var line in Lines(folder.Path + "/dovecot-keywords"))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space > 0 && int.TryParse(line.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < letters && line.Length > space + 1)
                keywords[index] = line[(space + 1)..];
        }

        return keywords.Any(keyword => keyword is not null) ? keywords : null;
    }

    /// <summary>Names in Dovecot's <c>subscriptions</c>, as <c>Sent</c> and <c>Lists.Work</c>; version 2 separates levels with tabs.</summary>
    internal static IEnumerable<string> ReadSubscriptions(string maildir)
    {
        var lines = Lines(maildir + "/subscriptions");
        var isSecond = lines.Length > 0 && lines[0] == "V\t2";
        return lines.Skip(isSecond ? 1 : 0).Where(line => line.Length > 0).Select(line => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(line.Replace('\t', '.'))));
    }

    // Both begin with the version; Dovecot's third has letters before its figures and fields before its names.
    private static UidList? ParseUids(string[] lines)
    {
        if (lines.Length == 0)
            return null;
        var head = lines[0].Split(' ');
        uint validity, next;
        var isThird = head[0] == "3";
        if (isThird)
        {
            if (!TryField(head, 'V', out validity) || !TryField(head, 'N', out next))
                return null;
        }
        else if (head is not ["1", var first, var second, ..] || !TryNumber(first, out validity) || !TryNumber(second, out next))
            return null;

        var messages = new SortedDictionary<uint, string>();
        foreach (var line in lines.Skip(1))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            var name = isThird ? line.IndexOf(" :", StringComparison.Ordinal) + 2 : space + 1;
            if (space > 0 && name > 1 && name < line.Length && TryNumber(line[..space], out var uid))
                messages[uid] = Base(line[name..]);
        }

        if (messages.Count > 0)
            next = Math.Max(next, messages.Keys.Max() + 1);
        return new(validity, next, [.. messages.Select(message => (message.Key, message.Value))]);
    }

    private static bool TryField(string[] words, char name, out uint value)
    {
        value = 0;
        return words.FirstOrDefault(word => word.Length > 1 && word[0] == name) is { } found && TryNumber(found[1..], out value);
    }

    private static bool TryNumber(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is > 0 and < uint.MaxValue;

    private static string Base(string name) => name.IndexOf(':', StringComparison.Ordinal) is >= 0 and var at ? name[..at] : name;

    private static long TimeOf(string path) => FileStatus.TryGet(path, out var status) ? status.ModifiedNanoseconds : 0;

    private static string[] Lines(string path)
    {
        var bytes = RawFile.TryRead(Encoding.UTF8.GetBytes(path + "\0"), 0, out var length);
        if (bytes is null)
            return [];
        var text = Encoding.Latin1.GetString(bytes, 0, length);
        System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
