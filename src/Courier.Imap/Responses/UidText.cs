using System.Text;
using Courier.Mailboxes;

namespace Courier.Imap.Responses;

/// <summary>UIDs as in APPENDUID and COPYUID (RFC 4315 §3): in the order given, runs as ranges.</summary>
internal static class UidText
{
    public static string Of(IReadOnlyList<Uid> uids)
    {
        var text = new StringBuilder();
        for (var at = 0; at < uids.Count;)
        {
            var end = at;
            while (end + 1 < uids.Count && uids[end + 1].Value == uids[end].Value + 1)
                end++;
            text.Append(at > 0 ? "," : "").Append(uids[at].Value);
            if (end > at)
                text.Append(':').Append(uids[end].Value);
            at = end + 1;
        }

        return text.ToString();
    }
}
