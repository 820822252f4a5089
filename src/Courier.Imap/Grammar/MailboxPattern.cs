namespace Courier.Imap.Grammar;

/// <summary>Names with wildcards, as LIST takes them (RFC 3501 §6.3.8): "*" is anything, "%" anything without the separator.
/// Both pattern and names are in their wire form.</summary>
internal sealed class MailboxPattern
{
    // No name is longer (a file name has 255 octets, and modified UTF-7 makes at most three of one).
    private const int LengthMax = 1024;
    private const char Separator = '.';

    private readonly string _pattern;

    public MailboxPattern(string reference, string pattern)
    {
        var whole = reference + pattern;
        // INBOX is INBOX in any case (§5.1), also as the beginning of the names below it.
        const string inbox = "INBOX";
        if (whole.StartsWith(inbox, StringComparison.OrdinalIgnoreCase) && (whole.Length == inbox.Length || whole[inbox.Length] is Separator or '*' or '%'))
            whole = inbox + whole[inbox.Length..];
        _pattern = whole;
    }

    /// <summary>LSUB names the parent of what is subscribed when a pattern ends so (RFC 3501 §6.3.9).</summary>
    public bool EndsInPercent => _pattern.EndsWith('%');

    public bool Matches(ReadOnlySpan<char> name)
    {
        if (_pattern.Length > LengthMax)
            return false;
        // reached[i]: the part of the name seen so far fits the first i characters of the pattern. Time is their product, whatever the wildcards.
        Span<bool> reached = stackalloc bool[_pattern.Length + 1];
        reached.Clear();
        reached[0] = true;
        PassWildcards(reached);
        foreach (var c in name)
        {
            for (var i = _pattern.Length; i > 0; i--)
            {
                reached[i] = _pattern[i - 1] switch
                {
                    '*' => reached[i] || reached[i - 1],
                    '%' => c != Separator && (reached[i] || reached[i - 1]),
                    var literal => reached[i - 1] && literal == c,
                };
            }

            reached[0] = false;
            PassWildcards(reached);
        }

        return reached[^1];
    }

    // A wildcard also stands for nothing.
    private void PassWildcards(Span<bool> reached)
    {
        for (var i = 0; i < _pattern.Length; i++)
            reached[i + 1] |= reached[i] && _pattern[i] is '*' or '%';
    }
}
