namespace Courier.Mail.Sasl;

/// <summary>LOGIN: the name, then the password (draft-murchison-sasl-login §2). The prompts are those that clients look for.</summary>
internal sealed class LoginExchange : SaslExchange
{
    private string? _user;
    private bool _asked;

    public override string Mechanism => "LOGIN";

    public override SaslStep Next(ReadOnlyMemory<byte>? response)
    {
        if (Credentials is not null)
            return SaslStep.Malformed;
        if (response is not { } message)
        {
            if (_asked)
                return SaslStep.Malformed;
            _asked = true;
            Challenge = "Username:"u8.ToArray();
            return SaslStep.Challenge;
        }
        if (_user is null)
        {
            // Also as initial response, which some clients send though the draft knows none.
            _user = SaslText.Read(message.Span, 1, SaslLimits.NameBytes);
            _asked = true;
            Challenge = "Password:"u8.ToArray();
            return _user is null ? SaslStep.Malformed : SaslStep.Challenge;
        }
        if (SaslText.Read(message.Span, 1, SaslLimits.PasswordBytes) is not { } password)
            return SaslStep.Malformed;
        Credentials = new("", _user, password);
        return SaslStep.Credentials;
    }
}
