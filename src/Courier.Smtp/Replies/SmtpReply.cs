using System.Buffers;
using System.Globalization;

namespace Courier.Smtp.Replies;

/// <summary>Enhanced status code (RFC 3463).</summary>
public readonly record struct EnhancedStatus(int Class, int Subject, int Detail)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Class}.{Subject}.{Detail}");
}

/// <summary>An answer of the server (RFC 5321 §4.2).</summary>
/// <param name="Code">Three digits.</param>
/// <param name="Status">Null where RFC 2034 §4 has none: greeting, EHLO, 354, AUTH challenges.</param>
/// <param name="Text">Printable US-ASCII; several lines are separated by LF.</param>
public sealed record SmtpReply(int Code, EnhancedStatus? Status, string Text)
{
    public bool IsPositive => Code < 400;

    /// <summary>As it goes over the wire.</summary>
    public ReadOnlyMemory<byte> ToBytes()
    {
        var output = new ArrayBufferWriter<byte>();
        ReplyWriter.Write(this, output);
        return output.WrittenMemory;
    }

    public bool IsTransient => Code is >= 400 and < 500;
}
