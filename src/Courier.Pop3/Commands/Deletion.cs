namespace Courier.Pop3.Commands;

/// <summary>DELE: the message is gone for this session, and for all once it ends with QUIT.</summary>
/// <remarks>RFC 1939 §5.</remarks>
internal sealed record DeleCommand(int Number) : Pop3Command
{
    internal static Pop3Command? Parse(ReadOnlySpan<byte> arguments) =>
        Arguments.TryNumber(arguments, out var number) ? new DeleCommand(number) : null;

    internal override ValueTask<Pop3Reply?> RunAsync(Pop3Session session, CancellationToken ct)
    {
        if (!session.Maildrop!.Has(Number))
            return new(Pop3Reply.NoSuchMessage);
        session.Maildrop.Delete(Number);
        return new(Pop3Reply.Done);
    }
}

/// <summary>RSET: nothing is deleted any more.</summary>
/// <remarks>RFC 1939 §5.</remarks>
internal sealed record RsetCommand : Pop3Command
{
    internal static Pop3Command? Parse(ReadOnlySpan<byte> arguments) => Arguments.AreNone(arguments) ? new RsetCommand() : null;

    internal override ValueTask<Pop3Reply?> RunAsync(Pop3Session session, CancellationToken ct)
    {
        session.Maildrop!.Restore();
        return new(Pop3Reply.Ok($"Maildrop has {session.Maildrop.Count} messages ({session.Maildrop.Octets} octets)"));
    }
}
