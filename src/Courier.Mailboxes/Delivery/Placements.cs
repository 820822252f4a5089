using System.Collections.Concurrent;
using Courier.Mailboxes.Index;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Delivery;

/// <summary>The journals of one mailbox: those that this process works on, and those that a crash has left.</summary>
internal sealed class Placements(MailboxState state)
{
    private readonly ConcurrentDictionary<string, bool> _own = new(StringComparer.Ordinal);

    /// <summary>Under gate and lock. These messages appear together.</summary>
    internal PlacementJournal Enter(IReadOnlyList<(string InTmp, string InCur)> names)
    {
        var path = $"{state.Folder.Placing}/{names[0].InTmp}";
        _own[path] = true;
        try
        {
            return PlacementJournal.Write(state.Folder, names);
        }
        catch
        {
            _own.TryRemove(path, out _);
            throw;
        }
    }

    /// <summary>Done with, one way or the other: if its file is still there, the next who takes the lock goes on with it.</summary>
    internal void Leave(PlacementJournal? journal)
    {
        if (journal is not null)
            _own.TryRemove(journal.Path.EndsWith(".undo", StringComparison.Ordinal) ? journal.Path[..^".undo".Length] : journal.Path, out _);
    }

    /// <summary>Under the lock: what a crash has left is brought to its end before anybody gives UIDs to part of it.</summary>
    internal void Continue()
    {
        foreach (var journal in PlacementJournal.Find(state.Folder))
        {
            if (_own.ContainsKey(journal.Path))
                continue;
            var (placed, bytes, count) = journal.Continue(state.Folder);
            if (placed == 0)
                continue;
            state.Watcher.MarkDirty();
            // Whoever crashed among the renames had not counted any of them.
            MaildirSize.Add(state.Main.Path, bytes, count);
            Log.PlacementContinued(state.Store.Logger, state.Folder.Path, placed, count);
        }
    }
}
