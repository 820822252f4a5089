using System.Text;
using Courier.Mailboxes.Index;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Sharing;

/// <summary>The first time that we see a mailbox: what another server has told its clients stays true.</summary>
internal sealed class TakeOver(MailboxState state)
{
    private string?[]? _letters;
    private Dictionary<string, string>? _uidls;

    /// <summary>Under the lock, where we have no list of UIDs yet.</summary>
    internal void CreateUids(OtherServer shared)
    {
        var folder = state.Folder;
        if (OtherServers.ReadUids(folder, shared) is not { } others)
        {
            state.Uids.Begin(UidValiditySource.Next(state.Main, state.Store.Settings.BootId, state.Now), mayWait: shared == OtherServer.None);
            return;
        }

        new UidlFile(folder).Write(OtherServers.ReadUidls(folder));
        UidValiditySource.Note(state.Main, state.Store.Settings.BootId, others.UidValidity);
        state.Uids.Create(others.UidValidity, others.UidNext, others.Lines.Select(line => (line.Key, line.Value.Name)));
        foreach (var (uid, line) in others.Lines)
            state.Pending[line.Name] = uid;
        _letters = OtherServers.ReadKeywords(folder);
        Log.TakenOver(state.Store.Logger, folder.Path, others.Lines.Count, others.UidValidity);
    }

    /// <summary>Under the gate, after the first listing: Dovecot's keywords, which are letters in file names, become ours. The letters stay.</summary>
    internal void TakeKeywords()
    {
        if (_letters is not { } letters || state.IsGone)
            return;
        _letters = null;
        var snapshot = state.Current;
        var editor = new SnapshotEditor(snapshot);
        var modSeq = state.NextModSeq();
        for (var i = 0; i < snapshot.Count; i++)
        {
            List<string> keywords = [.. state.Tables.Keywords[snapshot.EntryAt(i).KeywordSet]];
            foreach (var letter in FileName.LettersOf(state.Tables.Tails[snapshot.EntryAt(i).Tail]))
            {
                if (letter is >= (byte)'a' and <= (byte)'z' && letters[letter - 'a'] is { } keyword && !keywords.Contains(keyword, StringComparer.OrdinalIgnoreCase))
                    keywords.Add(keyword);
            }

            var set = state.Tables.Keywords.IdOf(keywords.ToArray());
            if (set == snapshot.EntryAt(i).KeywordSet)
                continue;
            state.Keywords.Write(snapshot.NameAt(i), state.Tables.Keywords[set]);
            ref var entry = ref editor.Change(i);
            (entry.KeywordSet, entry.ModSeq) = (set, modSeq);
        }

        if (!editor.IsEmpty)
            state.Publish(editor.Finish(state.Uids.UidValidity, state.Uids.UidNext, modSeq), state.Stamp);
    }

    /// <summary>What POP3 clients know a message by from another server; null for one that came after.</summary>
    internal string? UidlOf(Uid uid)
    {
        var uidls = LazyInitializer.EnsureInitialized(ref _uidls, () => new UidlFile(state.Folder).Read());
        var snapshot = state.Current;
        var index = uidls.Count == 0 ? -1 : snapshot.IndexOf(uid);
        return index < 0 ? null : uidls.GetValueOrDefault(Encoding.Latin1.GetString(snapshot.NameAt(index)));
    }
}
