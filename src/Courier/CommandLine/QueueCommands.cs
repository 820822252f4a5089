using System.CommandLine;
using System.Globalization;
using System.Text;
using Courier.Hosting;
using Courier.Queue;

namespace Courier.CommandLine;

/// <summary><c>courier queue list|show|flush|remove</c>: works beside the running server.</summary>
internal static class QueueCommands
{
    /// <summary>A listing for people; scripts that want all say so.</summary>
    private const int ListedByDefault = 1000;

    internal static Command Create(CommonOptions common)
    {
        var queue = new Command("queue", "Messages that wait.");
        queue.Add(List(common));
        queue.Add(Show(common));
        queue.Add(Flush(common));
        queue.Add(Remove(common));
        return queue;
    }

    private static Command List(CommonOptions common)
    {
        var most = new Option<int>("--most") { Description = "How many messages at most.", DefaultValueFactory = _ => ListedByDefault };
        var list = WithSpool(common, "list", "Print the queue, oldest first.", async (parsed, spool, ct) =>
        {
            var entries = await spool.ListAsync(parsed.GetValue(most), ct);
            await parsed.PrintAsync(common, [.. entries.Select(FormOf)], JsonForms.Default.IReadOnlyListQueueForm, Describe);
            if (entries.Count == 0 && !parsed.GetValue(common.Json))
                await parsed.InvocationConfiguration.Output.WriteLineAsync("The queue is empty.");
            return ExitCode.Ok;
        });
        list.Add(most);
        list.Add(common.Json);
        return list;
    }

    private static Command Show(CommonOptions common)
    {
        var id = Id();
        var withMessage = new Option<bool>("--message") { Description = "Print the message as well." };
        var show = WithSpool(common, "show", "Print one message's envelope and state.", async (parsed, spool, ct) =>
        {
            if (!QueueId.TryParse(parsed.GetRequiredValue(id), out var wanted) || await spool.FindAsync(wanted, ct) is not { } entry)
                return await parsed.FailAsync(ExitCode.NoUser, $"no message {parsed.GetRequiredValue(id)} in the queue");
            await parsed.PrintAsync(common, [FormOf(entry)], JsonForms.Default.IReadOnlyListQueueForm, Describe);
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

    private static Command Flush(CommonOptions common)
    {
        var id = new Argument<string?>("ID") { Description = "One message; without it all.", Arity = ArgumentArity.ZeroOrOne };
        var domain = new Option<string?>("--domain") { Description = "Only recipients of this domain." };
        var flush = WithSpool(common, "flush", "Try waiting recipients now.", async (parsed, spool, ct) =>
        {
            QueueId? only = null;
            if (parsed.GetValue(id) is { } text)
            {
                if (!QueueId.TryParse(text, out var wanted) || await spool.FindAsync(wanted, ct) is null)
                    return await parsed.FailAsync(ExitCode.NoUser, $"no message {text} in the queue");
                only = wanted;
            }

            var count = await spool.FlushAsync(only, parsed.GetValue(domain), ct);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{count} recipients are due now."));
            return ExitCode.Ok;
        });
        flush.Add(id);
        flush.Add(domain);
        return flush;
    }

    private static Command Remove(CommonOptions common)
    {
        var id = Id();
        var remove = WithSpool(common, "remove", "Take a message out of the queue. Nobody is told.", async (parsed, spool, ct) =>
            QueueId.TryParse(parsed.GetRequiredValue(id), out var wanted) && await spool.RemoveAsync(wanted, ct)
                ? ExitCode.Ok
                : await parsed.FailAsync(ExitCode.NoUser, $"no message {parsed.GetRequiredValue(id)} in the queue"));
        remove.Add(id);
        return remove;
    }

    private static Argument<string> Id() => new("ID") { Description = "Queue id, as in the log and in `queue list`." };

    private static Command WithSpool(CommonOptions common, string name, string description, Func<ParseResult, ISpool, CancellationToken, Task<int>> run) =>
        common.Configured(name, description, async (parsed, settings, ct) =>
        {
            await using var spool = Stores.OpenSpoolBesideServer(settings);
            return await run(parsed, spool, ct);
        });

    private static QueueForm FormOf(QueueEntry entry) => new(
        entry.Id.ToString(), entry.Envelope.Sender.ToString(), entry.Arrival, entry.Length, entry.Origin,
        [.. entry.Recipients.Select(r => new RecipientForm(r.Recipient.Address.ToString(), r.Attempts, r.NextAttempt, r.LastDiagnostic, r.StagedPath is not null))]);

    private static string Describe(QueueForm entry)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{entry.Id}  {entry.Arrival:yyyy-MM-dd HH:mm:ss}  {entry.Bytes,9} bytes  <{entry.Sender}>  from {entry.Origin}");
        foreach (var recipient in entry.Recipients)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n    <{recipient.Address}>  {recipient.Attempts} attempts, next {recipient.NextAttempt:yyyy-MM-dd HH:mm:ss}");
            if (recipient.LastDiagnostic is { } why)
                text.Append(": ").Append(why);
        }

        return text.ToString();
    }
}
