using Courier.Mailboxes.Names;

namespace Courier.Mailboxes.Upkeep;

public enum FindingKind
{
    /// <summary>Worth knowing; nothing is wrong.</summary>
    Notice,

    /// <summary>Something is wrong; a repair mends it, or says in the text why it cannot.</summary>
    Damage,
}

/// <summary>What a check of a mailbox found.</summary>
/// <param name="Mailbox">Where.</param>
/// <param name="File">The file or directory, below the Maildir or its folder.</param>
/// <param name="Kind">Whether something is wrong.</param>
/// <param name="Text">What, in a sentence.</param>
/// <param name="Repaired">The repair has mended it.</param>
public sealed record Finding(MailboxName Mailbox, string File, FindingKind Kind, string Text, bool Repaired);

/// <summary>Gathers the findings of one mailbox and mends where that was asked for.</summary>
internal sealed class Findings(MailboxName mailbox, bool repairs)
{
    private readonly List<Finding> _all = [];

    internal IReadOnlyList<Finding> All => _all;

    internal void Notice(string file, string text) => _all.Add(new Finding(mailbox, file, FindingKind.Notice, text, false));

    /// <summary>Runs the repair when there is to be one.</summary>
    internal void Damage(string file, string text, Action? repair)
    {
        if (repairs)
            repair?.Invoke();
        _all.Add(new Finding(mailbox, file, FindingKind.Damage, text, repairs && repair is not null));
    }
}
