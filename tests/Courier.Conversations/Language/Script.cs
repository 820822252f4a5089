namespace Courier.Conversations.Language;

/// <summary>One conversation: what has to be there first, and then what each side says.</summary>
/// <param name="Path">Path below tests/Courier.Conversations, for example <c>imap/select.txt</c>.</param>
/// <param name="Steps">In the order of the file.</param>
public sealed record Script(string Path, IReadOnlyList<Step> Steps)
{
    /// <summary>The protocol is the folder that the script lies in.</summary>
    public string Protocol => Path[..Path.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>Words of CAPABILITY that it is about: those it names, and the one of a script `imap/cap-WORD.txt`.</summary>
    public IEnumerable<string> Needs => Steps.OfType<Needs>().Select(needs => needs.Word)
        .Concat(Path.StartsWith("imap/cap-", StringComparison.Ordinal) ? [System.IO.Path.GetFileNameWithoutExtension(Path)["cap-".Length..]] : []);

    /// <summary>Why the script says nothing about other servers, or null.</summary>
    public string? OnlyOurs => Steps.OfType<OnlyOurs>().FirstOrDefault()?.Reason;

    /// <summary>The server the script asks for: `default`, or one with other settings.</summary>
    public string Server => Steps.OfType<UseServer>().FirstOrDefault()?.Name ?? "default";

    /// <summary>The script plays the next hop of a domain of its own.</summary>
    public bool HasHop => Steps.Any(step => step is Verb { Name: "hop" });

    /// <summary>That domain.</summary>
    public string HopDomain => $"{System.IO.Path.GetFileNameWithoutExtension(Path)}-{Protocol}.hop.test";

    public bool TouchesMaildir => Steps.Any(step => step is MaildirStep);

    /// <summary>Names of the accounts beside `demo`.</summary>
    public IEnumerable<string> FurtherAccounts => Steps.OfType<GivenAccount>().Select(given => given.Name);
}

/// <summary>One line of a script (with its block, if it has one).</summary>
public abstract record Step(int Line);

/// <summary>`needs WORD`: another server is asked only if its CAPABILITY has that word.</summary>
public sealed record Needs(int Line, string Word) : Step(Line);

public sealed record OnlyOurs(int Line, string Reason) : Step(Line);

public sealed record UseServer(int Line, string Name) : Step(Line);

public sealed record GivenAccount(int Line, string Name) : Step(Line);

/// <summary>A mailbox with <see cref="Messages"/> messages; the flags of message n are <c>Flags[n-1]</c> where stated.</summary>
public sealed record GivenMailbox(int Line, string Mailbox, string Account, int Messages, IReadOnlyList<string> Flags) : Step(Line);

/// <summary>One message with the text of the block.</summary>
public sealed record GivenMessage(int Line, string Mailbox, string Account, string Flags, string Date, Block Body) : Step(Line);

/// <summary>A step of one numbered connection.</summary>
public abstract record ConnectionStep(int Line, int Connection) : Step(Line);

public sealed record Send(int Line, int Connection, string Text, Block? Block) : ConnectionStep(Line, Connection);

public sealed record Expect(int Line, int Connection, string Text, bool Forbidden, Block? Block) : ConnectionStep(Line, Connection);

/// <summary>A fact that comes about by itself: waits for <see cref="Text"/>, saying <see cref="Command"/> again and again if there is one.</summary>
public sealed record Within(int Line, int Connection, TimeSpan Time, string? Command, string Text, Block? Block) : ConnectionStep(Line, Connection);

/// <summary>connect, hop, starttls, tls, close, closed, silent.</summary>
public sealed record Verb(int Line, int Connection, string Name, string Argument) : ConnectionStep(Line, Connection);

/// <summary>Looks into or changes a Maildir behind the server's back.</summary>
public sealed record MaildirStep(int Line, string Account, string Mailbox, string Action, Block? Block) : Step(Line);

/// <summary>The lines below a step that begin with `|`.</summary>
public sealed record Block(IReadOnlyList<string> Lines);
