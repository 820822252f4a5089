using System.CommandLine;
using Courier.Queue;

namespace Courier.CommandLine;

/// <summary>Which messages a queue command means: ids, and what fits the options.</summary>
internal sealed class QueueSelectionOptions
{
    private readonly Argument<string[]> _ids = new("ID") { Description = "Queue ids, as in the log and in `queue list`.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _sender = new("--sender") { Description = "Messages of this sender; <> means reports.", HelpName = "ADDRESS" };
    private readonly Option<string?> _recipient = new("--recipient") { Description = "Only this recipient.", HelpName = "ADDRESS" };
    private readonly Option<string?> _domain = new("--domain") { Description = "Only recipients of this domain.", HelpName = "DOMAIN" };
    private readonly Option<bool> _all = new("--all") { Description = "Everything in the queue." };

    internal void AddTo(Command command, bool offersAll)
    {
        command.Add(_ids);
        command.Add(_sender);
        command.Add(_recipient);
        command.Add(_domain);
        if (offersAll)
            command.Add(_all);
    }

    /// <summary>One selection for each id, or one without; null after having said what is wrong.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="needsSome">Whether a command line that names nothing is an error: nobody cancels the whole queue by leaving out a word.</param>
    internal IReadOnlyList<QueueSelection>? Read(ParseResult parsed, bool needsSome)
    {
        var narrow = new QueueSelection
        {
            Sender = parsed.GetValue(_sender)?.Trim('<', '>'),
            Recipient = parsed.GetValue(_recipient)?.Trim('<', '>'),
            Domain = parsed.GetValue(_domain),
        };
        var ids = parsed.GetValue(_ids) ?? [];
        if (needsSome && ids.Length == 0 && narrow == QueueSelection.All && !parsed.GetValue(_all))
        {
            parsed.InvocationConfiguration.Error.WriteLine("courier: say which: queue ids, --sender, --recipient, --domain or --all");
            return null;
        }

        if (ids.Length == 0)
            return [narrow];
        var selections = new List<QueueSelection>();
        foreach (var text in ids)
        {
            if (!QueueId.TryParse(text, out var id))
            {
                parsed.InvocationConfiguration.Error.WriteLine($"courier: {text} is not a queue id");
                return null;
            }

            selections.Add(narrow with { Id = id });
        }

        return selections;
    }
}
