namespace Courier.Mail.Reports;

/// <summary>RET: what a report of failure carries of the message (RFC 3461 §4.3).</summary>
public enum ReturnContent
{
    /// <summary>Not said: whoever reports chooses.</summary>
    Unsaid,
    Full,
    Headers,
}
