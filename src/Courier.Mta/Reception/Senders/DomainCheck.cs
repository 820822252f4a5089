using System.Net;
using Courier.Net.Dns;
using Courier.Smtp.Replies;

namespace Courier.Mta.Reception.Senders;

/// <summary>Whether mail could be answered to a sender's domain, and by whose servers. What the name service cannot say now is a temporary refusal.</summary>
internal sealed class DomainCheck(IDnsResolver resolver, IReadOnlyList<IPNetwork> refusedExchangers)
{
    /// <summary>Exchangers whose addresses are looked at; as many as delivery would try.</summary>
    private const int ExchangersMax = 16;

    /// <returns>Null where nothing speaks against it.</returns>
    internal async ValueTask<SmtpReply?> CheckAsync(string domain, bool mustExist, CancellationToken ct)
    {
        // RFC 5321 §4.1.3: an address literal is its own answer.
        if (domain.StartsWith('['))
            return null;
        var answer = await resolver.ResolveAsync(domain, DnsType.Mx, ct);
        var exchangers = answer.Records.OfType<MxRecord>().Select(record => record.Exchange).Where(IsHost).Take(ExchangersMax).ToList();
        if (mustExist && await WithoutMailAsync(domain, answer, exchangers.Count > 0, ct) is { } refusal)
            return refusal;
        foreach (var host in exchangers.DefaultIfEmpty(domain))
        {
            if (refusedExchangers.Count > 0 && (await AddressesAsync(host, ct)).Exists(IsRefused))
                return SenderReplies.RefusedExchanger;
        }

        return null;
    }

    private async ValueTask<SmtpReply?> WithoutMailAsync(string domain, DnsAnswer exchangers, bool hasHost, CancellationToken ct) => exchangers.Outcome switch
    {
        DnsOutcome.Found when hasHost => null,
        DnsOutcome.Found when exchangers.Records.OfType<MxRecord>().All(static record => record.Exchange == ".") => SenderReplies.NullExchanger,
        DnsOutcome.Found or DnsOutcome.NoSuchName => SenderReplies.UnknownDomain,
        // RFC 5321 §5.1: the domain's own address is its implicit exchanger.
        DnsOutcome.NoData => await WithoutAddressAsync(domain, ct),
        _ => SenderReplies.DomainTrouble,
    };

    private async ValueTask<SmtpReply?> WithoutAddressAsync(string domain, CancellationToken ct)
    {
        var (four, six) = (await resolver.ResolveAsync(domain, DnsType.A, ct), await resolver.ResolveAsync(domain, DnsType.Aaaa, ct));
        if (four.IsFound || six.IsFound)
            return null;
        return four.Outcome == DnsOutcome.Failed || six.Outcome == DnsOutcome.Failed ? SenderReplies.DomainTrouble : SenderReplies.UnknownDomain;
    }

    private async ValueTask<List<IPAddress>> AddressesAsync(string host, CancellationToken ct)
    {
        var (four, six) = (await resolver.ResolveAsync(host, DnsType.A, ct), await resolver.ResolveAsync(host, DnsType.Aaaa, ct));
        return [.. four.Records.Concat(six.Records).OfType<AddressRecord>().Select(record => record.Address)];
    }

    private bool IsRefused(IPAddress address) => refusedExchangers.Any(network => network.Contains(address));

    /// <summary>RFC 7505 §3, RFC 5321 §5.1: neither “.” nor an address is a host.</summary>
    private static bool IsHost(string exchange) => exchange != "." && !IPAddress.TryParse(exchange, out _);
}
