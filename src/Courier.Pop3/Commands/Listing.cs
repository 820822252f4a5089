namespace Courier.Pop3.Commands;

/// <summary>STAT: how many messages, how many octets.</summary>
/// <remarks>RFC 1939 §5. Deleted messages are not counted.</remarks>
internal sealed record StatCommand : Pop3Command
{
    internal static Pop3Command? Parse(ReadOnlySpan<byte> arguments) => Arguments.AreNone(arguments) ? new StatCommand() : null;

    internal override ValueTask<Pop3Reply?> RunAsync(Pop3Session session, CancellationToken ct) =>
        new(Pop3Reply.Ok($"{session.Maildrop!.Count} {session.Maildrop.Octets}"));
}

/// <summary>LIST: the size of one message or of all.</summary>
/// <remarks>RFC 1939 §5.</remarks>
internal sealed record ListCommand(int? Number) : Pop3Command
{
    internal static Pop3Command? Parse(ReadOnlySpan<byte> arguments) =>
        Arguments.AreNone(arguments) ? new ListCommand(Number: null)
        : Arguments.TryNumber(arguments, out var number) ? new ListCommand(number) : null;

    internal override ValueTask<Pop3Reply?> RunAsync(Pop3Session session, CancellationToken ct) =>
        Listing.WriteAsync(session, Number, static (maildrop, number) => $"{number} {maildrop.SizeOf(number)}",
            $"{session.Maildrop!.Count} messages ({session.Maildrop.Octets} octets)");
}

/// <summary>UIDL: the unique id of one message or of all.</summary>
/// <remarks>RFC 1939 §7.</remarks>
internal sealed record UidlCommand(int? Number) : Pop3Command
{
    internal static Pop3Command? Parse(ReadOnlySpan<byte> arguments) =>
        Arguments.AreNone(arguments) ? new UidlCommand(Number: null)
        : Arguments.TryNumber(arguments, out var number) ? new UidlCommand(number) : null;

    internal override ValueTask<Pop3Reply?> RunAsync(Pop3Session session, CancellationToken ct) =>
        Listing.WriteAsync(session, Number, static (maildrop, number) => $"{number} {maildrop.UniqueIdOf(number)}", $"Unique ids follow");
}

internal static class Listing
{
    /// <summary>One line for a message: as the answer where one was asked for, else for all that are not deleted.</summary>
    internal static async ValueTask<Pop3Reply?> WriteAsync(Pop3Session session, int? number, Func<Maildrop, int, FormattableString> line, FormattableString heading)
    {
        var maildrop = session.Maildrop!;
        if (number is { } only)
            return maildrop.Has(only) ? Pop3Reply.Ok(line(maildrop, only)) : Pop3Reply.NoSuchMessage;
        session.Wire.Write(Pop3Reply.Ok(heading));
        foreach (var each in maildrop.Numbers())
        {
            session.Wire.WriteLine(FormattableString.Invariant(line(maildrop, each)));
            await session.Wire.FlushIfLargeAsync();
        }

        session.Wire.EndList();
        return null;
    }
}
