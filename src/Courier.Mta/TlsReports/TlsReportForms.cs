using System.Text.Json.Serialization;

namespace Courier.Mta.TlsReports;

/// <summary>A report in the form of RFC 8460 §4.4.</summary>
public sealed record TlsReportForm
{
    public required string OrganizationName { get; init; }

    public required DateRangeForm DateRange { get; init; }

    public required string ContactInfo { get; init; }

    public required string ReportId { get; init; }

    public required IReadOnlyList<PolicyResultForm> Policies { get; init; }
}

public sealed record DateRangeForm(string StartDatetime, string EndDatetime);

public sealed record PolicyResultForm(PolicyForm Policy, SummaryForm Summary, IReadOnlyList<FailureForm> FailureDetails);

public sealed record PolicyForm(string PolicyType, IReadOnlyList<string> PolicyString, string PolicyDomain, IReadOnlyList<string> MxHost);

public sealed record SummaryForm(long TotalSuccessfulSessionCount, long TotalFailureSessionCount);

public sealed record FailureForm(string ResultType, string ReceivingMxHostname, string? ReceivingIp, long FailedSessionCount);

/// <summary>What is kept of one day, as it lies on the disk.</summary>
public sealed record DayForm(string Day, IReadOnlyList<DomainForm> Domains);

public sealed record DomainForm(string Domain, IReadOnlyList<PolicyResultForm> Policies);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TlsReportForm))]
[JsonSerializable(typeof(DayForm))]
internal sealed partial class TlsReportJson : JsonSerializerContext;
