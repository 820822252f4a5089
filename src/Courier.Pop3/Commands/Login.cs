using System.Text;
using System.Text.Unicode;

namespace Courier.Pop3.Commands;

/// <summary>USER: the name; whether there is such an account is not told.</summary>
/// <remarks>RFC 1939 §7. Refused already where the password would be, so that no client sends it (RFC 2595 §2.1).</remarks>
internal sealed record UserCommand(string Name) : Pop3Command
{
    internal static Pop3Command? Parse(ReadOnlySpan<byte> arguments) =>
        LoginText.Read(arguments.Trim((byte)' ')) is { } name ? new UserCommand(name) : null;

    internal override ValueTask<Pop3Reply?> RunAsync(Pop3Session session, CancellationToken ct)
    {
        if (!session.AllowsLogin)
            return new(Pop3Reply.EncryptionNeeded);
        session.Name = Name;
        return new(Pop3Reply.NameTaken);
    }
}

/// <summary>PASS: the password, which may have spaces in it.</summary>
/// <remarks>RFC 1939 §7.</remarks>
internal sealed record PassCommand(string Password) : Pop3Command
{
    internal static Pop3Command? Parse(ReadOnlySpan<byte> arguments) => LoginText.Read(arguments) is { } password ? new PassCommand(password) : null;

    internal override async ValueTask<Pop3Reply?> RunAsync(Pop3Session session, CancellationToken ct)
    {
        if (!session.AllowsLogin)
            return Pop3Reply.EncryptionNeeded;
        if (session.Name is not { } name)
            return Pop3Reply.NameFirst;
        session.Name = null;
        return await session.EnterAsync(await session.Server.Accounts.AuthenticateAsync(name, Password, ct), name, ct);
    }

    public override string ToString() => "PASS (secret)";
}

/// <summary>Names and passwords on a line: UTF-8 without control characters.</summary>
internal static class LoginText
{
    internal static string? Read(ReadOnlySpan<byte> text) =>
        text.IsEmpty || text.ContainsAnyInRange((byte)0, (byte)0x1f) || !Utf8.IsValid(text) ? null : Encoding.UTF8.GetString(text);
}
