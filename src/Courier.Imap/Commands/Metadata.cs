using System.Globalization;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;
using Courier.Mailboxes.Names;

namespace Courier.Imap.Commands;

/// <summary>GETMETADATA: what is noted about a mailbox, or about the account (an empty name).</summary>
/// <remarks>RFC 5464 §4.2, §5: getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries [SP getmetadata-options] ;
/// options = "(" "MAXSIZE" SP number / "DEPTH" SP ("0" / "1" / "infinity") … ")". They stand before the name in the ABNF and after it in an example.</remarks>
internal sealed record GetMetadataCommand(MailboxArgument Mailbox, IReadOnlyList<string> Entries, GetMetadataCommand.Options With) : ImapCommand
{
    public static GetMetadataCommand Parse(ref ImapParser p)
    {
        p.Space();
        var options = p.Next((byte)'(') ? ReadOptions(ref p) : null;
        if (options is not null)
            p.Space();
        var mailbox = p.Mailbox();
        p.Space();
        if (options is null && LooksLikeOptions(p))
        {
            options = ReadOptions(ref p);
            p.Space();
        }

        var entries = MetadataGrammar.Entries(ref p);
        p.End();
        return new(mailbox, entries, options ?? new(long.MaxValue, 0));
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        if (Mailbox.Wire.Length > 0 && Mailbox.Name is null)
            return Completion.NoSuchMailbox;
        if (await session.Mailboxes.AnnotationsAsync(Mailbox.Name, ct) is not { } known)
            return Completion.NoSuchMailbox;
        var found = MetadataResponse.Select(known, Entries, With.Depth);
        var longest = found.Where(entry => entry.Value?.Length > With.MaxSize).Select(entry => (long)entry.Value!.Length).DefaultIfEmpty(0).Max();
        await MetadataResponse.WriteAsync(session.Writer, Mailbox.Wire, [.. found.Where(entry => !(entry.Value?.Length > With.MaxSize))]);
        return longest > 0
            ? Completion.Ok(string.Create(CultureInfo.InvariantCulture, $"METADATA LONGENTRIES {longest}"), "Some are longer")
            : Completion.Ok("GETMETADATA completed");
    }

    private static bool LooksLikeOptions(ImapParser p) => p.TryByte((byte)'(') && !p.Next((byte)'/') && !p.Next((byte)'"');

    private static Options ReadOptions(ref ImapParser p)
    {
        var options = new Options(long.MaxValue, 0);
        p.Expect((byte)'(', "Expected a list of options");
        do
        {
            switch (p.Name())
            {
                case "MAXSIZE":
                    p.Space();
                    options = options with { MaxSize = p.Number() };
                    break;
                case "DEPTH":
                    p.Space();
                    options = options with
                    {
                        Depth = p.Name() switch
                        {
                            "0" => 0,
                            "1" => 1,
                            "INFINITY" => int.MaxValue,
                            _ => throw new ImapSyntaxException("DEPTH is 0, 1 or infinity"),
                        },
                    };
                    break;
                default: throw new ImapSyntaxException("Unknown option");
            }
        }
        while (p.TrySpace());
        p.Expect((byte)')', "The list of options is not closed");
        return options;
    }

    internal sealed record Options(long MaxSize, int Depth);
}

/// <summary>SETMETADATA: notes all of this or nothing; NIL takes an entry away.</summary>
/// <remarks>RFC 5464 §4.3, §5: setmetadata = "SETMETADATA" SP mailbox SP "(" entry SP value *(SP entry SP value) ")"</remarks>
internal sealed record SetMetadataCommand(MailboxArgument Mailbox, IReadOnlyList<KeyValuePair<string, byte[]?>> Changes) : ImapCommand
{
    public static SetMetadataCommand Parse(ref ImapParser p)
    {
        p.Space();
        var mailbox = p.Mailbox();
        p.Space();
        p.Expect((byte)'(', "Expected a list of entries and values");
        var changes = new List<KeyValuePair<string, byte[]?>>();
        do
        {
            if (changes.Count == p.Limits.MetadataEntries)
                throw new ImapSyntaxException("Too many entries");
            var entry = MetadataGrammar.Entry(ref p);
            p.Space();
            changes.Add(new(entry, MetadataGrammar.Value(ref p)));
        }
        while (p.TrySpace());
        p.Expect((byte)')', "The list of entries is not closed");
        p.End();
        return new(mailbox, changes);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        if (Mailbox.Wire.Length > 0 && Mailbox.Name is null)
            return Completion.NoSuchMailbox;
        if (Changes.Any(change => change.Value?.Length > session.Limits.MetadataValueBytes))
            return Completion.No(string.Create(CultureInfo.InvariantCulture, $"METADATA MAXSIZE {session.Limits.MetadataValueBytes}"), "A value is too long");
        // RFC 6154 §4: only a use that there is, and INBOX has none.
        if (Changes.Any(change => change is { Key: SpecialUses.Entry, Value: { } value } && (Mailbox.Name is null or { IsInbox: true } || SpecialUses.Parse(value) is null)))
            return Completion.No("USEATTR", "No mailbox here can be for that");
        session.Notifications?.Caused(Mailbox.Name);
        return await session.Mailboxes.AnnotateAsync(Mailbox.Name, Changes, ct) switch
        {
            AnnotateOutcome.Done => Completion.Ok("SETMETADATA completed"),
            AnnotateOutcome.TooMany => Completion.No("METADATA TOOMANY", "There are too many entries"),
            _ => Completion.NoSuchMailbox,
        };
    }
}
