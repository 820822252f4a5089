namespace Courier.Mail.Reports;

/// <summary>When the sender wants to hear of a recipient (RFC 3461 §4.1).</summary>
[Flags]
public enum NotifyOn
{
    /// <summary>Not said: failures, and delays of our choosing.</summary>
    Default = 0,
    Never = 1,
    Success = 2,
    Failure = 4,
    Delay = 8,
}
