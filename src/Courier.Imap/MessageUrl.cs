using System.Globalization;
using System.Text;
using Courier.Imap.Grammar;
using Courier.Mail.Mime;
using Courier.Mailboxes;
using Courier.Mailboxes.Names;

namespace Courier.Imap;

/// <summary>A message, or a piece of one, of this account as a URL (RFC 5092 §6, §7): <c>/INBOX;UIDVALIDITY=1/;UID=20/;SECTION=1.2</c>,
/// or without a mailbox for the one that is selected. URLs of other servers are nothing that we fetch.</summary>
internal sealed record MessageUrl(MailboxName Mailbox, uint? UidValidity, Uid Uid, FetchSection Section)
{
    /// <summary>Null for what is no such URL.</summary>
    public static MessageUrl? TryParse(string url, ImapSession session)
    {
        var isAbsolute = url.StartsWith('/');
        var mailbox = isAbsolute ? null : session.Selected?.Name;
        uint? uidValidity = null;
        Uid? uid = null;
        var (section, partial) = ("", "");
        var first = isAbsolute;
        foreach (var piece in (isAbsolute ? url[1..] : url).Split('/'))
        {
            var parts = piece.Split(';');
            if (parts[0].Length > 0 && (!first || (mailbox = session.Naming.OfUrl(Decode(parts[0]))) is null))
                return null;
            first = false;
            foreach (var part in parts.Skip(1).Where(part => part.Length > 0))
            {
                var at = part.IndexOf('=', StringComparison.Ordinal);
                var value = at < 0 ? "" : part[(at + 1)..];
                switch (at < 0 ? "" : part[..at].ToUpperInvariant())
                {
                    case "UIDVALIDITY" when Number(value) is { } number: uidValidity = number; break;
                    case "UID" when Number(value) is { } number: uid = new(number); break;
                    case "SECTION": section = Encoding.Latin1.GetString(Decode(value)); break;
                    case "PARTIAL": partial = value.Contains('.', StringComparison.Ordinal) ? $"<{value}>" : $"<{value}.4294967295>"; break;
                    default: return null;
                }
            }
        }

        return mailbox is not null && uid is { } known && ReadSection($"BODY.PEEK[{section}]{partial}", session.Limits) is { } read
            ? new(mailbox, uidValidity, known, read)
            : null;
    }

    /// <summary>The message; null when there is none.</summary>
    public async ValueTask<MessageContent?> OpenAsync(ImapSession session, CancellationToken ct)
    {
        if (await session.Mailboxes.OpenAsync(Mailbox, ct) is not { } mailbox)
            return null;
        await using (mailbox)
        {
            if ((UidValidity is { } asked && asked != mailbox.Current.UidValidity.Value) || mailbox.Current.IndexOf(Uid) < 0)
                return null;
            return await mailbox.OpenMessageAsync(Uid, ct);
        }
    }

    private static FetchSection? ReadSection(string text, ImapLimits limits)
    {
        try
        {
            var p = new ImapParser(Encoding.Latin1.GetBytes(text), limits);
            var items = FetchItems.Parse(ref p);
            p.End();
            return items.Sections is [{ Form: SectionForm.Raw } section] && section.Text is not (SectionText.HeaderFields or SectionText.HeaderFieldsNot) ? section : null;
        }
        catch (ImapSyntaxException)
        {
            return null;
        }
    }

    private static uint? Number(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

    // RFC 3986 §2.1; what is no escape stays.
    private static byte[] Decode(string text)
    {
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
            {
                bytes.Add(octet);
                i += 2;
            }
            else
                bytes.Add((byte)text[i]);
        }

        return [.. bytes];
    }
}
