using System.Buffers;
using System.Globalization;
using System.Text;

namespace Courier.Mail.Addresses;

/// <summary>Variable envelope return paths: the recipient is named within the return path, so that whatever comes back tells whom it is about
/// (draft-varshavchik-verp-smtpext §7).</summary>
public static class Verp
{
    private static readonly SearchValues<char> _escaped = SearchValues.Create("@:%!-[]+");

    /// <summary><c>list@example.org</c> and <c>ada@example.net</c> give <c>list-ada=example.net@example.org</c>.</summary>
    public static MailAddress Encode(MailAddress sender, MailAddress recipient)
    {
        ArgumentNullException.ThrowIfNull(sender);
        ArgumentNullException.ThrowIfNull(recipient);
        return new MailAddress($"{sender.LocalPart}-{Escape(recipient.LocalPart)}={Escape(recipient.Domain)}", sender.Domain);
    }

    /// <summary>The null path stays what it is: nothing is to come back there.</summary>
    public static ReversePath Encode(ReversePath sender, MailAddress recipient)
    {
        ArgumentNullException.ThrowIfNull(sender);
        return sender.Address is { } address ? new ReversePath(Encode(address, recipient)) : sender;
    }

    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (_escaped.Contains(c))
                escaped.Append(CultureInfo.InvariantCulture, $"+{(int)c:X2}");
            else
                escaped.Append(c);
        }

        return escaped.ToString();
    }
}
