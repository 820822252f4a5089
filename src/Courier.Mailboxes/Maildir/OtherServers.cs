using System.Globalization;
using System.Text;
using Courier.IO.Files;
using Courier.Mail.Headers;
using Courier.Mailboxes.Sharing;

namespace Courier.Mailboxes.Maildir;

/// <summary>What another server has written down about a mailbox: read once, when we open it for the first time, so that no client has to
/// download anything again. Its files stay as they are.</summary>
/// <remarks>Courier: <c>courierimapuiddb</c> (courier.md §7.4) and <c>courierpop3dsizelist</c> (§8). Dovecot: <c>dovecot-uidlist</c>, versions 1 and 3,
/// and <c>dovecot-keywords</c>, which says what the letters a to z in file names mean. Where both servers have been here, the list that changed
/// last counts. A line that cannot be read is passed over: its message gets a new, higher UID.</remarks>
internal static class OtherServers
{
    /// <summary>From the server that the account is shared with, else from the one whose list changed last.</summary>
    internal static UidList? ReadUids(MaildirFolder folder, OtherServer shared)
    {
        var first = shared != OtherServer.None ? shared
            : TimeOf(UidList.FileOf(folder, OtherServer.Courier)) >= TimeOf(UidList.FileOf(folder, OtherServer.Dovecot)) ? OtherServer.Courier : OtherServer.Dovecot;
        return UidList.Read(folder, first) ?? UidList.Read(folder, first == OtherServer.Courier ? OtherServer.Dovecot : OtherServer.Courier);
    }

    /// <summary>POP3's names of messages by base name, for messages that Courier's or Dovecot's POP3 server has shown.</summary>
    internal static Dictionary<string, string> ReadUidls(MaildirFolder folder)
    {
        var uidls = new Dictionary<string, string>(StringComparer.Ordinal);
        var lines = TextLines.Of(folder.Path + "/courierpop3dsizelist");
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
        if (UidList.Read(folder, OtherServer.Dovecot) is { } list)
        {
            foreach (var (uid, line) in list.Lines)
            {
                var kept = line.Fields.Split(' ').FirstOrDefault(word => word.Length > 1 && word[0] == 'P');
                uidls[line.Name] = kept is not null ? kept[1..] : string.Create(CultureInfo.InvariantCulture, $"{uid:x8}{list.UidValidity:x8}");
            }
        }

        return uidls;
    }

    /// <summary>Dovecot's keywords by letter; null where there are none.</summary>
    internal static string?[]? ReadKeywords(MaildirFolder folder)
    {
        const int letters = 26;
        var keywords = new string?[letters];
        foreach (var line in TextLines.Of(folder.Path + "/dovecot-keywords"))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space > 0 && int.TryParse(line.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < letters && line.Length > space + 1)
                keywords[index] = line[(space + 1)..];
        }

        return keywords.Any(keyword => keyword is not null) ? keywords : null;
    }

    /// <summary>Names in Dovecot's <c>subscriptions</c>, as <c>Sent</c> and <c>Lists.Work</c>; version 2 separates levels with tabs. They are in modified
    /// UTF-7, like the names of the folders.</summary>
    internal static IEnumerable<string> ReadSubscriptions(string maildir, bool decodes)
    {
        var lines = TextLines.Of(maildir + "/subscriptions");
        var isSecond = lines.Length > 0 && lines[0] == "V\t2";
        return lines.Skip(isSecond ? 1 : 0).Where(line => line.Length > 0).Select(line => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(line.Replace('\t', '.'))))
            .Select(name => decodes && ModifiedUtf7.TryDecode(Encoding.UTF8.GetBytes(name), out var decoded) ? decoded : name);
    }

    private static string Base(string name) => name.IndexOf(':', StringComparison.Ordinal) is >= 0 and var at ? name[..at] : name;

    private static long TimeOf(string path) => FileStatus.TryGet(path, out var status) ? status.ModifiedNanoseconds : 0;
}
