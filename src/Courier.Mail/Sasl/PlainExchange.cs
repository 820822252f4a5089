namespace Courier.Mail.Sasl;

/// <summary>PLAIN: one message, <c>[authzid] NUL authcid NUL passwd</c> (RFC 4616 §2).</summary>
internal sealed class PlainExchange : SaslExchange
{
    public override string Mechanism => "PLAIN";

    public override SaslStep Next(ReadOnlyMemory<byte>? response)
    {
        if (Credentials is not null)
            return SaslStep.Malformed;
        if (response is not { } message)
        {
            Challenge = default;
            return SaslStep.Challenge;
        }
        return Read(message.Span) ? SaslStep.Credentials : SaslStep.Malformed;
    }

    private bool Read(ReadOnlySpan<byte> message)
    {
        if (message.Length > 2 * SaslLimits.NameBytes + SaslLimits.PasswordBytes + 2 || message.Count((byte)0) != 2)
            return false;
        var first = message.IndexOf((byte)0);
        var second = message.LastIndexOf((byte)0);
        if (SaslText.Read(message[..first], 0, SaslLimits.NameBytes) is not { } authorization
            || SaslText.Read(message[(first + 1)..second], 1, SaslLimits.NameBytes) is not { } user
            || SaslText.Read(message[(second + 1)..], 1, SaslLimits.PasswordBytes) is not { } password)
            return false;
        Credentials = new(authorization, user, password);
        return true;
    }
}
