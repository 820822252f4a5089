using System.CommandLine;
using Courier.Configuration;
using Courier.Hosting;
using Courier.Queue;
using Courier.Queue.History;

namespace Courier.CommandLine;

/// <summary><c>courier queue …</c>: reads the queue beside the running server, or without one.</summary>
internal static class QueueCommands
{
    /// <summary>A listing for people; scripts that want all say so.</summary>
    private const int ListedByDefault = 1000;

    internal static Command Create(CommonOptions common)
    {
        var queue = new Command("queue", "Messages that wait.");
        queue.Add(List(common));
        queue.Add(Show(common));
        queue.Add(Why(common));
        foreach (var change in QueueChangeCommands.Create(common))
            queue.Add(change);
        queue.Add(QueueTransferCommands.Export(common));
        queue.Add(QueueTransferCommands.Import(common));
        return queue;
    }

    /// <summary><c>courier trace ID</c>: the life of one message, also after it has left.</summary>
    internal static Command Trace(CommonOptions common)
    {
        var id = new Argument<string>("ID") { Description = "Queue id, as in the log." };
        var trace = WithSpool(common, "trace", "Print the life of one message.", async (parsed, settings, spool, ct) =>
        {
            if (!QueueId.TryParse(parsed.GetRequiredValue(id), out var wanted))
                return await parsed.FailAsync(ExitCode.Usage, $"{parsed.GetRequiredValue(id)} is not a queue id");
            var lines = MessageHistory.Read(Stores.HistoryDirectory(settings), wanted)
                .Select(line => new TraceForm(line.Time, line.Event.ToString(), line.Address, line.Text)).ToList();
            if (await spool.FindAsync(wanted, ct) is { } entry)
                lines.AddRange(entry.Recipients.Select(recipient => new TraceForm(null, "Waiting", recipient.Recipient.Address.ToString(), QueueText.Why(recipient))));
            if (lines.Count == 0)
                return await parsed.FailAsync(ExitCode.NoUser, $"nothing is known of {wanted}: it never was, or left too long ago");
            await parsed.PrintAsync(common, lines, JsonForms.Default.IReadOnlyListTraceForm, QueueText.Describe);
            return ExitCode.Ok;
        });
        trace.Add(id);
        trace.Add(common.Json);
        return trace;
    }

    private static Command List(CommonOptions common)
    {
        var most = new Option<int>("--most") { Description = "How many messages at most.", DefaultValueFactory = _ => ListedByDefault };
        var mailq = new Option<bool>("--mailq") { Description = "Print as mailq does." };
        var selection = new QueueSelectionOptions();
        var list = WithSpool(common, "list", "Print the queue, oldest first.", async (parsed, _, spool, ct) =>
        {
            if (selection.Read(parsed, needsSome: false) is not { } selections)
                return ExitCode.Usage;
            var entries = await FindAsync(spool, selections, parsed.GetValue(most), ct);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(mailq))
            {
                await output.WriteAsync(MailqText.Table(entries));
                return ExitCode.Ok;
            }

            await parsed.PrintAsync(common, [.. entries.Select(QueueText.FormOf)], JsonForms.Default.IReadOnlyListQueueForm, QueueText.Describe);
            if (entries.Count == 0 && !parsed.GetValue(common.Json))
                await output.WriteLineAsync(selections[0] == QueueSelection.All ? "The queue is empty." : "No message fits.");
            return ExitCode.Ok;
        });
        selection.AddTo(list, offersAll: false);
        list.Add(most);
        list.Add(mailq);
        list.Add(common.Json);
        return list;
    }

    private static Command Show(CommonOptions common)
    {
        var id = new Argument<string>("ID") { Description = "Queue id, as in the log and in `queue list`." };
        var withMessage = new Option<bool>("--message") { Description = "Print the message as well." };
        var show = WithSpool(common, "show", "Print one message's envelope and state.", async (parsed, _, spool, ct) =>
        {
            if (!QueueId.TryParse(parsed.GetRequiredValue(id), out var wanted) || await spool.FindAsync(wanted, ct) is not { } entry)
                return await parsed.FailAsync(ExitCode.NoUser, $"no message {parsed.GetRequiredValue(id)} in the queue");
            await parsed.PrintAsync(common, [QueueText.FormOf(entry)], JsonForms.Default.IReadOnlyListQueueForm, QueueText.Describe);
            if (parsed.GetValue(withMessage) && await spool.OpenAsync(wanted, ct) is { } content)
            {
                await using var body = content.Body.OpenRead();
                await using var output = Console.OpenStandardOutput();
                await output.WriteAsync(content.Trace, ct);
                await body.CopyToAsync(output, ct);
            }

            return ExitCode.Ok;
        });
        show.Add(id);
        show.Add(withMessage);
        show.Add(common.Json);
        return show;
    }

    private static Command Why(CommonOptions common)
    {
        var selection = new QueueSelectionOptions();
        var why = WithSpool(common, "why", "Say in a sentence what each recipient waits for.", async (parsed, _, spool, ct) =>
        {
            if (selection.Read(parsed, needsSome: false) is not { } selections)
                return ExitCode.Usage;
            var entries = await FindAsync(spool, selections, ListedByDefault, ct);
            if (entries.Count == 0)
                return await parsed.FailAsync(ExitCode.NoUser, "no message in the queue fits");
            var lines = entries.SelectMany(entry => entry.Recipients.Select(one => new TraceForm(null, entry.Id.ToString(), one.Recipient.Address.ToString(), QueueText.Why(one))));
            await parsed.PrintAsync(common, [.. lines], JsonForms.Default.IReadOnlyListTraceForm, line => $"{line.Event}  <{line.Address}>  {line.Text}");
            return ExitCode.Ok;
        });
        selection.AddTo(why, offersAll: false);
        why.Add(common.Json);
        return why;
    }

    internal static async Task<IReadOnlyList<QueueEntry>> FindAsync(ISpool spool, IReadOnlyList<QueueSelection> selections, int most, CancellationToken ct)
    {
        var found = new List<QueueEntry>();
        foreach (var selection in selections)
            found.AddRange(await spool.ListAsync(selection, most - found.Count, ct));
        return found;
    }

    internal static Command WithSpool(CommonOptions common, string name, string description, Func<ParseResult, Settings, ISpool, CancellationToken, Task<int>> run) =>
        common.Configured(name, description, async (parsed, settings, ct) =>
        {
            await using var spool = await Stores.OpenSpoolBesideServerAsync(settings);
            return await run(parsed, settings, spool, ct);
        });
}
