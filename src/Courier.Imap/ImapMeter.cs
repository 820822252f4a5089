using System.Diagnostics.Metrics;

namespace Courier.Imap;

/// <summary>Figures of the IMAP service, under the meter "Courier.Imap".</summary>
internal static class ImapMeter
{
    private static readonly Meter _meter = new("Courier.Imap");

    public static UpDownCounter<int> Sessions { get; } = _meter.CreateUpDownCounter<int>("courier.imap.sessions", "{session}", "Connections now");

    public static UpDownCounter<int> Idling { get; } = _meter.CreateUpDownCounter<int>("courier.imap.idling", "{session}", "Sessions in IDLE now");

    public static Counter<long> Logins { get; } = _meter.CreateCounter<long>("courier.imap.logins", "{login}", "Logins, by outcome");

    public static Counter<long> Commands { get; } = _meter.CreateCounter<long>("courier.imap.commands", "{command}", "Commands, by name");

    public static Counter<long> Bugs { get; } = _meter.CreateCounter<long>("courier.bugs", "{fault}", "Faults of ours that ended something");
}
