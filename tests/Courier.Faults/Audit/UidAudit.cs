using System.Globalization;
using System.Text.RegularExpressions;
using Courier.Faults.Load;

namespace Courier.Faults.Audit;

/// <summary>What clients have seen of the UIDs of one account: none may ever name a second message (RFC 9051 §2.3.1.1).</summary>
public sealed partial class UidAudit
{
    private readonly Dictionary<(string Mailbox, uint UidValidity, uint Uid), string> _seen = [];
    private readonly Dictionary<(string Mailbox, uint UidValidity), uint> _next = [];

    public int Seen => _seen.Count;

    /// <summary>The tokens in a mailbox, in the order of their UIDs; complaints are added.</summary>
    internal async Task<IReadOnlyList<string>> LookAsync(ImapSession session, string mailbox, List<string> complaints)
    {
        var opened = string.Join('\n', await session.AskAsync($"SELECT \"{mailbox}\""));
        var validity = Number(UidValidity().Match(opened));
        var (next, known) = (Number(UidNext().Match(opened)), _next.GetValueOrDefault((mailbox, validity)));
        if (next < known)
            complaints.Add($"{mailbox}: UIDNEXT {next} after {known}");
        _next[(mailbox, validity)] = next;
        var tokens = new List<string>();
        if (!opened.Contains("* 0 EXISTS", StringComparison.Ordinal))
        {
            foreach (var line in await session.AskAsync("UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (X-TOKEN)])"))
            {
                if (!Uid().IsMatch(line))
                    continue;
                var (uid, token) = (Number(Uid().Match(line)), Messages.TokenOf(line) ?? "");
                tokens.Add(token);
                if (!_seen.TryAdd((mailbox, validity, uid), token) && _seen[(mailbox, validity, uid)] != token)
                    complaints.Add($"{mailbox}: UID {uid} was {_seen[(mailbox, validity, uid)]} and is {token}");
            }
        }

        return tokens;
    }

    private static uint Number(Match match) => uint.Parse(match.Groups["n"].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\[UIDVALIDITY (?<n>\d+)\]")]
    private static partial Regex UidValidity();

    [GeneratedRegex(@"\[UIDNEXT (?<n>\d+)\]")]
    private static partial Regex UidNext();

    [GeneratedRegex(@"FETCH \(UID (?<n>\d+)")]
    private static partial Regex Uid();
}
