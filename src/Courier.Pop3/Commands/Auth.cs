using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Courier.IO.Wire;
using Courier.Mail.Sasl;

namespace Courier.Pop3.Commands;

/// <summary>AUTH: logs in by a SASL mechanism; without arguments it lists them, as old clients ask for.</summary>
/// <remarks>RFC 5034 §4: "AUTH" [SP mechanism [SP initial-response]]; an initial response of "=" is an empty one.</remarks>
internal sealed record AuthCommand(string? Mechanism, ReadOnlyMemory<byte>? Initial) : Pop3Command
{
    internal static Pop3Command? Parse(ReadOnlySpan<byte> arguments)
    {
        arguments = arguments.Trim((byte)' ');
        if (arguments.IsEmpty)
            return new AuthCommand(null, null);
        var space = arguments.IndexOf((byte)' ');
        var mechanism = space < 0 ? arguments : arguments[..space];
        if (!Ascii.IsValid(mechanism))
            return null;
        if (space < 0)
            return new AuthCommand(Encoding.ASCII.GetString(mechanism), null);
        return Decode(arguments[(space + 1)..]) is { } initial ? new AuthCommand(Encoding.ASCII.GetString(mechanism), initial) : null;
    }

    internal override async ValueTask<Pop3Reply?> RunAsync(Pop3Session session, CancellationToken ct)
    {
        if (Mechanism is null)
            return List(session);
        if (SaslExchange.Start(Mechanism) is not { } exchange)
            return Pop3Reply.UnknownMechanism;
        if (!session.AllowsLogin)
            return Pop3Reply.EncryptionNeeded;
        if (await ConverseAsync(exchange, session.Wire) is { } problem)
            return problem;
        var given = exchange.Credentials!;
        // Acting as somebody else (RFC 4616 §2) is nobody's right here.
        var isOneself = given.AuthorizationId.Length == 0 || string.Equals(given.AuthorizationId, given.User, StringComparison.OrdinalIgnoreCase);
        var account = await session.Server.Accounts.AuthenticateAsync(given.User, given.Password, ct);
        return await session.EnterAsync(isOneself ? account : null, given.User, ct);
    }

    public override string ToString() => $"AUTH {Mechanism}";

    private static Pop3Reply? List(Pop3Session session)
    {
        session.Wire.Write(Pop3Reply.Mechanisms);
        if (session.AllowsLogin)
            foreach (var mechanism in SaslExchange.Mechanisms)
                session.Wire.WriteLine(mechanism);
        session.Wire.EndList();
        return null;
    }

    private async ValueTask<Pop3Reply?> ConverseAsync(SaslExchange exchange, Pop3Wire wire)
    {
        var response = Initial;
        while (exchange.Next(response) is var step and not SaslStep.Credentials)
        {
            if (step == SaslStep.Malformed)
                return Pop3Reply.BadResponse;
            wire.WriteChallenge(exchange.Challenge);
            await wire.FlushAsync();
            var status = await wire.ReadLineAsync();
            if (status == LineStatus.End)
                throw new SessionEndedException(farewell: null);
            if (status == LineStatus.TooLong)
                return Pop3Reply.LineTooLong;
            if (wire.Line.SequenceEqual("*"u8))
                return Pop3Reply.Cancelled;
            response = Decode(wire.Line);
            if (response is null)
                return Pop3Reply.BadResponse;
        }

        return null;
    }

    // RFC 4648 §3.3: what is outside the alphabet is refused; the decoder would pass over white space.
    private static ReadOnlyMemory<byte>? Decode(ReadOnlySpan<byte> base64)
    {
        if (base64.SequenceEqual("="u8))
            return ReadOnlyMemory<byte>.Empty;
        if (base64.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
            return null;
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(base64.Length)];
        // No conditional expression: null would be converted to empty memory there.
        if (Base64.DecodeFromUtf8(base64, decoded, out _, out var length) != OperationStatus.Done)
            return null;
        return decoded.AsMemory(0, length);
    }
}
