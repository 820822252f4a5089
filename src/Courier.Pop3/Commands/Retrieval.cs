using Courier.IO.Wire;

namespace Courier.Pop3.Commands;

/// <summary>RETR: the whole message.</summary>
/// <remarks>RFC 1939 §5. The message counts as seen from then on, as with Courier.</remarks>
internal sealed record RetrCommand(int Number) : Pop3Command
{
    internal static Pop3Command? Parse(ReadOnlySpan<byte> arguments) =>
        Arguments.TryNumber(arguments, out var number) ? new RetrCommand(number) : null;

    internal override async ValueTask<Pop3Reply?> RunAsync(Pop3Session session, CancellationToken ct)
    {
        var maildrop = session.Maildrop!;
        if (!maildrop.Has(Number))
            return Pop3Reply.NoSuchMessage;
        using (var content = await maildrop.ReadAsync(Number, ct))
        {
            if (content is null)
                return Pop3Reply.MessageGone;
            var text = content.Bytes;
            session.Wire.Write(Pop3Reply.Ok($"{text.Length} octets"));
            session.Wire.EndText(await session.Wire.WriteTextAsync(text, default));
            session.Traffic.Retrieved++;
            session.Traffic.Octets += text.Length;
            Counters.Retrieved.Add(1);
            Counters.Octets.Add(text.Length);
        }

        if (maildrop.NoteSeen(Number) >= session.Limits.SeenBatch)
            await MarkSeenAsync(session, ct);
        return null;
    }

    /// <summary>The answer has been written: a flag that cannot be set now must not add another.</summary>
    private static async ValueTask MarkSeenAsync(Pop3Session session, CancellationToken ct)
    {
        try
        {
            await session.Maildrop!.MarkSeenAsync(ct);
        }
        catch (IOException e)
        {
            Log.LocalTrouble(session.Server.Logger, session.PeerName, e);
        }
    }
}

/// <summary>TOP: the header, the empty line, and so many lines of the body.</summary>
/// <remarks>RFC 1939 §7.</remarks>
internal sealed record TopCommand(int Number, int Lines) : Pop3Command
{
    internal static Pop3Command? Parse(ReadOnlySpan<byte> arguments)
    {
        arguments = arguments.Trim((byte)' ');
        var space = arguments.IndexOf((byte)' ');
        return space > 0 && Arguments.TryNumber(arguments[..space], out var number) && Arguments.TryCount(arguments[(space + 1)..].TrimStart((byte)' '), out var lines)
            ? new TopCommand(number, lines)
            : null;
    }

    internal override async ValueTask<Pop3Reply?> RunAsync(Pop3Session session, CancellationToken ct)
    {
        if (!session.Maildrop!.Has(Number))
            return Pop3Reply.NoSuchMessage;
        using var content = await session.Maildrop.ReadAsync(Number, ct);
        if (content is null)
            return Pop3Reply.MessageGone;
        var text = content.Bytes;
        var header = content.Header.Length;
        var top = text[..(header + BytesOf(text.Span[header..], Lines))];
        session.Wire.Write(Pop3Reply.Ok($"Top of message follows"));
        session.Wire.EndText(await session.Wire.WriteTextAsync(top, default(DotStuffer)));
        session.Traffic.Previewed++;
        session.Traffic.Octets += top.Length;
        session.Traffic.TopOctets += top.Length;
        return null;
    }

    private static int BytesOf(ReadOnlySpan<byte> body, int lines)
    {
        var length = 0;
        for (; lines > 0 && body[length..].IndexOf((byte)'\n') is var end and >= 0; lines--)
            length += end + 1;
        return lines > 0 ? body.Length : length;
    }
}
