using System.Text;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>ID: who the client is and who we are; for logs, never for decisions.</summary>
/// <remarks>RFC 2971 §3: id = "ID" SP id-params-list ; id-params-list = "(" #(string SP nstring) ")" / nil</remarks>
internal sealed record IdCommand(string Client) : ImapCommand
{
    // RFC 2971 §3.3: at most 30 pairs, 30 octets of field, 1024 of value.
    private const int PairsMax = 30;
    private const int FieldMax = 30;
    private const int ValueMax = 1024;

    public static IdCommand Parse(ref ImapParser p)
    {
        p.Space();
        var client = new StringBuilder();
        if (!p.TryWord("NIL"u8))
            Pairs(ref p, client);
        p.End();
        return new(client.ToString());
    }

    public override ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        Log.ClientIs(session.Server.Logger, session.Connection.Remote.ToString(), Client, session.Connection.Id);
        session.Writer.Raw("* ID (\"name\" \"Courier\")\r\n"u8);
        return new(Completion.Ok("ID completed"));
    }

    private static void Pairs(ref ImapParser p, StringBuilder client)
    {
        p.Expect((byte)'(', "Expected a list of fields or NIL");
        for (var pairs = 0; !p.TryByte((byte)')'); pairs++)
        {
            if (pairs == PairsMax)
                throw new ImapSyntaxException("Too many fields");
            if (pairs > 0)
                p.Space();
            var field = p.String();
            p.Space();
            var value = p.TryWord("NIL"u8) ? [] : p.String();
            if (field.Length > FieldMax || value.Length > ValueMax)
                throw new ImapSyntaxException("A field is too long");
            client.Append(pairs > 0 ? ", " : "").Append(LogText.Clean(field)).Append('=').Append(LogText.Clean(value));
        }
    }
}
