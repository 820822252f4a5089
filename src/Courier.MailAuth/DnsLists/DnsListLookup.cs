using System.Net;
using Courier.Net.Dns;
using Microsoft.Extensions.Logging;

namespace Courier.MailAuth.DnsLists;

/// <summary>Asks lists in the DNS for an address, all at once; the first of them in order that has it counts. A list that cannot be asked has nobody on it:
/// the mail of the world does not wait for one name server.</summary>
public sealed class DnsListLookup(IReadOnlyList<DnsList> lists, IDnsResolver resolver, TimeProvider clock, ILogger logger)
{
    /// <summary>Of a list's own words.</summary>
    private const int TextCharsMax = 300;

    private const string V4End = ".in-addr.arpa";
    private const string V6End = ".ip6.arpa";

    /// <summary>All lists together. A peer waits for this.</summary>
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(10);

    /// <summary>Between two complaints in the log about one list.</summary>
    private static readonly TimeSpan _complaintsApart = TimeSpan.FromHours(1);

    // RFC 5782 §2.1: entries are in 127.0.0.0/8; lists use its last octets to say that they will not answer us.
    private static readonly IPNetwork _entries = new(IPAddress.Parse("127.0.0.0"), 8);
    private static readonly IPNetwork _complaints = new(IPAddress.Parse("127.255.255.0"), 24);

    private readonly Dictionary<string, long> _complained = new(StringComparer.Ordinal);

    public bool IsEmpty => lists.Count == 0;

    public async ValueTask<DnsListVerdict> FindAsync(IPAddress address, CancellationToken ct)
    {
        if (IsEmpty || IPAddress.IsLoopback(address))
            return DnsListVerdict.NotListed;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_limit);
        var asked = lists.Select(list => HasAsync(list, address, limit.Token)).ToList();
        for (var i = 0; i < lists.Count; i++)
        {
            if (!await asked[i])
                continue;
            // The others may end when they like: nothing of theirs is left but what the cache keeps.
            return new DnsListVerdict(lists[i], lists[i].IsAllowList ? "" : await TextAsync(lists[i], address, limit.Token));
        }

        ct.ThrowIfCancellationRequested();
        return DnsListVerdict.NotListed;
    }

    /// <summary>The name that an address has in a list (RFC 5782 §2.1, §2.4).</summary>
    internal static string NameOf(IPAddress address, string zone)
    {
        var name = DnsName.Reverse(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
        var end = name.EndsWith(V4End, StringComparison.Ordinal) ? V4End.Length : V6End.Length;
        return $"{name[..^end]}.{zone}";
    }

    private async Task<bool> HasAsync(DnsList list, IPAddress address, CancellationToken ct)
    {
        try
        {
            var answer = await resolver.ResolveAsync(NameOf(address, list.Zone), DnsType.A, ct);
            if (answer.Outcome == DnsOutcome.Failed)
                Complain(list, answer.Problem ?? "no answer");
            return answer.Records.OfType<AddressRecord>().Any(record => Counts(list, record.Address));
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private bool Counts(DnsList list, IPAddress answer)
    {
        if (list.Answers.Count > 0)
            return list.Answers.Contains(answer);
        if (_entries.Contains(answer) && !_complaints.Contains(answer))
            return true;
        Complain(list, $"it answers {answer}, which is no entry");
        return false;
    }

    private async ValueTask<string> TextAsync(DnsList list, IPAddress address, CancellationToken ct)
    {
        var text = list.Text;
        try
        {
            text ??= (await resolver.ResolveAsync(NameOf(address, list.Zone), DnsType.Txt, ct)).Records.OfType<TxtRecord>().FirstOrDefault()?.Text;
        }
        catch (OperationCanceledException)
        {
            // Without its words, then.
        }

        var shown = string.IsNullOrWhiteSpace(text) ? $"Your address is listed in {list.Zone}" : text;
        return string.Concat(shown.Take(TextCharsMax).Select(static c => c is >= ' ' and <= '~' ? c : '?'));
    }

    private void Complain(DnsList list, string problem)
    {
        lock (_complained)
        {
            if (_complained.TryGetValue(list.Zone, out var last) && clock.GetElapsedTime(last) < _complaintsApart)
                return;
            _complained[list.Zone] = clock.GetTimestamp();
        }

        Log.ListTrouble(logger, list.Zone, problem);
    }
}
