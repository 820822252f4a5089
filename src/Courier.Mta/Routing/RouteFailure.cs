namespace Courier.Mta.Routing;

/// <summary>Why there is no host to go to.</summary>
/// <param name="IsPermanent">The name says so itself; else it is a trouble of the name service, and mail waits (RFC 5321 §5.1).</param>
/// <param name="Status">Enhanced code (RFC 3463, RFC 7505 §4).</param>
/// <param name="Text">In words.</param>
public sealed record RouteFailure(bool IsPermanent, string Status, string Text);

/// <summary>One host that may take the mail.</summary>
/// <param name="Name">As the MX record or the operator names it.</param>
/// <param name="Port">TCP port.</param>
/// <param name="Preference">Lower is better (RFC 5321 §5.1).</param>
public sealed record MailHost(string Name, int Port, int Preference);

/// <summary>The hosts of a destination, best first; or why there are none.</summary>
/// <param name="Hosts">Those of one preference stand together, in random order.</param>
/// <param name="IsSecure">The list was validated by DNSSEC, or written by the operator.</param>
/// <param name="Failure">Set where there are none.</param>
public sealed record HostList(IReadOnlyList<MailHost> Hosts, bool IsSecure, RouteFailure? Failure = null);

/// <summary>The addresses of one host; or why there are none.</summary>
/// <param name="Addresses">In the order in which they are tried.</param>
/// <param name="IsSecure">They were validated by DNSSEC.</param>
/// <param name="CanonicalName">The end of the host's aliases.</param>
/// <param name="Failure">Set where there are none.</param>
public sealed record HostAddresses(IReadOnlyList<System.Net.IPAddress> Addresses, bool IsSecure, string CanonicalName, RouteFailure? Failure = null);
