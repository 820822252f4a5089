using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes.Search;
using Courier.Mailboxes.Sorting;

namespace Courier.Imap.Commands;

/// <summary>THREAD: a search whose result is put together by who answers whom. The work is done by <see cref="Threads"/>.</summary>
/// <remarks>RFC 5256 §3, §5: thread = "THREAD" SP thread-alg SP charset 1*(SP search-key)</remarks>
internal sealed record ThreadCommand(ThreadCommand.Algorithm By, SearchKey? Key, Numbering Numbering) : ImapCommand
{
    /// <summary>How threads are found.</summary>
    internal enum Algorithm
    {
        OrderedSubject,
        References,
        Refs,
    }

    public static ThreadCommand Parse(ref ImapParser p, Numbering numbering)
    {
        p.Space();
        var by = p.Name() switch
        {
            "ORDEREDSUBJECT" => Algorithm.OrderedSubject,
            "REFERENCES" => Algorithm.References,
            "REFS" => Algorithm.Refs,
            _ => throw new ImapSyntaxException("Unknown algorithm"),
        };
        p.Space();
        return new(by, SortCommand.ParseKeys(ref p), numbering);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        var selected = session.Selected!;
        if (Key is null)
            return MessageFinder.UnknownCharset(selected, form: null);
        if (await MessageLimit.IsTooMuchAsync(session, selected, Key, ct))
            return MessageLimit.TooMany(session.Limits.MessagesPerCommand);
        var found = await MessageFinder.FindAsync(session, selected, Key, ct);
        var messages = await MessageSort.LoadAsync(MessageFinder.ScopeOf(session, selected), selected.Mailbox, found, ct);
        var threads = By switch
        {
            Algorithm.OrderedSubject => Threads.BySubject(messages),
            Algorithm.References => Threads.ByReferences(messages),
            _ => Threads.ByReferencesAlone(messages),
        };
        await ThreadResponse.WriteAsync(session.Writer, threads, position => Numbering == Numbering.Uid ? selected.Announced.UidAt(position).Value : (uint)position + 1);
        return Completion.Ok("THREAD completed");
    }
}
