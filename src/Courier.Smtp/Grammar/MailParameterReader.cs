using System.Buffers.Text;
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
    }

    private Seen _seen;
    private SmtpExtensions _uses;
    private long? _size;
    private bool _is8Bit;
    private bool _isBinary;
    private ReturnContent _return;
    private string? _envelopeId;

    public readonly MailParameters Build(ReversePath sender) => new(sender)
    {
        Size = _size,
        Is8Bit = _is8Bit || _isBinary,
        IsBinary = _isBinary,
        IsUtf8 = (_seen & Seen.Utf8) != 0,
        Return = _return,
        EnvelopeId = _envelopeId,
        Uses = _uses,
    };

    /// <returns>Null, or why the command is refused.</returns>
    public SmtpReply? Read(in ParameterScan parameter)
    {
        if (!parameter.IsNameValid)
            return Reply.BadArguments;
        bool? isGood = parameter.Name.Length switch
        {
            3 when parameter.Is("RET"u8) => ReadReturn(parameter),
            4 when parameter.Is("SIZE"u8) => ReadSize(parameter.Value),
            4 when parameter.Is("BODY"u8) => ReadBody(parameter),
            // RFC 4954 §5: who submitted it, in the words of the peer. We trust nobody's, which the RFC allows.
            4 when parameter.Is("AUTH"u8) => First(Seen.Auth) && !parameter.Value.IsEmpty,
            5 when parameter.Is("ENVID"u8) => ReadEnvelopeId(parameter.Value),
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
