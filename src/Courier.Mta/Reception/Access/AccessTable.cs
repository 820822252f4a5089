using System.Net;
using Courier.Net;

namespace Courier.Mta.Reception.Access;

/// <summary>One line of an access list.</summary>
/// <param name="Scope">For whom.</param>
/// <param name="Entry">What.</param>
public sealed record AccessRule(AccessScope Scope, AccessEntry Entry);

/// <summary>An access list: of the networks that a peer is in, the smallest alone counts; nothing is inherited from the larger ones.</summary>
public sealed class AccessTable
{
    // By length of the network, the longest first: one look for each length that occurs.
    private readonly List<(int Length, Dictionary<UInt128, AccessEntry> Entries)> _byLength;
    private readonly Dictionary<(UInt128 Bits, int Port), AccessEntry> _local = [];

    /// <param name="rules">Of two for the same network the later counts.</param>
    public AccessTable(IEnumerable<AccessRule> rules)
    {
        var lengths = new SortedDictionary<int, Dictionary<UInt128, AccessEntry>>();
        foreach (var (scope, entry) in rules)
        {
            if (scope.LocalPort > 0)
            {
                _local[(scope.Bits, scope.LocalPort)] = entry.ForAnybody;
                continue;
            }

            if (!lengths.TryGetValue(scope.Length, out var entries))
                lengths[scope.Length] = entries = [];
            entries[scope.Bits] = scope.Length == 0 ? entry.ForAnybody : entry;
        }

        _byLength = [.. lengths.Reverse().Select(pair => (pair.Key, pair.Value))];
    }

    /// <summary>What is said of the peer; where nothing is, of the address of ours that it came to.</summary>
    public AccessEntry Find(IPEndPoint local, IPEndPoint remote)
    {
        var bits = AddressBits.Of(remote.Address);
        foreach (var (length, entries) in _byLength)
        {
            if (length > 0 && entries.TryGetValue(AddressBits.Prefix(bits, length), out var entry))
                return entry;
        }

        return FindLocal(local) ?? (_byLength is [.., (0, var everybody)] ? everybody.Values.First() : AccessEntry.Usual);
    }

    private AccessEntry? FindLocal(IPEndPoint local) => _local.Count == 0 ? null
        : _local.GetValueOrDefault((AddressBits.Of(local.Address), local.Port)) ?? _local.GetValueOrDefault((UInt128.Zero, local.Port));

    /// <summary>Reads the lines of <c>smtpaccess</c>: a network, white space, and what holds for it.</summary>
    public static IReadOnlyList<AccessRule> Read(IReadOnlyList<SourceLine> lines, ICollection<LineProblem> problems)
    {
        var rules = new List<AccessRule>();
        foreach (var line in lines)
        {
            var end = line.Text.IndexOfAny(['\t', ' ']);
            if (AccessScope.Parse(end < 0 ? line.Text : line.Text[..end]) is not { } scope)
                problems.Add(new LineProblem(line.Path, line.Number, line.Text, "a network, as 192.0.2, 192.0.2.0/24, :2001:0db8 or *, a tab, and allow or deny"));
            else if (AccessEntry.Parse(end < 0 ? "" : line.Text[end..].Trim(), out var problem) is not { } entry || end < 0)
                problems.Add(new LineProblem(line.Path, line.Number, line.Text, problem.Length > 0 ? problem : "allow or deny behind the network"));
            else
                rules.Add(new AccessRule(scope, entry));
        }

        return rules;
    }
}
