namespace Courier.Mail.Reports;

/// <summary>What an operator wants reports to say instead of our words; null leaves a part as it is. Lines with LF.</summary>
/// <remarks>In any of them <c>[#ME#]</c> is our name, <c>[#FROMTIME#]</c> the time at which the message came, <c>[#FROMMTA#]</c> where from.</remarks>
public sealed record ReportWords
{
    /// <summary>The whole From field, with its address; null is <c>MAILER-DAEMON</c> at our name.</summary>
    public string? From { get; init; }

    /// <summary>Of all reports but warnings.</summary>
    public string? SubjectNotice { get; init; }

    public string? SubjectDelayed { get; init; }

    public string? Header { get; init; }

    public string? Footer { get; init; }

    public string? Failed { get; init; }

    public string? Delayed { get; init; }

    public string? Delivered { get; init; }

    public string? Relayed { get; init; }
}
