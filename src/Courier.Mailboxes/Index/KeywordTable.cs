using System.Collections.Immutable;

namespace Courier.Mailboxes.Index;

/// <summary>The keywords of a mailbox and the sets of them that messages have, each kept once; set 0 is empty. Keywords are
/// compared without case and shown as first met (courier.md §7.5). Grows only; one writer, any readers.</summary>
internal sealed class KeywordTable
{
    private readonly Dictionary<string, int> _positions = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, int> _sets = new(StringComparer.Ordinal);
    private volatile ImmutableArray<string>[] _byId = [[]];
    private volatile string[] _names = [];

    internal ImmutableArray<string> this[int id] => _byId[id];

    internal int SetCount => _byId.Length;

    /// <summary>In order of first use.</summary>
    internal ImmutableArray<string> Names => System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(_names);

    /// <summary>The set of these keywords; order and repetition do not matter.</summary>
    internal int IdOf(ReadOnlySpan<string> keywords)
    {
        if (keywords.IsEmpty)
            return 0;
        var positions = new SortedSet<int>();
        foreach (var keyword in keywords)
            positions.Add(PositionOf(keyword));
        var key = string.Join(' ', positions);
        if (_sets.TryGetValue(key, out var id))
            return id;
        id = _byId.Length;
        _sets.Add(key, id);
        _byId = [.. _byId, [.. positions.Select(position => _names[position])]];
        return id;
    }

    /// <summary>The set after a change of it.</summary>
    internal int Changed(int old, FlagChangeKind kind, ImmutableArray<string> keywords)
    {
        if (keywords.IsDefaultOrEmpty)
            return kind == FlagChangeKind.Replace ? 0 : old;
        if (kind == FlagChangeKind.Replace)
            return IdOf(keywords.AsSpan());
        var set = _byId[old];
        return kind == FlagChangeKind.Add
            ? IdOf([.. set, .. keywords])
            : IdOf([.. set.Where(keyword => !keywords.Contains(keyword, StringComparer.OrdinalIgnoreCase))]);
    }

    /// <summary>The names in the order that they had.</summary>
    internal void Restore(IEnumerable<string> names)
    {
        foreach (var name in names)
            PositionOf(name);
    }

    private int PositionOf(string keyword)
    {
        if (_positions.TryGetValue(keyword, out var position))
            return position;
        position = _names.Length;
        _positions.Add(keyword, position);
        _names = [.. _names, keyword];
        return position;
    }
}
