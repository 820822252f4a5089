using System.Buffers;
using System.Text;
using Courier.IO.Files;
using Courier.Mail.Headers;

namespace Courier.Mta.Reception;

/// <summary>What reception wants to know of a message's header, found in one walk.</summary>
/// <param name="Received">How many Received fields it has.</param>
/// <param name="HasDate">Date is there.</param>
/// <param name="HasMessageId">Message-ID is there.</param>
/// <param name="IsHeader">False where the message begins with text: our fields must then be closed by an empty line, or the
/// text would be taken for one of them.</param>
/// <param name="Fields">How many it has in all.</param>
/// <param name="IsWhole">False where its end was not found within the limit.</param>
internal readonly record struct HeaderSummary(int Received, bool HasDate, bool HasMessageId, bool IsHeader, int Fields, bool IsWhole)
{
    /// <summary>TLS-Required: No (RFC 8689 §3).</summary>
    public bool TlsIsOptional { get; init; }

    // RFC 5322 §3.6.8: field names are printable US-ASCII without the colon.
    private static readonly SearchValues<byte> _nameBytes = SearchValues.Create([.. Enumerable.Range(33, 94).Where(c => c != ':').Select(c => (byte)c)]);

    /// <param name="message">As received.</param>
    /// <param name="limitBytes">What lies further on is not looked at.</param>
    internal static HeaderSummary Of(MessageBuffer message, int limitBytes)
    {
        if (message.FilePath is null)
            return Of(message.Memory.Span[..(int)Math.Min(message.Length, limitBytes)], message.Length > limitBytes);
        var buffer = ArrayPool<byte>.Shared.Rent(limitBytes);
        try
        {
            using var stream = message.OpenRead();
            return Of(buffer.AsSpan(0, stream.ReadAtLeast(buffer.AsSpan(0, limitBytes), limitBytes, throwOnEndOfStream: false)), message.Length > limitBytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <param name="message">Its beginning.</param>
    /// <param name="goesOn">There is more of it.</param>
    internal static HeaderSummary Of(ReadOnlySpan<byte> message, bool goesOn = false)
    {
        var summary = new HeaderSummary(0, HasDate: false, HasMessageId: false, IsHeader: true, Fields: 0, IsWhole: true);
        var isFirst = true;
        var end = 0;
        foreach (var field in new HeaderReader(message))
        {
            var name = message[field.Name];
            if (isFirst && (name.IsEmpty || name.ContainsAnyExcept(_nameBytes)))
                summary = summary with { IsHeader = IsMailboxLine(message) };
            isFirst = false;
            end = field.Start + field.Length;
            summary = summary with { Fields = summary.Fields + 1 };
            summary = name.Length switch
            {
                8 when Ascii.EqualsIgnoreCase(name, "Received"u8) => summary with { Received = summary.Received + 1 },
                4 when Ascii.EqualsIgnoreCase(name, "Date"u8) => summary with { HasDate = true },
                12 when Ascii.EqualsIgnoreCase(name, "TLS-Required"u8) => summary with { TlsIsOptional = Ascii.EqualsIgnoreCase(message[field.Value].Trim(" \t\r\n"u8), "No"u8) },
                10 when Ascii.EqualsIgnoreCase(name, "Message-ID"u8) => summary with { HasMessageId = true },
                _ => summary,
            };
        }

        return summary with { IsWhole = !goesOn || IsEnd(message[end..], isAfterField: end > 0) };
    }

    /// <summary>An empty line follows: behind the last field, after the end of its own line.</summary>
    private static bool IsEnd(ReadOnlySpan<byte> rest, bool isAfterField)
    {
        if (isAfterField)
            rest = rest[(rest.StartsWith("\r\n"u8) ? 2 : Math.Min(1, rest.Length))..];
        return rest.StartsWith("\r\n"u8) || rest.StartsWith("\n"u8);
    }

    /// <summary>The line that begins a message in an mbox file; some programs send it along, with the header after it.</summary>
    private static bool IsMailboxLine(ReadOnlySpan<byte> message) => message.StartsWith("From "u8) || message.StartsWith(">From "u8);
}
