using System.Text;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>LANGUAGE: which language our texts are in. There is one, English, which is also the default that everybody has to have.</summary>
/// <remarks>RFC 5255 §3: language-cmd = "LANGUAGE" *(SP lang-range-quoted). Ranges are tried in order, each by lookup (RFC 4647 §3.4): who asks for the
/// English of a country gets English.</remarks>
internal sealed record LanguageCommand(IReadOnlyList<string> Ranges) : ImapCommand
{
    // As many as a person can speak.
    private const int RangesMax = 100;

    public static LanguageCommand Parse(ref ImapParser p)
    {
        var ranges = new List<string>();
        while (!p.AtEnd)
        {
            p.Space();
            // "*" is a language range, and no atom character.
            ranges.Add(p.TryByte((byte)'*') ? "*" : Encoding.Latin1.GetString(p.Astring()));
            if (ranges.Count > RangesMax)
                throw new ImapSyntaxException("Too many languages");
        }

        return new(ranges);
    }

    public override ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        if (Ranges.Count == 0)
        {
            session.Writer.Raw("* LANGUAGE (EN I-DEFAULT)\r\n"u8);
            return new(Completion.Ok("These are all"));
        }

        foreach (var range in Ranges)
        {
            var isDefault = range.Equals("i-default", StringComparison.OrdinalIgnoreCase) || range.Equals("default", StringComparison.OrdinalIgnoreCase);
            if (!isDefault && range is not "*" && !IsEnglish(range))
                continue;
            session.Writer.Raw(isDefault ? "* LANGUAGE (I-DEFAULT)\r\n"u8 : "* LANGUAGE (EN)\r\n"u8);
            return new(Completion.Ok("That is the language"));
        }

        return new(Completion.No("Only English is spoken here"));
    }

    /// <summary>Lookup takes subtags off the end until a language is left that is spoken here.</summary>
    private static bool IsEnglish(string range) =>
        range.Equals("en", StringComparison.OrdinalIgnoreCase) || range.StartsWith("en-", StringComparison.OrdinalIgnoreCase);
}
