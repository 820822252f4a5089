using System.Diagnostics.Metrics;

namespace Courier.Smtp.Server;

/// <summary>What the operator sees of all sessions together.</summary>
internal static class Counters
{
    private static readonly Meter _meter = new("Courier.Smtp");

    public static readonly Counter<long> Sessions = _meter.CreateCounter<long>("courier.smtp.sessions", description: "Sessions begun");

    public static readonly UpDownCounter<long> OpenSessions = _meter.CreateUpDownCounter<long>("courier.smtp.sessions.open", description: "Sessions now");

    public static readonly Counter<long> Accepted = _meter.CreateCounter<long>("courier.smtp.messages.accepted", description: "Messages kept");

    public static readonly Counter<long> Refused = _meter.CreateCounter<long>("courier.smtp.messages.refused", description: "Messages refused after DATA, for good or for now");

    public static readonly Counter<long> AuthFailures = _meter.CreateCounter<long>("courier.smtp.auth.failures", description: "Logins that failed");
}
