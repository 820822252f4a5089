namespace Courier.Imap.Responses;

internal enum CompletionStatus
{
    Ok,
    No,
    Bad,
}

/// <summary>How a command ended: the tagged reply (RFC 3501 §7.1). <paramref name="Code"/> goes in brackets.</summary>
internal readonly record struct Completion(CompletionStatus Status, string? Code, string Text)
{
    /// <summary>What is done once the reply is out, as the TLS handshake of STARTTLS.</summary>
    public Func<ValueTask>? Then { get; init; }

    public static Completion Ok(string text) => new(CompletionStatus.Ok, null, text);

    public static Completion Ok(string code, string text) => new(CompletionStatus.Ok, code, text);

    public static Completion No(string text) => new(CompletionStatus.No, null, text);

    public static Completion No(string code, string text) => new(CompletionStatus.No, code, text);

    public static Completion Bad(string text) => new(CompletionStatus.Bad, null, text);

    // Codes of RFC 5530 and RFC 3501 that several commands use.
    public static Completion NoSuchMailbox { get; } = No("NONEXISTENT", "There is no such mailbox");

    /// <summary>APPEND and COPY say that CREATE would help (RFC 3501 §6.3.11).</summary>
    public static Completion TryCreate { get; } = No("TRYCREATE", "There is no such mailbox");

    public static Completion ReadOnly { get; } = No("READ-ONLY", "The mailbox was opened read-only");

    public static Completion SomeExpunged { get; } = No("EXPUNGEISSUED", "Some of the messages no longer exist");

    public void Write(ImapWriter writer, ReadOnlySpan<byte> tag)
    {
        writer.Raw(tag);
        writer.Raw(Status switch
        {
            CompletionStatus.Ok => " OK "u8,
            CompletionStatus.No => " NO "u8,
            _ => " BAD "u8,
        });
        if (Code is not null)
        {
            writer.Raw("["u8);
            writer.Text(Code);
            writer.Raw("] "u8);
        }

        writer.Text(Text);
        writer.Line();
    }
}
