using System.Text;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>CANCELUPDATE: the client follows these searches no longer.</summary>
/// <remarks>RFC 5267 §4.3.5: "CANCELUPDATE" 1*(SP quoted)</remarks>
internal sealed record CancelUpdateCommand(IReadOnlyList<string> Tags) : ImapCommand
{
    private const int TagsMax = 100;

    public static CancelUpdateCommand Parse(ref ImapParser p)
    {
        var tags = new List<string>();
        do
        {
            p.Space();
            if (tags.Count == TagsMax)
                throw new ImapSyntaxException("Too many tags");
            tags.Add(Encoding.Latin1.GetString(p.String()));
        }
        while (!p.AtEnd);
        return new(tags);
    }

    public override ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        var contexts = session.Selected!.Contexts;
        if (Tags.FirstOrDefault(tag => contexts?.Has(tag) != true) is not null)
            return new(Completion.Bad("No search is followed under that tag"));
        foreach (var tag in Tags)
            contexts!.Cancel(tag);
        return new(Completion.Ok("CANCELUPDATE completed"));
    }
}
