using System.Globalization;
using System.Text;
using Courier.Queue;

namespace Courier.CommandLine;

/// <summary>The queue as <c>mailq</c> prints it: a table for people, and lines for programs (<c>-batch</c>), in the columns that Courier's
/// has: size, queue id, date, user, sender, then recipients.</summary>
internal static class MailqText
{
    internal static string Table(IReadOnlyList<QueueEntry> entries)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{"Size",8}  {"Queue ID",-16}  {"Date",-16}  {"User",-24}  From / To\n");
        foreach (var entry in entries)
        {
            text.Append(CultureInfo.InvariantCulture, $"{entry.Length,8}  {entry.Id,-16}  {entry.Arrival:dd MMM yyyy HH:mm}  {entry.Origin,-24}  <{entry.Envelope.Sender}>\n");
            foreach (var recipient in entry.Recipients)
                text.Append(CultureInfo.InvariantCulture, $"{"",8}  {"",-16}  {"",-17}  {"",-24} {Mark(recipient)}{recipient.Recipient.Address}{Why(recipient)}\n");
        }

        return text.Append(entries.Count == 0 ? "Mail queue is empty\n" : string.Create(CultureInfo.InvariantCulture, $"{entries.Count} messages.\n")).ToString();
    }

    /// <summary><c>size;id;seconds;user;sender;status;recipient;…</c>, without the last semicolon; the status of what waits is empty, of the others <c>done</c>.</summary>
    internal static string Batch(IReadOnlyList<QueueEntry> entries)
    {
        var text = new StringBuilder();
        foreach (var entry in entries)
        {
            text.Append(CultureInfo.InvariantCulture, $"{entry.Length};{entry.Id};{entry.Arrival.ToUnixTimeSeconds()};{Clean(entry.Origin)};{Clean(entry.Envelope.Sender.ToString())}");
            for (var number = 0; number < entry.Envelope.Recipients.Count; number++)
            {
                var status = entry.Recipients.Any(one => one.Number == number) ? "" : "done";
                text.Append(';').Append(status).Append(';').Append(Clean(entry.Envelope.Recipients[number].Address.ToString()));
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Mark(QueuedRecipient recipient) => recipient.NextAttempt == WaitsFor.Operator ? "!" : " ";

    private static string Why(QueuedRecipient recipient) => recipient.LastDiagnostic is { } why ? $"  ({why})" : "";

    /// <summary>A quoted local part may hold what separates the fields.</summary>
    private static string Clean(string field) => field.Replace(';', ',').Replace('\n', ' ');
}
