using System.Buffers;
using System.Buffers.Text;
using Courier.IO.Wire;
using Courier.Mail.Sasl;
using Courier.Smtp.Grammar;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Server;

/// <summary>The lines of one AUTH exchange (RFC 4954 §4), up to the credentials. Whether they are right is not asked here.</summary>
internal static class AuthDialogue
{
    /// <returns>The credentials, or the reply that ends the exchange.</returns>
    public static async ValueTask<(SaslCredentials? Credentials, SmtpReply? Problem)> RunAsync(Auth command, SmtpWire wire)
    {
        if (SaslExchange.Start(command.Mechanism) is not { } exchange)
            return (null, Reply.UnknownMechanism);
        ReadOnlyMemory<byte>? response = null;
        if (command.InitialResponse is { } initial)
        {
            response = Decode(initial);
            if (response is null)
                return (null, Reply.BadAuthResponse);
        }

        while (exchange.Next(response) is var step and not SaslStep.Credentials)
        {
            if (step == SaslStep.Malformed)
                return (null, Reply.BadAuthResponse);
            wire.Write(Reply.Challenge(exchange.Challenge));
            await wire.FlushAsync();
            (response, var problem) = await ReadResponseAsync(wire);
            if (problem is not null)
                return (null, problem);
        }

        return (exchange.Credentials, null);
    }

    private static async ValueTask<(ReadOnlyMemory<byte>? Response, SmtpReply? Problem)> ReadResponseAsync(SmtpWire wire)
    {
        var status = await wire.ReadLineAsync();
        if (status == LineStatus.End)
            throw new SessionEndedException(farewell: null);
        if (status == LineStatus.Endless)
            throw new SessionEndedException(Reply.AuthLineTooLong);
        if (status == LineStatus.TooLong)
            return (null, Reply.AuthLineTooLong);
        if (wire.Line.SequenceEqual("*"u8))
            return (null, Reply.AuthCancelled);
        return Decode(wire.Line) is { } response ? (response, null) : (null, Reply.BadAuthResponse);
    }

    // RFC 4648 §3.3: what is outside the alphabet is refused; the decoder would pass over white space.
    private static ReadOnlyMemory<byte>? Decode(ReadOnlySpan<byte> base64)
    {
        if (base64.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
            return null;
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(base64.Length)];
        // Not "null" alone, which would become an empty response by way of Memory's conversion.
        return Base64.DecodeFromUtf8(base64, decoded, out _, out var length) == OperationStatus.Done ? decoded.AsMemory(0, length) : default(ReadOnlyMemory<byte>?);
    }
}
