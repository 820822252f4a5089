using System.CommandLine;
using System.Globalization;
using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.Hosting;
using Courier.Mta.Delivery.Remote;
using Courier.Queue;
using Courier.Queue.History;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.CommandLine;

/// <summary><c>courier queue hold|release|retry|reroute|cancel|remove</c> and the older words for them: <c>courier flush</c>, <c>cancelmsg</c>.</summary>
internal static class QueueChangeCommands
{
    private const string DefaultReason = "by the postmaster";

    internal static IEnumerable<Command> Create(CommonOptions common)
    {
        yield return Change(common, "hold", "Do not try these recipients until they are released.", "held", _ => new QueueChange.Hold());
        yield return Change(common, "release", "End a hold.", "released", _ => new QueueChange.Release());
        yield return Change(common, "retry", "Try waiting recipients now.", "due now", _ => new QueueChange.Retry());
        yield return Flush(common);
        yield return Reroute(common);
        yield return Cancel(common);
        yield return Remove(common);
    }

    /// <summary><c>courier flush [ID]</c>: as Courier's; without an id all.</summary>
    internal static Command Flush(CommonOptions common)
    {
        var selection = new QueueSelectionOptions();
        var flush = QueueCommands.WithSpool(common, "flush", "Try waiting recipients now: all, or those named.", async (parsed, settings, spool, ct) =>
            selection.Read(parsed, needsSome: false) is { } selections
                ? await RunAsync(parsed, settings, spool, selections, new QueueChange.Retry(), "due now", mustFind: selections[0].Id is not null, ct)
                : ExitCode.Usage);
        selection.AddTo(flush, offersAll: false);
        return flush;
    }

    /// <summary><c>cancelmsg ID [REASON]</c>.</summary>
    internal static Command CancelMessage(CommonOptions common)
    {
        var id = new Argument<string>("ID") { Description = "Queue id." };
        var reason = new Argument<string?>("REASON") { Description = "What the sender is told.", Arity = ArgumentArity.ZeroOrOne };
        var cancel = QueueCommands.WithSpool(common, "cancelmsg", "Cancel a message: its sender gets it back.", async (parsed, settings, spool, ct) =>
        {
            if (!QueueId.TryParse(parsed.GetRequiredValue(id), out var wanted))
                return await parsed.FailAsync(ExitCode.Usage, $"{parsed.GetRequiredValue(id)} is not a queue id");
            return await RunAsync(parsed, settings, spool, [QueueSelection.Of(wanted)], new QueueChange.Cancel(parsed.GetValue(reason) ?? DefaultReason), "cancelled", mustFind: true, ct);
        });
        cancel.Add(id);
        cancel.Add(reason);
        return cancel;
    }

    private static Command Change(CommonOptions common, string name, string description, string done, Func<ParseResult, QueueChange> changeOf)
    {
        var selection = new QueueSelectionOptions();
        var command = QueueCommands.WithSpool(common, name, description, async (parsed, settings, spool, ct) =>
            selection.Read(parsed, needsSome: true) is { } selections
                ? await RunAsync(parsed, settings, spool, selections, changeOf(parsed), done, mustFind: true, ct)
                : ExitCode.Usage);
        selection.AddTo(command, offersAll: true);
        return command;
    }

    private static Command Reroute(CommonOptions common)
    {
        var to = new Option<string?>("--to") { Description = "Next hop, host:port; without it the routes decide again.", HelpName = "HOST:PORT" };
        to.Validators.Add(result =>
        {
            if (result.GetValue(to) is { } text && !NextHop.TryParse(text, out _))
                result.AddError($"{text} is not a next hop: host or host:port");
        });
        var reroute = Change(common, "reroute", "Send these recipients to another next hop.", "rerouted", parsed => new QueueChange.Reroute(parsed.GetValue(to)));
        reroute.Add(to);
        return reroute;
    }

    private static Command Cancel(CommonOptions common)
    {
        var reason = new Option<string>("--reason") { Description = "What the sender is told.", DefaultValueFactory = _ => DefaultReason };
        var cancel = Change(common, "cancel", "End these recipients in failure: the sender gets the message back.", "cancelled", parsed => new QueueChange.Cancel(parsed.GetRequiredValue(reason)));
        cancel.Add(reason);
        return cancel;
    }

    private static Command Remove(CommonOptions common)
    {
        var id = new Argument<string>("ID") { Description = "Queue id, as in the log and in `queue list`." };
        var remove = QueueCommands.WithSpool(common, "remove", "Take a message out of the queue. Nobody is told.", async (parsed, settings, spool, ct) =>
        {
            if (!QueueId.TryParse(parsed.GetRequiredValue(id), out var wanted) || !await spool.RemoveAsync(wanted, ct))
                return await parsed.FailAsync(ExitCode.NoUser, $"no message {parsed.GetRequiredValue(id)} in the queue");
            using var history = OpenHistory(settings);
            history.Add(wanted, HistoryEvent.Removed, "", "by command; nobody is told");
            return ExitCode.Ok;
        });
        remove.Add(id);
        return remove;
    }

    private static async Task<int> RunAsync(
        ParseResult parsed, Settings settings, ISpool spool, IReadOnlyList<QueueSelection> selections, QueueChange change, string done, bool mustFind, CancellationToken ct)
    {
        using var history = OpenHistory(settings);
        var changed = 0;
        var failed = false;
        foreach (var selection in selections)
        {
            if (selection.Id is { } wanted && mustFind && await spool.FindAsync(wanted, ct) is null)
            {
                failed = true;
                await parsed.FailAsync(ExitCode.NoUser, $"no message {wanted} in the queue");
                continue;
            }

            changed += await spool.ChangeAsync(selection, change, ct);
            if (selection.Id is { } id)
                history.Add(id, HistoryEvent.Command, "", $"{done} by command{(change is QueueChange.Cancel cancel ? ": " + cancel.Reason : change is QueueChange.Reroute reroute ? $" to {reroute.NextHop ?? "the routes"}" : "")}");
        }

        await parsed.InvocationConfiguration.Output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{changed} recipients {(changed == 1 ? "is" : "are")} {done}."));
        return failed ? ExitCode.NoUser : ExitCode.Ok;
    }

    private static MessageHistory OpenHistory(Settings settings) =>
        new(Stores.HistoryDirectory(settings), settings.Defaults.Get(QueueKeys.HistorySize), TimeProvider.System, NullLogger.Instance);
}
