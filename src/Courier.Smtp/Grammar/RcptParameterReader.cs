using System.Text;
using System.Text.Unicode;
using Courier.Mail.Addresses;
using Courier.Mail.Reports;
using Courier.Smtp.Replies;
using Courier.Smtp.Server;

namespace Courier.Smtp.Grammar;

/// <summary>The parameters of RCPT: NOTIFY and ORCPT (RFC 3461 §4.1, §4.2).</summary>
internal struct RcptParameterReader
{
    // RFC 3461 §4.2: "ORCPT ... a maximum length of 500 characters".
    private const int OriginalRecipientCharacters = 500;

    private bool _hasNotify;

    public NotifyOn Notify { get; private set; }

    public string? OriginalRecipient { get; private set; }

    public SmtpExtensions Uses { get; private set; }

    /// <returns>Null, or why the command is refused.</returns>
    public SmtpReply? Read(in ParameterScan parameter)
    {
        if (!parameter.IsNameValid)
            return Reply.BadArguments;
        if (parameter.Is("NOTIFY"u8))
            return ReadNotify(parameter.Value) ? null : Reply.BadArguments;
        if (parameter.Is("ORCPT"u8))
            return ReadOriginalRecipient(parameter.Value) ? null : Reply.BadArguments;
        return Reply.UnknownParameter;
    }

    /// <summary>"NEVER" / 1#( "SUCCESS" / "FAILURE" / "DELAY" ).</summary>
    private bool ReadNotify(ReadOnlySpan<byte> value)
    {
        Uses |= SmtpExtensions.Dsn;
        if (_hasNotify)
            return false;
        _hasNotify = true;
        foreach (var range in value.Split((byte)','))
        {
            var word = WordOf(value[range]);
            if (word == NotifyOn.Default)
                return false;
            Notify |= word;
        }

        return Notify == NotifyOn.Never || !Notify.HasFlag(NotifyOn.Never);
    }

    private static NotifyOn WordOf(ReadOnlySpan<byte> word) =>
        Ascii.EqualsIgnoreCase(word, "SUCCESS"u8) ? NotifyOn.Success
        : Ascii.EqualsIgnoreCase(word, "FAILURE"u8) ? NotifyOn.Failure
        : Ascii.EqualsIgnoreCase(word, "DELAY"u8) ? NotifyOn.Delay
        : Ascii.EqualsIgnoreCase(word, "NEVER"u8) ? NotifyOn.Never
        : NotifyOn.Default;

    /// <summary>original-recipient-address = addr-type ";" xtext. Kept as given: it is returned, and passed on, in the same words.</summary>
    private bool ReadOriginalRecipient(ReadOnlySpan<byte> value)
    {
        Uses |= SmtpExtensions.Dsn;
        if (OriginalRecipient is not null || value.Length > OriginalRecipientCharacters)
            return false;
        OriginalRecipient = Encoding.UTF8.GetString(value);
        var semicolon = OriginalRecipient.IndexOf(';', StringComparison.Ordinal);
        if (semicolon <= 0 || OriginalRecipient.AsSpan(0, semicolon).ContainsAnyExcept(_typeCharacters))
            return false;
        // RFC 6533 §3: the type that may hold more than ASCII, as it is or as \x{…}. Spaces and controls never came this far.
        if (OriginalRecipient.StartsWith("utf-8;", StringComparison.OrdinalIgnoreCase))
            return OriginalRecipient.Length > semicolon + 1 && !OriginalRecipient.AsSpan().ContainsAnyInRange('\x7f', '\x9f');
        // No controls: a line end in it would write header fields into reports. Octets past ASCII are Postfix's way of saying an address
        // in UTF-8: rfc822;j+C3+BCrgen@example.org.
        return Xtext.TryDecode(OriginalRecipient[(semicolon + 1)..], out var address) && address.Length > 0
            && !address.AsSpan().ContainsAnyInRange('\0', '\x1f') && !address.Contains('\x7f', StringComparison.Ordinal)
            && Utf8.IsValid(Encoding.Latin1.GetBytes(address));
    }

    private static readonly System.Buffers.SearchValues<char> _typeCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
}
