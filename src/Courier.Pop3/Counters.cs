using System.Diagnostics.Metrics;

namespace Courier.Pop3;

/// <summary>What the operator sees of all sessions together.</summary>
internal static class Counters
{
    private static readonly Meter _meter = new("Courier.Pop3");

    internal static readonly Counter<long> Sessions = _meter.CreateCounter<long>("courier.pop3.sessions", "{session}", "POP3 sessions begun");

    internal static readonly UpDownCounter<long> OpenSessions = _meter.CreateUpDownCounter<long>("courier.pop3.sessions.open", "{session}", "POP3 sessions now");

    internal static readonly Counter<long> LoginFailures = _meter.CreateCounter<long>("courier.pop3.login.failures", "{login}", "POP3 logins that failed");

    internal static readonly Counter<long> Retrieved = _meter.CreateCounter<long>("courier.pop3.messages.retrieved", "{message}", "Messages retrieved by POP3");

    internal static readonly Counter<long> Octets = _meter.CreateCounter<long>("courier.pop3.retrieved", "By", "Octets of messages retrieved by POP3");

    internal static readonly Counter<long> Removed = _meter.CreateCounter<long>("courier.pop3.messages.removed", "{message}", "Messages removed by POP3");
}
