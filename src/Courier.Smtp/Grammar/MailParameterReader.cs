using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Courier.Mail.Addresses;
using Courier.Mail.Reports;
using Courier.Smtp.Replies;
using Courier.Smtp.Server;

namespace Courier.Smtp.Grammar;

/// <summary>The parameters of MAIL, one by one. Whether the listener offers what they ask for is for the session to say:
/// <see cref="MailParameters.Uses"/>.</summary>
internal struct MailParameterReader
{
    // RFC 1870 §3: "a decimal number of up to 20 digits".
    private const int SizeDigits = 20;

    // RFC 3461 §4.4: "The maximum length of an envelope-identifier is 100 characters", as they are before they become xtext.
    private const int EnvelopeIdCharacters = 100;

    [Flags]
    private enum Seen
    {
        Size = 1,
        Body = 2,
        Auth = 4,
        Return = 8,
        EnvelopeId = 16,
        Utf8 = 32,
        RequireTls = 64,
        Security = 128,
        By = 256,
        Priority = 512,
        Hold = 1024,
        Verp = 2048,
        ExtendedData = 4096,
    }

    private Seen _seen;
    private SmtpExtensions _uses;
    private long? _size;
    private bool _is8Bit;
    private bool _isBinary;
    private ReturnContent _return;
    private string? _envelopeId;
    private bool _isSecureOnly;
    private int _priority;
    private DeliveryTime? _by;
    private TimeSpan? _holdFor;
    private DateTimeOffset? _holdUntil;

    public readonly MailParameters Build(ReversePath sender) => new(sender)
    {
        Size = _size,
        Is8Bit = _is8Bit || _isBinary,
        IsBinary = _isBinary,
        IsUtf8 = (_seen & Seen.Utf8) != 0,
        Return = _return,
        EnvelopeId = _envelopeId,
        RequireTls = (_seen & Seen.RequireTls) != 0,
        SecureOnly = _isSecureOnly,
        IsVerp = (_seen & Seen.Verp) != 0,
        WantsEachReply = (_seen & Seen.ExtendedData) != 0,
        Priority = _priority,
        By = _by,
        HoldFor = _holdFor,
        HoldUntil = _holdUntil,
        Uses = _uses,
    };

    /// <returns>Null, or why the command is refused.</returns>
    public SmtpReply? Read(in ParameterScan parameter)
    {
        if (!parameter.IsNameValid)
            return Reply.BadArguments;
        bool? isGood = parameter.Name.Length switch
        {
            2 when parameter.Is("BY"u8) => ReadBy(parameter.Value),
            3 when parameter.Is("RET"u8) => ReadReturn(parameter),
            4 when parameter.Is("SIZE"u8) => ReadSize(parameter.Value),
            4 when parameter.Is("BODY"u8) => ReadBody(parameter),
            // RFC 4954 §5: who submitted it, in the words of the peer. We trust nobody's, which the RFC allows.
            4 when parameter.Is("AUTH"u8) => First(Seen.Auth) && !parameter.Value.IsEmpty,
            // The names have no X here, though their EHLO words have.
            4 when parameter.Is("VERP"u8) => ReadWord(Seen.Verp, SmtpExtensions.Verp, parameter),
            6 when parameter.Is("EXDATA"u8) => ReadWord(Seen.ExtendedData, SmtpExtensions.ExtendedData, parameter),
            5 when parameter.Is("ENVID"u8) => ReadEnvelopeId(parameter.Value),
            7 when parameter.Is("HOLDFOR"u8) => ReadHoldFor(parameter.Value),
            8 when parameter.Is("SECURITY"u8) => ReadSecurity(parameter),
            9 when parameter.Is("HOLDUNTIL"u8) => ReadHoldUntil(parameter.Value),
            10 when parameter.Is("REQUIRETLS"u8) => ReadWord(Seen.RequireTls, SmtpExtensions.RequireTls, parameter),
            11 when parameter.Is("MT-PRIORITY"u8) => ReadPriority(parameter.Value),
            8 when parameter.Is("SMTPUTF8"u8) => ReadWord(Seen.Utf8, SmtpExtensions.Utf8, parameter),
            _ => null,
        };
        return isGood switch
        {
            null => Reply.UnknownParameter,
            false => Reply.BadArguments,
            true => null,
        };
    }

    private bool First(Seen parameter)
    {
        var isFirst = (_seen & parameter) == 0;
        _seen |= parameter;
        return isFirst;
    }

    /// <summary>A parameter that is its name alone.</summary>
    private bool ReadWord(Seen word, SmtpExtensions extension, in ParameterScan parameter)
    {
        _uses |= extension;
        return First(word) && !parameter.HasValue;
    }

    // A number too large for us is a size too large for us, not an error in grammar.
    private bool ReadSize(ReadOnlySpan<byte> value)
    {
        if (!First(Seen.Size) || value.Length is 0 or > SizeDigits || value.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return false;
        _size = Utf8Parser.TryParse(value, out long size, out _) ? size : long.MaxValue;
        return true;
    }

    private bool ReadBody(in ParameterScan parameter)
    {
        if (!First(Seen.Body))
            return false;
        _is8Bit = parameter.ValueIs("8BITMIME"u8);
        _isBinary = parameter.ValueIs("BINARYMIME"u8);
        if (_isBinary)
            _uses |= SmtpExtensions.BinaryMime | SmtpExtensions.Chunking;
        return _is8Bit || _isBinary || parameter.ValueIs("7BIT"u8);
    }

    /// <summary>by-value = ["-" / "+"] 1*9digit ";" ("N" / "R") ["T"] (RFC 2852 §4.1.1); R must lie ahead.</summary>
    private bool ReadBy(ReadOnlySpan<byte> value)
    {
        _uses |= SmtpExtensions.DeliverBy;
        var semicolon = value.IndexOf((byte)';');
        if (!First(Seen.By) || semicolon < 0)
            return false;
        var seconds = value[..semicolon];
        var isNegative = seconds is [(byte)'-', ..];
        var mode = value[(semicolon + 1)..];
        if (Number(seconds is [(byte)'-' or (byte)'+', ..] ? seconds[1..] : seconds) is not { } number || mode.Length is 0 or > 2)
            return false;
        var isReturned = mode[0] is (byte)'R' or (byte)'r';
        if ((!isReturned && mode[0] is not ((byte)'N' or (byte)'n')) || (mode.Length == 2 && mode[1] is not ((byte)'T' or (byte)'t')))
            return false;
        _by = new DeliveryTime(TimeSpan.FromSeconds(isNegative ? -number : number), isReturned, mode.Length == 2);
        return !isReturned || _by.Within > TimeSpan.Zero;
    }

    // RFC 2852 §4.1.1, RFC 4865 §4: nine digits.
    private static int? Number(ReadOnlySpan<byte> digits) =>
        digits.Length is 0 or > 9 || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') || !Utf8Parser.TryParse(digits, out int number, out _) ? null : number;

    /// <summary>−9 to 9 (RFC 6710 §3).</summary>
    private bool ReadPriority(ReadOnlySpan<byte> value)
    {
        _uses |= SmtpExtensions.Priority;
        var digit = value is [(byte)'-', ..] ? value[1..] : value;
        if (!First(Seen.Priority) || digit is not [>= (byte)'0' and <= (byte)'9'])
            return false;
        _priority = value.Length == 1 ? digit[0] - '0' : '0' - digit[0];
        return true;
    }

    /// <summary>RFC 4865 §4: seconds from now. HOLDFOR and HOLDUNTIL exclude each other.</summary>
    private bool ReadHoldFor(ReadOnlySpan<byte> value)
    {
        _uses |= SmtpExtensions.FutureRelease;
        if (!First(Seen.Hold) || Number(value) is not { } seconds || seconds == 0)
            return false;
        _holdFor = TimeSpan.FromSeconds(seconds);
        return true;
    }

    /// <summary>RFC 4865 §4: a date-time of RFC 3339.</summary>
    private bool ReadHoldUntil(ReadOnlySpan<byte> value)
    {
        _uses |= SmtpExtensions.FutureRelease;
        string[] forms = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];
        if (!First(Seen.Hold) || value.Length < "2000-01-01T00:00:00Z".Length
            || !DateTimeOffset.TryParseExact(Encoding.ASCII.GetString(value).ToUpperInvariant(), forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var until))
            return false;
        _holdUntil = until;
        return true;
    }

    /// <summary>Courier's XSECURITY: NONE or STARTTLS.</summary>
    private bool ReadSecurity(in ParameterScan parameter)
    {
        _uses |= SmtpExtensions.Security;
        _isSecureOnly = parameter.ValueIs("STARTTLS"u8);
        return First(Seen.Security) && (_isSecureOnly || parameter.ValueIs("NONE"u8));
    }

    /// <summary>RFC 3461 §4.3.</summary>
    private bool ReadReturn(in ParameterScan parameter)
    {
        _uses |= SmtpExtensions.Dsn;
        _return = parameter.ValueIs("FULL"u8) ? ReturnContent.Full : parameter.ValueIs("HDRS"u8) ? ReturnContent.Headers : ReturnContent.Unsaid;
        return First(Seen.Return) && _return != ReturnContent.Unsaid;
    }

    /// <summary>RFC 3461 §4.4. Printable only: a line end in it would write header fields into reports.</summary>
    private bool ReadEnvelopeId(ReadOnlySpan<byte> value)
    {
        _uses |= SmtpExtensions.Dsn;
        _envelopeId = Encoding.ASCII.GetString(value);
        return First(Seen.EnvelopeId) && Ascii.IsValid(value) && Xtext.TryDecode(_envelopeId, out var id) && id.Length is > 0 and <= EnvelopeIdCharacters
            && !id.AsSpan().ContainsAnyExceptInRange(' ', '~');
    }
}
