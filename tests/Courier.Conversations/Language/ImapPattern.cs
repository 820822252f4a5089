using System.Globalization;

namespace Courier.Conversations.Language;

/// <summary>Holds one expected IMAP line against one that came.</summary>
/// <remarks>
/// Order does not count where RFC 3501 gives none: the items of FETCH and STATUS (compared as name and value), flags, mailbox
/// attributes, CAPABILITY and SEARCH results. There `…` means "and anything else"; in an ordered list it stands for any number of things.
/// </remarks>
public static class ImapPattern
{
    private enum Order
    {
        Sequence,
        Set,
        Pairs,
    }

    private enum Lenience
    {
        None,

        /// <summary>A name may come as atom, quoted string or literal (RFC 3501 §9, astring).</summary>
        AString,
        IgnoreCase,
    }

    private static readonly string[] DateFormats = ["d-MMM-yyyy HH:mm:ss zzz", "dd-MMM-yyyy HH:mm:ss zzz"];

    private static readonly Word Anything = new(Template.Any.ToString());

    public static bool Match(string pattern, string line, Bindings bindings)
    {
        var trial = bindings.Copy();
        if (!MatchLine(ImapTokenizer.Tokenize(pattern), ImapTokenizer.Tokenize(line), RawStatus(pattern), RawStatus(line), trial))
            return false;
        bindings.Take(trial);
        return true;
    }

    private static bool MatchLine(IReadOnlyList<ImapNode> pattern, IReadOnlyList<ImapNode> line, string patternText, string lineText, Bindings bindings)
    {
        // Status response: "a OK …" swallows a response code, "a OK [X] …" does not.
        if (pattern is [Word tag, Word status, Tail tail])
            return line.Count > 2 && line[^1] is Tail && MatchNode(tag, line[0], bindings, Lenience.None) && MatchNode(status, line[1], bindings, Lenience.None)
                && TextPattern.Match(tail.Text, lineText, bindings, ignoreCase: true);
        if (pattern is [Word tag2, Word status2, Group code, Tail tail2])
            return line is [_, _, Group sentCode, Tail sentTail] && MatchNode(tag2, line[0], bindings, Lenience.None)
                && MatchNode(status2, line[1], bindings, Lenience.None)
                && MatchAll(code.Items, sentCode.Items, OrderInCode(sentCode.Items), 1, bindings, Lenience.None)
                && TextPattern.Match(tail2.Text, sentTail.Text, bindings, ignoreCase: true);
        if (pattern is [Word { Text: "+" }, Tail plus])
            return line is [Word { Text: "+" }, Tail sentPlus] && TextPattern.Match(plus.Text, sentPlus.Text, bindings);
        var kind = Kind(line);
        var lenience = kind is "LIST" or "LSUB" or "STATUS" or "QUOTA" or "QUOTAROOT" ? Lenience.AString : Lenience.None;
        var keep = kind is "SEARCH" or "CAPABILITY" ? 2 : int.MaxValue;
        return MatchAll(pattern, line, keep == 2 ? Order.Set : Order.Sequence, keep == 2 ? 2 : 0, bindings, lenience, kind);
    }

    private static string RawStatus(string line)
    {
        var parts = line.Split(' ', 3);
        return parts.Length == 3 ? parts[2] : "";
    }

    /// <summary>What an untagged response is about: EXISTS, FETCH, LIST, OK …</summary>
    public static string Kind(string line) => Kind(ImapTokenizer.Tokenize(line));

    private static string Kind(IReadOnlyList<ImapNode> line) => line switch
    {
        [Word { Text: "*" }, Word { Text: var first }, Word { Text: var second }, ..] when first.Length > 0 && char.IsAsciiDigit(first[0]) => second.ToUpperInvariant(),
        [Word { Text: "*" }, Word { Text: var word }, ..] => word.ToUpperInvariant(),
        _ => "",
    };

    private static Order OrderInCode(IReadOnlyList<ImapNode> code) => code is [Word { Text: "CAPABILITY" }, ..] ? Order.Set : Order.Sequence;

    /// <summary>The first <paramref name="head"/> nodes in order, the others as <paramref name="order"/> says.</summary>
    private static bool MatchAll(
        IReadOnlyList<ImapNode> pattern, IReadOnlyList<ImapNode> line, Order order, int head, Bindings bindings, Lenience lenience, string kind = "")
    {
        if (order == Order.Sequence)
            return MatchSequence([.. pattern], [.. line], bindings, lenience, kind, "");
        if (pattern.Count < head || line.Count < head)
            return false;
        for (var i = 0; i < head; i++)
        {
            if (!MatchNode(pattern[i], line[i], bindings, lenience))
                return false;
        }
        return MatchSet([.. pattern.Skip(head).Select(Single)], [.. line.Skip(head).Select(Single)], bindings, lenience);

        static ImapNode[] Single(ImapNode node) => [node];
    }

    private static bool MatchSequence(ImapNode[] pattern, ImapNode[] line, Bindings bindings, Lenience lenience, string kind, string before)
    {
        if (pattern.Length == 0)
            return line.Length == 0;
        if (pattern[0] == Anything)
        {
            for (var taken = 0; taken <= line.Length; taken++)
            {
                var trial = bindings.Copy();
                if (!MatchSequence(pattern[1..], line[taken..], trial, lenience, kind, ""))
                    continue;
                bindings.Take(trial);
                return true;
            }
            return false;
        }
        if (before == "INTERNALDATE" && line is [Str given] && pattern is [Str expected] && SameInstant(expected.Text, given.Text))
            return true;
        // Media types, parameter names and encodings have no case (RFC 2045 §5.1).
        var inside = before is "BODY" or "BODYSTRUCTURE" && line is [Group, ..] ? Lenience.IgnoreCase : lenience;
        return line.Length > 0
            && MatchNode(pattern[0], line[0], bindings, inside, OrderAfter(kind, before))
            && MatchSequence(pattern[1..], line[1..], bindings, lenience, kind, line[0] is Word word ? word.Text.ToUpperInvariant() : "");
    }

    /// <summary>A server may tell INTERNALDATE in a zone of its own: a Maildir keeps no zone.</summary>
    private static bool SameInstant(string expected, string given) =>
        DateTimeOffset.TryParseExact(expected, DateFormats, CultureInfo.InvariantCulture, DateTimeStyles.AllowLeadingWhite, out var one)
        && DateTimeOffset.TryParseExact(given, DateFormats, CultureInfo.InvariantCulture, DateTimeStyles.AllowLeadingWhite, out var other)
        && one == other;

    private static Order OrderAfter(string kind, string before) => (kind, before) switch
    {
        (_, "FLAGS" or "PERMANENTFLAGS") => Order.Set,
        ("FETCH", "FETCH") or ("UIDFETCH", "UIDFETCH") => Order.Pairs,
        ("LIST" or "LSUB", "LIST" or "LSUB") => Order.Set,
        ("STATUS", not "STATUS") => Order.Pairs,
        _ => Order.Sequence,
    };

    private static bool MatchNode(ImapNode pattern, ImapNode node, Bindings bindings, Lenience lenience, Order order = Order.Sequence)
    {
        if (pattern == Anything)
            return true;
        return (pattern, node) switch
        {
            (Word expected, Word word) => TextPattern.Match(expected.Text, word.Text, bindings, ignoreCase: true),
            (Str expected, Str text) => TextPattern.Match(expected.Text, text.Text, bindings, ignoreCase: lenience == Lenience.IgnoreCase),
            (Word expected, Str text) => lenience == Lenience.AString && TextPattern.Match(expected.Text, text.Text, bindings),
            (Str expected, Word word) => lenience == Lenience.AString && TextPattern.Match(expected.Text, word.Text, bindings),
            (Tail expected, Tail tail) => TextPattern.Match(expected.Text, tail.Text, bindings),
            (Group expected, Group group) when expected.Open == group.Open => order switch
            {
                Order.Set => MatchSet([.. expected.Items.Select(item => new[] { item })], [.. group.Items.Select(item => new[] { item })], bindings, lenience),
                Order.Pairs => MatchSet(Pairs(expected.Items), Pairs(group.Items), bindings, lenience),
                _ => MatchSequence([.. expected.Items], [.. group.Items], bindings, lenience, "", ""),
            },
            _ => false,
        };
    }

    private static ImapNode[][] Pairs(IReadOnlyList<ImapNode> items)
    {
        var pairs = new List<ImapNode[]>();
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] == Anything || i + 1 == items.Count)
                pairs.Add([items[i]]);
            else
                pairs.Add([items[i], items[++i]]);
        }
        return [.. pairs];
    }

    /// <summary>Every expected element has a partner of its own; more may be there only with `…`.</summary>
    private static bool MatchSet(ImapNode[][] expected, ImapNode[][] given, Bindings bindings, Lenience lenience)
    {
        var wanted = expected.Where(element => element is not [var only] || only != Anything).ToArray();
        var open = wanted.Length < expected.Length;
        return (open ? given.Length >= wanted.Length : given.Length == wanted.Length) && Assign(0, new bool[given.Length]);

        bool Assign(int at, bool[] used)
        {
            if (at == wanted.Length)
                return true;
            for (var i = 0; i < given.Length; i++)
            {
                if (used[i])
                    continue;
                var trial = bindings.Copy();
                if (!MatchSequence(wanted[at], given[i], trial, lenience, "", ""))
                    continue;
                var before = bindings.Copy();
                bindings.Take(trial);
                used[i] = true;
                if (Assign(at + 1, used))
                    return true;
                used[i] = false;
                bindings.Restore(before);
            }
            return false;
        }
    }
}
