using System.Text;
using Courier.Imap.Responses;

namespace Courier.Imap.Grammar;

/// <summary>Which names LIST selects.</summary>
[Flags]
internal enum ListSelection
{
    None = 0,
    Subscribed = 1,
    SpecialUse = 2,
    RecursiveMatch = 4,
}

/// <summary>What LIST says of each.</summary>
[Flags]
internal enum ListReturn
{
    None = 0,
    Subscribed = 1,
    SpecialUse = 2,
    Children = 4,
}

/// <summary>The options of an extended LIST (RFC 5258 §6): list-select-opts = "(" [list-select-opt *(SP list-select-opt)] ")" ;
/// return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")" ; "SPECIAL-USE" by RFC 6154 §6, "STATUS" by RFC 5819 §2,
/// "METADATA" by RFC 9590 §3.</summary>
internal sealed record ListOptions(bool IsExtended, ListSelection Selection, ListReturn Return, StatusItems? Status, IReadOnlyList<string>? Metadata)
{
    /// <summary>Patterns of one LIST, and entries of METADATA.</summary>
    private const int ListMax = 100;

    public static ListOptions Basic { get; } = new(false, ListSelection.None, ListReturn.None, null, null);

    public static ListOptions ParseSelection(ref ImapParser p)
    {
        if (!p.TryByte((byte)'('))
            return Basic;
        var selection = ListSelection.None;
        var isFirst = true;
        while (!p.TryByte((byte)')'))
        {
            if (!isFirst)
                p.Space();
            isFirst = false;
            selection |= p.Name() switch
            {
                "SUBSCRIBED" => ListSelection.Subscribed,
                "SPECIAL-USE" => ListSelection.SpecialUse,
                "RECURSIVEMATCH" => ListSelection.RecursiveMatch,
                "REMOTE" => ListSelection.None, // there are no others anywhere
                _ => throw new ImapSyntaxException("Unknown selection option"),
            };
        }

        p.Space();
        // RFC 5258 §3.1: it modifies another option and is none by itself.
        return selection == ListSelection.RecursiveMatch
            ? throw new ImapSyntaxException("RECURSIVEMATCH needs something to match")
            : Basic with { IsExtended = true, Selection = selection };
    }

    /// <summary>mbox-or-pat = list-mailbox / "(" list-mailbox *(SP list-mailbox) ")"</summary>
    public static IReadOnlyList<string> Patterns(ref ImapParser p)
    {
        if (!p.TryByte((byte)'('))
            return [Text(ref p)];
        var patterns = new List<string>();
        do
        {
            if (patterns.Count == ListMax)
                throw new ImapSyntaxException("Too many patterns");
            patterns.Add(Text(ref p));
        }
        while (p.TrySpace());
        p.Expect((byte)')', "The list of patterns is not closed");
        return patterns;
    }

    public ListOptions ParseReturn(ref ImapParser p)
    {
        if (!p.TrySpace())
            return this;
        if (!p.TryWord("RETURN ("u8))
            throw new ImapSyntaxException("Expected RETURN");
        var options = this with { IsExtended = true };
        var isFirst = true;
        while (!p.TryByte((byte)')'))
        {
            if (!isFirst)
                p.Space();
            isFirst = false;
            options = options.With(p.Name(), ref p);
        }

        return options;
    }

    private ListOptions With(string option, ref ImapParser p)
    {
        switch (option)
        {
            case "SUBSCRIBED": return this with { Return = Return | ListReturn.Subscribed };
            case "CHILDREN": return this with { Return = Return | ListReturn.Children };
            case "SPECIAL-USE": return this with { Return = Return | ListReturn.SpecialUse };
            case "STATUS":
                p.Space();
                return this with { Status = StatusItems.Parse(ref p) };
            case "METADATA":
                p.Space();
                return this with { Metadata = MetadataGrammar.Entries(ref p) };
            default: throw new ImapSyntaxException("Unknown return option");
        }
    }

    private static string Text(ref ImapParser p) => (p.Naming.IsUtf8 ? Encoding.UTF8 : Encoding.Latin1).GetString(p.ListMailbox());
}
