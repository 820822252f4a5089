using System.Text;
using Courier.Mail.Addresses;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Grammar;

/// <summary>The arguments of XCLIENT and XFORWARD: SP name "=" xtext, again and again, names of a fixed list.</summary>
internal static class AttributeReader
{
    public const string ClientNames = "NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";

    public const string ForwardNames = "NAME ADDR PORT PROTO HELO IDENT SOURCE";

    public static SmtpCommand ReadClient(ReadOnlySpan<byte> argument) =>
        Read(argument, ClientNames) is { } attributes ? new XClient(attributes) : new Bad(Reply.BadArguments);

    public static SmtpCommand ReadForward(ReadOnlySpan<byte> argument) =>
        Read(argument, ForwardNames) is { } attributes ? new XForward(attributes) : new Bad(Reply.BadArguments);

    private static Dictionary<string, string?>? Read(ReadOnlySpan<byte> argument, string names)
    {
        var known = names.Split(' ');
        var attributes = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var range in argument.Split((byte)' '))
        {
            var word = Encoding.ASCII.GetString(argument[range]);
            if (word.Length == 0)
                continue;
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? "" : word[..equals].ToUpperInvariant();
            // What it stands for goes into trace fields and logs: printable ASCII only.
            if (!known.Contains(name) || !Xtext.TryDecode(word[(equals + 1)..], out var value) || value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
                return null;
            attributes[name] = value.ToUpperInvariant() is "[UNAVAILABLE]" or "[TEMPUNAVAIL]" ? null : value;
        }

        return attributes.Count == 0 ? null : attributes;
    }
}
