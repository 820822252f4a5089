namespace Courier.Queue;

/// <summary>How envelopes and times stand in the columns of a database; the same in every driver.</summary>
internal static class SpoolColumns
{
    private const int ReturnFullFlag = 1;
    private const int Is8BitFlag = 2;
    private const int ReturnHeadersFlag = 4;
    private const int IsUtf8Flag = 8;
    private const int RequireTlsFlag = 16;
    private const int SecureOnlyFlag = 32;
    private const int IsReturnedFlag = 64;
    private const int IsTracedFlag = 128;

    /// <summary>There is a row in <c>terms</c>.</summary>
    internal const int HasTermsFlag = 256;

    private const int IsReportFlag = 512;
    private const int IsVerpFlag = 1024;
    private const int TlsIsOptionalFlag = 2048;
    private const int SourceShift = 12;
    private const int SourceMask = 3;

    // Five bits, with their sign.
    private const int PriorityShift = 16;
    private const int PriorityBits = 5;

    /// <summary>Waits until a flush or a restart; no retry time ever lies so far ahead.</summary>
    internal const long Held = long.MaxValue;

    /// <summary>Waits until an operator releases it.</summary>
    internal const long HeldByOperator = long.MaxValue - 1;

    internal static long ToColumn(DateTimeOffset time) => time == WaitsFor.Route ? Held
        : time == WaitsFor.Operator ? HeldByOperator
        : time.ToUnixTimeMilliseconds();

    internal static DateTimeOffset FromColumn(long value) => value switch
    {
        Held => WaitsFor.Route,
        HeldByOperator => WaitsFor.Operator,
        _ => DateTimeOffset.FromUnixTimeMilliseconds(value),
    };

    internal static int FlagsOf(Envelope envelope) =>
        (envelope.ReturnFull ? ReturnFullFlag : 0) | (envelope.Is8Bit ? Is8BitFlag : 0) | (envelope.ReturnHeaders ? ReturnHeadersFlag : 0)
        | (envelope.IsUtf8 ? IsUtf8Flag : 0) | (envelope.RequireTls ? RequireTlsFlag : 0) | (envelope.SecureOnly ? SecureOnlyFlag : 0)
        | (envelope.DeliverBy is { IsReturned: true } ? IsReturnedFlag : 0) | (envelope.DeliverBy is { IsTraced: true } ? IsTracedFlag : 0)
        | (envelope.IsVerp ? IsVerpFlag : 0) | (envelope.TlsIsOptional ? TlsIsOptionalFlag : 0)
        | (envelope.IsReport ? IsReportFlag : 0) | ((int)envelope.Source << SourceShift)
        | (HasTerms(envelope) ? HasTermsFlag : 0) | ((envelope.Priority & ((1 << PriorityBits) - 1)) << PriorityShift);

    internal static Envelope WithFlags(Envelope envelope, int flags) =>
        envelope with
        {
            ReturnFull = (flags & ReturnFullFlag) != 0,
            Is8Bit = (flags & Is8BitFlag) != 0,
            ReturnHeaders = (flags & ReturnHeadersFlag) != 0,
            IsUtf8 = (flags & IsUtf8Flag) != 0,
            RequireTls = (flags & RequireTlsFlag) != 0,
            SecureOnly = (flags & SecureOnlyFlag) != 0,
            Priority = flags << (32 - PriorityShift - PriorityBits) >> (32 - PriorityBits),
            IsReport = (flags & IsReportFlag) != 0,
            IsVerp = (flags & IsVerpFlag) != 0,
            TlsIsOptional = (flags & TlsIsOptionalFlag) != 0,
            Source = (MessageSource)((flags >> SourceShift) & SourceMask),
        };

    internal static bool HasTerms(Envelope envelope) => envelope.HoldUntil is not null || envelope.DeliverBy is not null;

    internal static Envelope WithTerms(Envelope envelope, int flags, long? release, long? deliverBy) => envelope with
    {
        HoldUntil = release is { } until ? FromColumn(until) : null,
        DeliverBy = deliverBy is { } by ? new DeliverBy(FromColumn(by), (flags & IsReturnedFlag) != 0, (flags & IsTracedFlag) != 0) : null,
    };

    /// <summary>When a submission is first due.</summary>
    internal static long DueOf(Submission submission, long arrival) =>
        Math.Max(arrival + (long)submission.Delay.TotalMilliseconds, submission.Envelope.HoldUntil?.ToUnixTimeMilliseconds() ?? 0);
}
