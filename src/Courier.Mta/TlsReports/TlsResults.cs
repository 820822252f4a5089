using System.Globalization;
using System.Net;
using System.Text.Json;
using Courier.IO.Files;
using Courier.Mta.Delivery.Remote;

namespace Courier.Mta.TlsReports;

/// <summary>Counts how TLS with the hosts of each domain went (RFC 8460 §4), by UTC days; kept in files over a restart.</summary>
public sealed class TlsResults : ITlsObserver
{
    private sealed class Counts(PolicyForm policy)
    {
        public PolicyForm Policy { get; } = policy;

        public long Successes { get; set; }

        public long Failures { get; set; }

        public Dictionary<(string Kind, string Host, string? Address), long> Details { get; } = [];
    }

    private readonly string _directory;
    private readonly TlsReportLimits _limits;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private Dictionary<string, Dictionary<string, Counts>> _domains;
    private string _day;

    public TlsResults(string directory, TlsReportLimits limits, TimeProvider clock)
    {
        (_directory, _limits, _clock) = (directory, limits, clock);
        _day = Today();
        _domains = Load(_day);
    }

    public void Succeeded(NextHop hop, DestinationPolicy policy, TlsDemand demand, string host)
    {
        if (!IsCounted(hop))
            return;
        lock (_gate)
        {
            if (Find(hop, policy, demand, host) is { } counts)
                counts.Successes++;
        }
    }

    public void Failed(NextHop hop, DestinationPolicy policy, TlsDemand demand, string host, IPAddress? remote, string kind)
    {
        if (!IsCounted(hop))
            return;
        lock (_gate)
        {
            if (Find(hop, policy, demand, host) is not { } counts)
                return;
            counts.Failures++;
            var key = (kind, host, remote?.ToString());
            if (counts.Details.Count < _limits.Details || counts.Details.ContainsKey(key))
                counts.Details[key] = counts.Details.GetValueOrDefault(key) + 1;
        }
    }

    /// <summary>Writes what was counted today to the disk.</summary>
    public void Save()
    {
        lock (_gate)
        {
            Turn();
            Store();
        }
    }

    /// <summary>The days before today that have not been reported.</summary>
    public IReadOnlyList<DayForm> Past()
    {
        Save();
        if (!Directory.Exists(_directory))
            return [];
        var today = Today();
        return [.. Directory.GetFiles(_directory, "*.json").Select(Read).OfType<DayForm>().Where(day => string.CompareOrdinal(day.Day, today) < 0).OrderBy(day => day.Day, StringComparer.Ordinal)];
    }

    public void Forget(string day) => File.Delete(FileOf(day));

    // The operator's own hops are nobody's policy.
    private static bool IsCounted(NextHop hop) => hop is { UsesMx: true, IsConfigured: false };

    private Counts? Find(NextHop hop, DestinationPolicy policy, TlsDemand demand, string host)
    {
        Turn();
        if (!_domains.TryGetValue(hop.Host, out var policies))
        {
            if (_domains.Count >= _limits.Domains)
                return null;
            _domains[hop.Host] = policies = new(StringComparer.Ordinal);
        }

        IReadOnlyList<string> text = demand.Source switch
        {
            "tlsa" => demand.Tlsa,
            "sts" => policy.Sts?.Text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
            _ => [],
        };
        // RFC 8460 §4.2: what DANE says is of the host, the others are of the domain.
        var form = new PolicyForm(demand.Source == "configured" ? "no-policy-found" : demand.Source, text, hop.Host, demand.Source == "sts" ? policy.Sts?.Hosts ?? [] : demand.Source == "tlsa" ? [host] : []);
        var key = $"{form.PolicyType}\n{string.Join('\n', form.MxHost)}\n{string.Join('\n', form.PolicyString)}";
        if (!policies.TryGetValue(key, out var counts))
        {
            if (policies.Count >= _limits.Details)
                return null;
            policies[key] = counts = new Counts(form);
        }

        return counts;
    }

    /// <summary>At midnight UTC the day is closed.</summary>
    private void Turn()
    {
        var today = Today();
        if (today == _day)
            return;
        Store();
        _day = today;
        _domains = new(StringComparer.Ordinal);
    }

    private void Store()
    {
        if (_domains.Count == 0)
            return;
        Directory.CreateDirectory(_directory);
        var day = new DayForm(_day, [.. _domains.Select(domain => new DomainForm(domain.Key, [.. domain.Value.Values.Select(Form)]))]);
        DurableFile.Replace(FileOf(_day), JsonSerializer.SerializeToUtf8Bytes(day, TlsReportJson.Default.DayForm));
    }

    private static PolicyResultForm Form(Counts counts) => new(
        counts.Policy, new SummaryForm(counts.Successes, counts.Failures),
        [.. counts.Details.Select(detail => new FailureForm(detail.Key.Kind, detail.Key.Host, detail.Key.Address, detail.Value))]);

    private Dictionary<string, Dictionary<string, Counts>> Load(string day)
    {
        var domains = new Dictionary<string, Dictionary<string, Counts>>(StringComparer.Ordinal);
        foreach (var domain in Read(FileOf(day))?.Domains ?? [])
        {
            var policies = domains[domain.Domain] = new(StringComparer.Ordinal);
            foreach (var result in domain.Policies)
            {
                var counts = new Counts(result.Policy) { Successes = result.Summary.TotalSuccessfulSessionCount, Failures = result.Summary.TotalFailureSessionCount };
                foreach (var detail in result.FailureDetails)
                    counts.Details[(detail.ResultType, detail.ReceivingMxHostname, detail.ReceivingIp)] = detail.FailedSessionCount;
                policies[$"{result.Policy.PolicyType}\n{string.Join('\n', result.Policy.MxHost)}\n{string.Join('\n', result.Policy.PolicyString)}"] = counts;
            }
        }

        return domains;
    }

    private static DayForm? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), TlsReportJson.Default.DayForm) : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            // Statistics: what cannot be read is done without.
            return null;
        }
    }

    private string FileOf(string day) => Path.Combine(_directory, day + ".json");

    private string Today() => _clock.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
