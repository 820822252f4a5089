using System.Net;

namespace Courier.Queue;

/// <summary>Who handed a message in, and at which virtual host. One text in the queue, the log and listings: <c>ada@example.org</c>, <c>192.0.2.1 at 198.51.100.7</c>.</summary>
/// <param name="Who">A peer's address, an account, a user of this machine; see <see cref="Submission.Origin"/>.</param>
/// <param name="Host">The address of ours that it came to, where that is a virtual host; else null.</param>
public readonly record struct MessageOrigin(string Who, IPAddress? Host)
{
    private const string Mark = " at ";

    /// <summary>The domain of the account that handed it in; null where nobody logged in.</summary>
    public string? Domain => Who.LastIndexOf('@') is var at and >= 0 ? Who[(at + 1)..] : null;

    public static MessageOrigin Parse(string text) =>
        text.LastIndexOf(Mark, StringComparison.Ordinal) is var mark and >= 0 && IPAddress.TryParse(text.AsSpan(mark + Mark.Length), out var host)
            ? new MessageOrigin(text[..mark], host)
            : new MessageOrigin(text, null);

    public override string ToString() => Host is null ? Who : $"{Who}{Mark}{Host}";
}
