using System.Net;
using Courier.Net.Dns;

namespace Courier.Mta.Reception.Senders;

/// <summary>What the name service says of a peer's names.</summary>
internal enum NameAnswer
{
    Yes,
    No,
    Unknown,
}

/// <summary>Whether names lead to the address that a peer has: the name it says, and the names of its address.</summary>
internal sealed class PeerNames(IDnsResolver resolver)
{
    /// <summary>Hosts of one name, and names of one address, that are looked at.</summary>
    private const int NamesMax = 16;

    /// <summary>Whether what a peer calls itself is its address, or has it as an address of its own or of its mail exchangers.</summary>
    internal async ValueTask<NameAnswer> IsHeloOfAsync(string helo, IPAddress peer, CancellationToken ct)
    {
        if (AddressIn(helo) is { } literal)
            return literal.Equals(peer) ? NameAnswer.Yes : NameAnswer.No;
        var own = await LeadsToAsync(helo, peer, ct);
        if (own == NameAnswer.Yes)
            return own;
        var exchangers = await resolver.ResolveAsync(helo, DnsType.Mx, ct);
        var isUnknown = own == NameAnswer.Unknown || exchangers.Outcome == DnsOutcome.Failed;
        foreach (var host in exchangers.Records.OfType<MxRecord>().Select(record => record.Exchange).Where(host => host != ".").Take(NamesMax))
        {
            var answer = await LeadsToAsync(host, peer, ct);
            if (answer == NameAnswer.Yes)
                return answer;
            isUnknown |= answer == NameAnswer.Unknown;
        }

        return isUnknown ? NameAnswer.Unknown : NameAnswer.No;
    }

    /// <summary>Whether the peer's address has a name in one of the domains that leads back to it.</summary>
    internal async ValueTask<NameAnswer> IsHostOfAsync(IPAddress peer, IReadOnlyList<string> domains, CancellationToken ct)
    {
        var names = await resolver.ResolveAsync(DnsName.Reverse(peer), DnsType.Ptr, ct);
        var isUnknown = names.Outcome == DnsOutcome.Failed;
        foreach (var name in names.Records.OfType<NameRecord>().Select(record => record.Target).Where(name => domains.Any(domain => IsWithin(name, domain))).Take(NamesMax))
        {
            var answer = await LeadsToAsync(name, peer, ct);
            if (answer == NameAnswer.Yes)
                return answer;
            isUnknown |= answer == NameAnswer.Unknown;
        }

        return isUnknown ? NameAnswer.Unknown : NameAnswer.No;
    }

    private async ValueTask<NameAnswer> LeadsToAsync(string host, IPAddress peer, CancellationToken ct)
    {
        var type = peer.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? DnsType.Aaaa : DnsType.A;
        var answer = await resolver.ResolveAsync(host, type, ct);
        return answer.Outcome == DnsOutcome.Failed ? NameAnswer.Unknown
            : answer.Records.OfType<AddressRecord>().Any(record => record.Address.Equals(peer)) ? NameAnswer.Yes
            : NameAnswer.No;
    }

    private static bool IsWithin(string name, string domain) =>
        name.EndsWith(domain, StringComparison.OrdinalIgnoreCase) && (name.Length == domain.Length || name[^(domain.Length + 1)] == '.');

    /// <summary>RFC 5321 §4.1.3, and an address without brackets, as some say it.</summary>
    private static IPAddress? AddressIn(string helo)
    {
        var text = helo.StartsWith('[') && helo.EndsWith(']') ? helo[1..^1] : helo;
        text = text.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase) ? text["IPv6:".Length..] : text;
        return IPAddress.TryParse(text, out var address) && (address.ToString().Contains(':', StringComparison.Ordinal) || text.Count(static c => c == '.') == 3) ? address : null;
    }
}
