using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Sharing;

/// <summary>Another server's list of UIDs: Courier's <c>courierimapuiddb</c> (courier.md §7.4) or Dovecot's <c>dovecot-uidlist</c>, which began as the same and
/// in its third version has fields with letters before them. What we do not know of a line is kept.</summary>
internal sealed class UidList
{
    private readonly Dictionary<string, uint> _uids = new(StringComparer.Ordinal);

    private UidList(uint uidValidity, uint uidNext, string fields) => (UidValidity, UidNext, Fields) = (uidValidity, uidNext, fields);

    internal uint UidValidity { get; }

    /// <summary>Dovecot's newer form, which may be continued at its end.</summary>
    internal bool IsThird { get; private init; }

    /// <summary>Above every UID that it gave.</summary>
    internal uint UidNext { get; private set; }

    /// <summary>Dovecot's other fields of the first line: the identity of the mailbox.</summary>
    private string Fields { get; }

    /// <summary>By UID; names without flags, in Latin-1 as elsewhere.</summary>
    internal SortedDictionary<uint, Line> Lines { get; } = [];

    internal static string FileOf(MaildirFolder folder, OtherServer server) =>
        folder.Path + (server == OtherServer.Courier ? "/courierimapuiddb" : "/dovecot-uidlist");

    internal static UidList Empty(uint uidValidity, uint uidNext) =>
        new(uidValidity, uidNext, "G" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))) { IsThird = true };

    /// <summary>Null where there is none, or none that can be read.</summary>
    internal static UidList? Read(MaildirFolder folder, OtherServer server) => Parse(TextLines.Of(FileOf(folder, server)));

    /// <summary>Its UID there; 0 for none.</summary>
    internal uint UidOf(string name) => _uids.GetValueOrDefault(name);

    /// <summary>The file that has it there; null for none.</summary>
    internal string? NameOf(uint uid) => Lines.TryGetValue(uid, out var line) ? line.Name : null;

    internal bool HasUid(uint uid) => Lines.ContainsKey(uid);

    /// <summary>From now on the file has that UID; the one it had stands for nothing any more.</summary>
    internal void Put(uint uid, string name)
    {
        var fields = "";
        if (_uids.TryGetValue(name, out var old) && old != uid)
        {
            fields = Lines[old].Fields;
            Lines.Remove(old);
        }

        _uids[name] = uid;
        Lines[uid] = new Line(name, fields);
        Raise(uid + 1);
    }

    internal void Raise(uint uidNext) => UidNext = Math.Max(UidNext, uidNext);

    /// <summary>Drops the files that are gone.</summary>
    internal void Keep(Func<uint, string, bool> isLiving)
    {
        foreach (var (uid, line) in Lines.Where(line => !isLiving(line.Key, line.Value.Name)).ToList())
        {
            Lines.Remove(uid);
            _uids.Remove(line.Name);
        }
    }

    /// <summary>The whole file.</summary>
    internal byte[] Write(OtherServer server)
    {
        var text = new StringBuilder();
        if (server == OtherServer.Courier)
            text.Append(CultureInfo.InvariantCulture, $"1 {UidValidity} {UidNext}\n");
        else
            text.Append(CultureInfo.InvariantCulture, $"3 V{UidValidity} N{UidNext}{(Fields.Length > 0 ? " " : "")}{Fields}\n");
        foreach (var (uid, line) in Lines)
            AppendLine(text, server, uid, line);
        return Encoding.Latin1.GetBytes(text.ToString());
    }

    /// <summary>Lines to add at the end of a list that goes up to a lower UID; Dovecot's can be continued so.</summary>
    internal static byte[] WriteLines(IEnumerable<(uint Uid, string Name)> files)
    {
        var text = new StringBuilder();
        foreach (var (uid, name) in files)
            AppendLine(text, OtherServer.Dovecot, uid, new Line(name, ""));
        return Encoding.Latin1.GetBytes(text.ToString());
    }

    // Both begin with the version; Dovecot's third has letters before its figures and fields before its names.
    internal static UidList? Parse(string[] lines)
    {
        if (lines.Length == 0)
            return null;
        var head = lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        uint validity, next;
        var fields = "";
        var isThird = head is ["3", ..];
        if (isThird)
        {
            if (!TryField(head, 'V', out validity) || !TryField(head, 'N', out next))
                return null;
            fields = string.Join(' ', head.Skip(1).Where(word => word[0] is not ('V' or 'N')));
        }
        else if (head is not ["1", var first, var second, ..] || !TryNumber(first, out validity) || !TryNumber(second, out next))
            return null;

        var list = new UidList(validity, next, fields) { IsThird = isThird };
        foreach (var line in lines.Skip(1))
            list.Take(line, isThird);
        return list;
    }

    /// <summary>A line that cannot be read is passed over: its message gets a new, higher UID.</summary>
    private void Take(string line, bool isThird)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var name = isThird ? line.IndexOf(':', StringComparison.Ordinal) + 1 : space + 1;
        if (space <= 0 || name <= space || name >= line.Length || !TryNumber(line[..space], out var uid) || (isThird && line[name - 2] != ' '))
            return;
        var key = Base(line[name..]);
        // A file that came back stands there twice; the later line counts, in Dovecot too.
        if (key.Length == 0 || (_uids.TryGetValue(key, out var old) && old >= uid))
            return;
        if (old != 0)
            Lines.Remove(old);
        _uids[key] = uid;
        Lines[uid] = new Line(key, isThird ? line[(space + 1)..(name - 1)].Trim() : "");
        Raise(uid + 1);
    }

    private static void AppendLine(StringBuilder text, OtherServer server, uint uid, Line line)
    {
        if (server == OtherServer.Courier)
            text.Append(CultureInfo.InvariantCulture, $"{uid} {line.Name}\n");
        else
            text.Append(CultureInfo.InvariantCulture, $"{uid}{(line.Fields.Length > 0 ? " " : "")}{line.Fields} :{line.Name}\n");
    }

    private static bool TryField(string[] words, char name, out uint value)
    {
        value = 0;
        return words.FirstOrDefault(word => word.Length > 1 && word[0] == name) is { } found && TryNumber(found[1..], out value);
    }

    private static bool TryNumber(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is > 0 and < uint.MaxValue;

    private static string Base(string name) => name.IndexOf(':', StringComparison.Ordinal) is >= 0 and var at ? name[..at] : name;

    /// <summary>A file of the list. <paramref name="Fields"/>: what Dovecot noted about it (sizes, POP3 names).</summary>
    internal readonly record struct Line(string Name, string Fields);
}
