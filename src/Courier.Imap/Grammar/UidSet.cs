using Courier.Mailboxes;

namespace Courier.Imap.Grammar;

/// <summary>UIDs as sorted ranges: a mailbox's new mail is one range, however many messages it has.</summary>
internal sealed class UidSet
{
    private readonly List<(uint First, uint Last)> _ranges = [];

    /// <summary>To be read only.</summary>
    public static UidSet Empty { get; } = new();

    public int Count { get; private set; }

    public IReadOnlyList<(uint First, uint Last)> Ranges => _ranges;

    public void Add(Uid uid) => Add(uid, uid);

    public void Add(Uid first, Uid last)
    {
        // The usual case: beyond all that is here.
        if (_ranges.Count == 0 || first.Value > _ranges[^1].Last)
        {
            if (_ranges.Count > 0 && _ranges[^1].Last + 1 == first.Value)
                _ranges[^1] = (_ranges[^1].First, last.Value);
            else
                _ranges.Add((first.Value, last.Value));
            Count += (int)(last.Value - first.Value + 1);
            return;
        }

        Insert(first.Value, last.Value);
    }

    public bool Contains(Uid uid) => Find(uid.Value) >= 0;

    public bool Remove(Uid uid)
    {
        var at = Find(uid.Value);
        if (at < 0)
            return false;
        var (first, last) = _ranges[at];
        _ranges.RemoveAt(at);
        if (uid.Value < last)
            _ranges.Insert(at, (uid.Value + 1, last));
        if (uid.Value > first)
            _ranges.Insert(at, (first, uid.Value - 1));
        Count--;
        return true;
    }

    public void Clear()
    {
        _ranges.Clear();
        Count = 0;
    }

    private void Insert(uint first, uint last)
    {
        var at = 0;
        while (at < _ranges.Count && _ranges[at].Last < first)
            at++;
        while (at < _ranges.Count && _ranges[at].First <= last)
        {
            (first, last) = (Math.Min(first, _ranges[at].First), Math.Max(last, _ranges[at].Last));
            Count -= (int)(_ranges[at].Last - _ranges[at].First + 1);
            _ranges.RemoveAt(at);
        }

        _ranges.Insert(at, (first, last));
        Count += (int)(last - first + 1);
    }

    private int Find(uint uid)
    {
        var (low, high) = (0, _ranges.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (uid < _ranges[middle].First)
                high = middle - 1;
            else if (uid > _ranges[middle].Last)
                low = middle + 1;
            else
                return middle;
        }

        return -1;
    }
}
