using System.Text;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>ENABLE: the client understands more than the base protocol. Words that we do not know are passed over.</summary>
/// <remarks>RFC 5161 §3.1: enable = "ENABLE" 1*(SP capability)</remarks>
internal sealed record EnableCommand(IReadOnlyList<string> Words) : ImapCommand
{
    // Words of one ENABLE: more than anybody has defined.
    private const int WordsMax = 100;

    private static readonly Dictionary<string, Extensions> _known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["CONDSTORE"] = Extensions.Condstore,
        ["QRESYNC"] = Extensions.Qresync,
        ["UTF8=ACCEPT"] = Extensions.Utf8,
        ["UIDONLY"] = Extensions.UidOnly,
        ["IMAP4rev2"] = Extensions.Rev2,
    };

    public static EnableCommand Parse(ref ImapParser p)
    {
        var words = new List<string>();
        do
        {
            p.Space();
            words.Add(Encoding.ASCII.GetString(p.Atom()).ToUpperInvariant());
            if (words.Count > WordsMax)
                throw new ImapSyntaxException("Too many capabilities");
        }
        while (!p.AtEnd);
        return new(words);
    }

    public override ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        // §3.2: what was not on before, and is now.
        var enabled = Words.Where(word => _known.TryGetValue(word, out var extension) && !session.Has(extension))
            .Select(word => word == "IMAP4REV2" ? "IMAP4rev2" : word).Distinct(StringComparer.Ordinal).ToList();
        foreach (var word in enabled)
            session.Enable(_known[word]);
        session.Writer.Raw(string.Concat(enabled.Prepend("* ENABLED").Select((word, i) => i == 0 ? word : " " + word)));
        session.Writer.Line();
        return new(Completion.Ok("ENABLE completed"));
    }
}
