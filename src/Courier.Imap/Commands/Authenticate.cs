using System.Buffers.Text;
using System.Text;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mail.Sasl;

namespace Courier.Imap.Commands;

/// <summary>AUTHENTICATE: a SASL exchange in base64 lines, which may begin with the command.</summary>
/// <remarks>RFC 3501 §6.2.2, RFC 4959: authenticate = "AUTHENTICATE" SP auth-type [SP (base64 / "=")] *(CRLF base64)</remarks>
internal sealed record AuthenticateCommand(string Mechanism, byte[]? Initial) : ImapCommand
{
    public static AuthenticateCommand Parse(ref ImapParser p)
    {
        p.Space();
        var mechanism = Encoding.ASCII.GetString(p.Atom());
        var initial = p.TrySpace() ? Decode(p.Rest) : null;
        return new(mechanism, initial);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        if (!Capabilities.AllowsLogin(session))
            return Completion.No("PRIVACYREQUIRED", "Passwords are taken only under TLS");
        if (SaslExchange.Start(Mechanism) is not { } exchange)
            return Completion.No("CANNOT", "There is no such mechanism");
        // Not "null" alone, which would become an empty response by way of a null array.
        ReadOnlyMemory<byte>? response = Initial is null ? default(ReadOnlyMemory<byte>?) : new ReadOnlyMemory<byte>(Initial);
        while (true)
        {
            switch (exchange.Next(response))
            {
                case SaslStep.Credentials:
                    return await LoginCommand.CheckAsync(session, exchange.Credentials!, exchange.Mechanism, ct);
                case SaslStep.Malformed:
                    return Completion.No("AUTHENTICATIONFAILED", "That is not what the mechanism asks for");
            }

            session.Writer.Raw("+ "u8);
            session.Writer.Raw(Convert.ToBase64String(exchange.Challenge.Span));
            session.Writer.Line();
            if (await session.Reader.ReadLineAsync(session.Limits.SaslLineBytes, session.Limits.CommandTime) is not ReadStatus.Command)
                throw new ConnectionLostException("The client left while it logged in, or sent too much");
            if (session.Reader.Text.SequenceEqual("*"u8))
                return Completion.Bad("AUTHENTICATE cancelled"); // §6.2.2
            response = Decode(session.Reader.Text);
        }
    }

    // "=" is an empty response, which cannot be said otherwise on the command's own line (RFC 4959 §3).
    private static byte[] Decode(ReadOnlySpan<byte> text)
    {
        if (text.SequenceEqual("="u8))
            return [];
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        return Base64.DecodeFromUtf8(text, decoded, out _, out var length) == System.Buffers.OperationStatus.Done
            ? decoded[..length]
            : throw new ImapSyntaxException("Not base64");
    }
}
