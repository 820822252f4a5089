using System.Net;

namespace Courier.Net;

/// <summary>From where a password may be sent without TLS.</summary>
public enum CleartextLogins
{
    Never,

    /// <summary>Peers on this host.</summary>
    Loopback,

    Always,
}

/// <summary>The rule that the setting stands for.</summary>
public static class CleartextLoginRule
{
    public static bool Allows(this CleartextLogins rule, IPAddress peer) => rule switch
    {
        CleartextLogins.Always => true,
        CleartextLogins.Loopback => IPAddress.IsLoopback(peer),
        _ => false,
    };
}
