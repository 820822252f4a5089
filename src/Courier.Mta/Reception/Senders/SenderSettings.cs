using System.Net;
using Courier.Net.Dns;

namespace Courier.Mta.Reception.Senders;

/// <summary>What becomes of a peer whose name in EHLO does not lead to its address.</summary>
public enum HeloCheck
{
    Off,

    /// <summary>It is asked to come later: a message is late while the operator looks.</summary>
    Temporary,

    Permanent,
}

/// <summary>Where who logged in may use none but addresses of his own.</summary>
public enum OwnAddresses
{
    Off,

    /// <summary>As return path.</summary>
    Envelope,

    /// <summary>As return path, and in From and Sender.</summary>
    Header,
}

/// <summary>Whose mail is refused for the name it comes under. Immutable.</summary>
public sealed record SenderSettings
{
    /// <summary>Return paths that are refused (badfrom of Courier's bofh).</summary>
    public AddressPatterns Refused { get; init; } = AddressPatterns.None;

    /// <summary>A return path whose mail exchangers lie in one of these is refused (badmx).</summary>
    public IReadOnlyList<IPNetwork> RefusedExchangers { get; init; } = [];

    /// <summary>Domains whose mail comes from hosts of their own only: below the domain, or below one of those named for it (freemail).</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> FreeMail { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>A message for one of these is refused for all its recipients (spamtrap).</summary>
    public AddressPatterns SpamTraps { get; init; } = AddressPatterns.None;

    /// <summary>The domain of a return path must be one that mail can be sent to (BOFHCHECKDNS).</summary>
    public bool ChecksDomain { get; init; }

    /// <summary>BOFHCHECKHELO.</summary>
    public HeloCheck Helo { get; init; }

    public OwnAddresses OwnOnly { get; init; }

    /// <summary>By account, in lower case: what it may use beside the addresses that lead to it.</summary>
    public IReadOnlyDictionary<string, AddressPatterns> MayUse { get; init; } = new Dictionary<string, AddressPatterns>();

    /// <summary>Asked about domains and hosts. Without it nothing is looked up, and no check that needs it is made.</summary>
    public IDnsResolver? Resolver { get; init; }
}
