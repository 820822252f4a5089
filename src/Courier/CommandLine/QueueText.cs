using System.Globalization;
using System.Text;
using Courier.Queue;

namespace Courier.CommandLine;

/// <summary>Queued messages in words.</summary>
internal static class QueueText
{
    internal static QueueForm FormOf(QueueEntry entry) => new(
        entry.Id.ToString(), entry.Envelope.Sender.ToString(), entry.Arrival, entry.Length, entry.Origin,
        [.. entry.Recipients.Select(r => new RecipientForm(
            r.Recipient.Address.ToString(), r.Attempts, r.NextAttempt, r.LastDiagnostic, r.StagedPath is not null, r.NextAttempt == WaitsFor.Operator, r.NextHop, r.Cancelled))]);

    internal static string Describe(QueueForm entry)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{entry.Id}  {entry.Arrival:yyyy-MM-dd HH:mm:ss}  {entry.Bytes,9} bytes  <{entry.Sender}>  from {entry.Origin}");
        foreach (var recipient in entry.Recipients)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n    <{recipient.Address}>  {recipient.Attempts} attempts, {Next(recipient)}");
            if (recipient.NextHop is { } hop)
                text.Append(", to ").Append(hop);
            if (recipient.LastDiagnostic is { } why)
                text.Append(": ").Append(why);
        }

        return text.ToString();
    }

    internal static string Describe(TraceForm line) => string.Create(
        CultureInfo.InvariantCulture, $"{(line.Time is { } time ? time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : "now"),-19}  {line.Event,-9}  {(line.Address.Length > 0 ? $"<{line.Address}>  " : "")}{line.Text}");

    /// <summary>What a recipient waits for, in one sentence.</summary>
    internal static string Why(QueuedRecipient recipient)
    {
        var last = recipient.LastDiagnostic is { } diagnostic ? ". Last: " + diagnostic : "";
        var way = recipient.NextHop is { } hop ? $" It goes to {hop}, not by the routes." : "";
        var attempts = recipient.Attempts == 1 ? "1 attempt" : string.Create(CultureInfo.InvariantCulture, $"{recipient.Attempts} attempts");
        return recipient switch
        {
            { StagedPath: not null } => "Its copy is written and about to appear in the mailbox",
            { Cancelled: { } reason } => $"Cancelled ({reason}); the report is about to be written",
            { NextAttempt: var next } when next == WaitsFor.Operator => $"Held by an operator after {attempts}: `courier queue release` lets it go on{last}.{way}",
            { NextAttempt: var next } when next == WaitsFor.Route => $"No route leads there: a flush or a restart looks again{last}.{way}",
            { Attempts: 0 } => string.Create(CultureInfo.InvariantCulture, $"Not tried yet; due {recipient.NextAttempt:yyyy-MM-dd HH:mm:ss}.{way}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"Deferred after {attempts}; next {recipient.NextAttempt:yyyy-MM-dd HH:mm:ss}{last}.{way}"),
        };
    }

    private static string Next(RecipientForm recipient) => recipient switch
    {
        { Cancelled: { } reason } => "cancelled (" + reason + ")",
        { Held: true } => "held by an operator",
        { NextAttempt: var next } when next == WaitsFor.Route => "waits for a route",
        _ => string.Create(CultureInfo.InvariantCulture, $"next {recipient.NextAttempt:yyyy-MM-dd HH:mm:ss}"),
    };
}
