using System.Net;
using Courier.Net;
using Courier.Smtp.Server;

namespace Courier.Mta.Reception.Rates;

/// <summary>How much mail may come from one account and from one peer. Null: any.</summary>
public sealed record RateSettings
{
    /// <summary>Messages of one account.</summary>
    public Rate? AccountMessages { get; init; }

    /// <summary>Recipients of one account.</summary>
    public Rate? AccountRecipients { get; init; }

    /// <summary>Messages of one address; an IPv6 /64 counts as one.</summary>
    public Rate? PeerMessages { get; init; }

    /// <summary>Recipients of one address.</summary>
    public Rate? PeerRecipients { get; init; }
}

/// <summary>The meters of all listeners: those with the same limit share them, so that a user who turns to another port has no more.</summary>
public sealed class RateMeters(TimeProvider clock)
{
    /// <summary>Accounts or peers that one meter remembers.</summary>
    /// <remarks>Under 10 MB each; a hundred thousand busy peers are more than any one host serves.</remarks>
    public const int EntriesMax = 100_000;

    private readonly Dictionary<(string What, Rate Rate), object> _meters = [];

    /// <param name="what">What is counted.</param>
    /// <param name="rate">Null gives none.</param>
    internal RateMeter<TKey>? Get<TKey>(string what, Rate? rate)
        where TKey : notnull
    {
        if (rate is null)
            return null;
        lock (_meters)
        {
            if (!_meters.TryGetValue((what, rate), out var meter))
                _meters[(what, rate)] = meter = new RateMeter<TKey>(rate, EntriesMax, clock);
            return (RateMeter<TKey>)meter;
        }
    }
}

/// <summary>Whether one more message or recipient may come now.</summary>
public sealed class RatePolicy(RateSettings settings, RateMeters meters)
{
    private const int HostBitsV4 = 32;
    private const int HostBitsV6 = 64;

    private readonly RateMeter<string>? _accountMessages = meters.Get<string>("account messages", settings.AccountMessages);
    private readonly RateMeter<string>? _accountRecipients = meters.Get<string>("account recipients", settings.AccountRecipients);
    private readonly RateMeter<UInt128>? _peerMessages = meters.Get<UInt128>("peer messages", settings.PeerMessages);
    private readonly RateMeter<UInt128>? _peerRecipients = meters.Get<UInt128>("peer recipients", settings.PeerRecipients);

    /// <summary>Any amount.</summary>
    public static RatePolicy Unlimited { get; } = new(new RateSettings(), new RateMeters(TimeProvider.System));

    /// <summary>Takes a message.</summary>
    /// <param name="peer">Who sends it.</param>
    /// <param name="isTrusted">By its address: such peers have no limit of their own.</param>
    public bool TakesMessage(SmtpPeer peer, bool isTrusted) => Takes(_accountMessages, peer.User) && (isTrusted || Takes(_peerMessages, peer.Connection.Remote.Address));

    /// <summary>Takes a recipient.</summary>
    /// <param name="peer">Who sends to it.</param>
    /// <param name="isTrusted">By its address.</param>
    public bool TakesRecipient(SmtpPeer peer, bool isTrusted) => Takes(_accountRecipients, peer.User) && (isTrusted || Takes(_peerRecipients, peer.Connection.Remote.Address));

    private static bool Takes(RateMeter<string>? meter, string? account) => meter is null || account is null || meter.TryTake(account);

    private static bool Takes(RateMeter<UInt128>? meter, IPAddress address) => meter is null || meter.TryTake(AddressBits.Network(address, HostBitsV4, HostBitsV6));
}
