using System.Text;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Index;

/// <summary>What stands after the base in file names (<c>:2,RS</c>), each kept once: thousands of messages share a few. 0 is nothing,
/// 1 to 32 are the sets of our five flags; others (unsorted letters, Dovecot's keywords) come as they are met. Grows only; one writer, any readers.</summary>
internal sealed class TailTable
{
    private const int PlainTails = 32;

    /// <summary>The first that is not one of the plain ones.</summary>
    internal const int FirstOther = PlainTails + 1;

    private readonly Dictionary<string, int> _others = new(StringComparer.Ordinal);
    private volatile byte[][] _tails;

    internal TailTable()
    {
        _tails = new byte[1 + PlainTails][];
        _tails[0] = [];
        for (var set = 0; set < PlainTails; set++)
            _tails[set + 1] = Encoding.ASCII.GetBytes(FileName.Suffix((MessageFlags)set, default));
    }

    internal int Count => _tails.Length;

    internal byte[] this[int id] => _tails[id];

    internal static int OfFlags(MessageFlags flags) => (int)flags + 1;

    /// <summary>The one of a message with these flags that had that tail before: letters of others stay.</summary>
    internal int Changed(int old, MessageFlags flags) =>
        old <= PlainTails ? OfFlags(flags) : IdOf(Encoding.Latin1.GetBytes(FileName.Suffix(flags, FileName.LettersOf(_tails[old]))));

    internal int IdOf(ReadOnlySpan<byte> tail)
    {
        if (tail.IsEmpty)
            return 0;
        var plain = OfFlags(FileName.FlagsOf(FileName.LettersOf(tail)));
        if (tail.SequenceEqual(_tails[plain]))
            return plain;
        var text = Encoding.Latin1.GetString(tail);
        if (_others.TryGetValue(text, out var id))
            return id;
        id = _tails.Length;
        _others.Add(text, id);
        _tails = [.. _tails, tail.ToArray()];
        return id;
    }
}
