using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Courier.Mail.Headers;
using Courier.Mailboxes.Search;

namespace Courier.Mailboxes.Content;

/// <summary>The header fields that people search most, as a search reads them, so that it needs no file: values of Subject, From, To, Cc, Bcc and
/// Message-ID in UTF-8, and the day that the Date field names.</summary>
/// <remarks>Layout, little-endian: day (4; the smallest number for none), which fields are not complete (1), then for each value its field (1),
/// length (2) and text. Long lists of recipients are left out: then the message is asked.</remarks>
internal readonly ref struct KeptFields(ReadOnlySpan<byte> bytes)
{
    private const int HeadBytes = 5;
    private const int EntryBytes = 3;
    private const int MaxBytes = 2048;
    private const int NoDay = int.MinValue;

    private static readonly string[] Names = ["Subject", "From", "To", "Cc", "Bcc", "Message-ID"];

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The day of the Date field in the zone it was written in; null without a readable one.</summary>
    internal DateOnly? SentOn =>
        BinaryPrimitives.ReadInt32LittleEndian(_bytes) is var day and not NoDay ? DateOnly.FromDayNumber(day) : null;

    internal static bool Has(string field) => IndexOf(field) >= 0;

    internal static bool IsValid(ReadOnlySpan<byte> bytes) => bytes.Length >= HeadBytes;

    /// <summary>Null when only the message knows.</summary>
    internal bool? Contains(string field, TextPattern pattern)
    {
        var kind = IndexOf(field);
        if (kind < 0)
            return null;
        for (var rest = _bytes[HeadBytes..]; rest.Length >= EntryBytes;)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(rest[1..]);
            if (rest[0] == kind && (pattern.IsEmpty || pattern.IsInUtf8(rest.Slice(EntryBytes, length))))
                return true;
            rest = rest[(EntryBytes + length)..];
        }

        return (_bytes[4] & (1 << kind)) != 0 ? null : false;
    }

    internal static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> header)
    {
        Span<byte> buffer = stackalloc byte[MaxBytes];
        var length = HeadBytes;
        buffer[4] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(buffer, MessageText.SentOn(header)?.DayNumber ?? NoDay);
        foreach (var field in new HeaderReader(header))
        {
            var kind = KindOf(header[field.Name]);
            if (kind >= 0 && !TryAdd(buffer, ref length, kind, header[field.Value]))
                buffer[4] |= (byte)(1 << kind);
        }

        output.Write(buffer[..length]);
    }

    private static bool TryAdd(Span<byte> buffer, ref int length, int kind, ReadOnlySpan<byte> value)
    {
        var room = buffer[length..];
        if (room.Length < EntryBytes + value.Length)
            return false;
        var text = room[EntryBytes..];
        var written = value.Length;
        if (MessageText.IsPlain(value))
            value.CopyTo(text);
        else if (Utf8.FromUtf16(EncodedWord.Decode(value), text, out _, out written, replaceInvalidSequences: false) != OperationStatus.Done)
            return false;
        room[0] = (byte)kind;
        BinaryPrimitives.WriteUInt16LittleEndian(room[1..], (ushort)written);
        length += EntryBytes + written;
        return true;
    }

    private static int KindOf(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < Names.Length; i++)
        {
            if (name.Length == Names[i].Length && Ascii.EqualsIgnoreCase(name, Names[i]))
                return i;
        }

        return -1;
    }

    private static int IndexOf(string field) => Array.FindIndex(Names, name => name.Equals(field, StringComparison.OrdinalIgnoreCase));
}
