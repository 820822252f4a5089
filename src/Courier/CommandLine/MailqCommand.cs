using System.CommandLine;
using Courier.Queue;

namespace Courier.CommandLine;

/// <summary><c>mailq [-sort] [-batch]</c>.</summary>
internal static class MailqCommand
{
    internal static Command Create(CommonOptions common)
    {
        var sort = new Option<bool>("-sort", "--sort") { Description = "Newest first." };
        var batch = new Option<bool>("-batch", "--batch") { Description = "One line with semicolons for each message." };
        var mailq = QueueCommands.WithSpool(common, "mailq", "Print the queue as mailq does.", async (parsed, _, spool, ct) =>
        {
            var entries = await spool.ListAsync(QueueSelection.All, int.MaxValue, ct);
            if (parsed.GetValue(sort))
                entries = [.. entries.Reverse()];
            await parsed.InvocationConfiguration.Output.WriteAsync(parsed.GetValue(batch) ? MailqText.Batch(entries) : MailqText.Table(entries));
            return ExitCode.Ok;
        });
        mailq.Add(sort);
        mailq.Add(batch);
        return mailq;
    }
}
