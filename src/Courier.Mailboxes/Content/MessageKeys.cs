using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Courier.Mail.Headers;
using Courier.Mail.Mime;

namespace Courier.Mailboxes.Content;

/// <summary>What SORT and THREAD compare of a message, as the mailbox keeps it beside its forms: texts in the form of i;unicode-casemap,
/// ready to be compared as octets, and identifiers as hashes; and the fields that SEARCH asks for (<see cref="KeptFields"/>). It may also hold EMAILID and
/// PREVIEW, which take the whole message to make.</summary>
/// <remarks>Layout, little-endian: flags (1), zero (1), lengths of subject, from, to, cc, display-from, display-to (2 each), number of references (2),
/// date in seconds (8), hashes of the identifier and of the thread's root (8 each), the references (8 each), the texts, length of the fields (2) and
/// those, then 16 octets of EMAILID and PREVIEW in UTF-8.</remarks>
public readonly struct MessageKeys
{
    private const int Texts = 6;
    private const int HeaderBytes = 2 + (2 * Texts) + 2 + 8 + 8 + 8;
    private const int EmailIdBytes = 16;

    /// <summary>Octets of one text that are compared; what is longer is equal beyond that.</summary>
    private const int MaxTextBytes = 256;

    /// <summary>References that are kept: the first, and the last ones. Threads that are deeper hang together by those.</summary>
    private const int MaxReferences = 64;

    private const byte IsReplyFlag = 1;
    private const byte HasDateFlag = 2;
    private const byte HasExtrasFlag = 4;
    private const byte HasFieldsFlag = 8;

    private readonly ReadOnlyMemory<byte> _bytes;

    private MessageKeys(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    /// <summary>The base subject is that of a reply or of a forwarded message.</summary>
    public bool IsReplyOrForward => (_bytes.Span[0] & IsReplyFlag) != 0;

    public ReadOnlySpan<byte> Subject => Text(0);

    public ReadOnlySpan<byte> From => Text(1);

    public ReadOnlySpan<byte> To => Text(2);

    public ReadOnlySpan<byte> Cc => Text(3);

    public ReadOnlySpan<byte> DisplayFrom => Text(4);

    public ReadOnlySpan<byte> DisplayTo => Text(5);

    /// <summary>Seconds since 1970 of the Date field; null without a readable one.</summary>
    public long? Sent => (_bytes.Span[0] & HasDateFlag) != 0 ? BinaryPrimitives.ReadInt64LittleEndian(_bytes.Span[16..]) : null;

    /// <summary>Hash of Message-ID; 0 without one.</summary>
    public ulong MessageId => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.Span[24..]);

    /// <summary>Hash of the first identifier that the message names: its thread's, as far as one can know. 0 where it names none.</summary>
    public ulong Root => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.Span[32..]);

    public int ReferenceCount => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.Span[14..]);

    internal bool HasExtras => (_bytes.Span[0] & HasExtrasFlag) != 0;

    /// <summary>EMAILID (RFC 8474 §5.1): the same for the same content and date, wherever it lies.</summary>
    internal string EmailId => "E" + Convert.ToHexStringLower(_bytes.Span.Slice(FieldsEnd, EmailIdBytes));

    internal string Preview => Encoding.UTF8.GetString(_bytes.Span[(FieldsEnd + EmailIdBytes)..]);

    internal KeptFields Fields => new(_bytes.Span[(TextsEnd + sizeof(ushort))..FieldsEnd]);

    private int TextsStart => HeaderBytes + (ReferenceCount * sizeof(ulong));

    private int TextsEnd
    {
        get
        {
            var end = TextsStart;
            for (var i = 0; i < Texts; i++)
                end += Length(i);
            return end;
        }
    }

    private int FieldsEnd => TextsEnd + sizeof(ushort) + BinaryPrimitives.ReadUInt16LittleEndian(_bytes.Span[TextsEnd..]);

    /// <summary>Hash of a reference, the oldest first.</summary>
    public ulong Reference(int index) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.Span[(HeaderBytes + (index * sizeof(ulong)))..]);

    /// <summary>Null for what is not in that form.</summary>
    internal static MessageKeys? Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < HeaderBytes || (bytes.Span[0] & HasFieldsFlag) == 0)
            return null;
        var keys = new MessageKeys(bytes);
        var isWhole = keys.TextsEnd + sizeof(ushort) <= bytes.Length && keys.FieldsEnd + (keys.HasExtras ? EmailIdBytes : 0) <= bytes.Length;
        return isWhole && KeptFields.IsValid(bytes.Span[(keys.TextsEnd + sizeof(ushort))..keys.FieldsEnd]) ? keys : null;
    }

    internal static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> header)
    {
        var fields = SortFields.Read(header);
        byte[][] texts =
        [
            Key(fields.Subject.Text), Key(fields.From), Key(fields.To), Key(fields.Cc), Key(fields.DisplayFrom), Key(fields.DisplayTo),
        ];
        var references = fields.References.Count <= MaxReferences
            ? fields.References
            : [fields.References[0], .. fields.References.Skip(fields.References.Count - MaxReferences + 1)];
        var head = output.GetSpan(HeaderBytes)[..HeaderBytes];
        head[0] = (byte)(HasFieldsFlag | (fields.Subject.IsReplyOrForward ? IsReplyFlag : 0) | (fields.Sent is null ? 0 : HasDateFlag));
        head[1] = 0;
        for (var i = 0; i < Texts; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(head[(2 + (2 * i))..], (ushort)texts[i].Length);
        BinaryPrimitives.WriteUInt16LittleEndian(head[14..], (ushort)references.Count);
        BinaryPrimitives.WriteInt64LittleEndian(head[16..], fields.Sent?.ToUnixTimeSeconds() ?? 0);
        var own = fields.MessageId is null ? 0 : Hash(fields.MessageId);
        BinaryPrimitives.WriteUInt64LittleEndian(head[24..], own);
        BinaryPrimitives.WriteUInt64LittleEndian(head[32..], references.Count > 0 ? Hash(references[0]) : own);
        output.Advance(HeaderBytes);
        foreach (var reference in references)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(output.GetSpan(sizeof(ulong)), Hash(reference));
            output.Advance(sizeof(ulong));
        }

        foreach (var text in texts)
            output.Write(text);
        var kept = new ArrayBufferWriter<byte>(256);
        KeptFields.Write(kept, header);
        BinaryPrimitives.WriteUInt16LittleEndian(output.GetSpan(sizeof(ushort)), (ushort)kept.WrittenCount);
        output.Advance(sizeof(ushort));
        output.Write(kept.WrittenSpan);
    }

    /// <summary>What SORT and THREAD compare, without the block of the file that it lies in: those who hold the keys of a whole mailbox hold no more.</summary>
    /// <param name="room">Where copies are put one after the other; a new piece when it is used up.</param>
    internal MessageKeys CopyTo(ref Memory<byte> room)
    {
        const int pieceBytes = 64 * 1024;
        var length = TextsEnd;
        if (room.Length < length)
            room = new byte[Math.Max(pieceBytes, length)];
        _bytes.Span[..length].CopyTo(room.Span);
        var copy = new MessageKeys(room[..length]);
        room = room[length..];
        return copy;
    }

    /// <summary>The same keys with what takes the whole message.</summary>
    internal byte[] WithExtras(MessageContent content, long date)
    {
        var preview = Encoding.UTF8.GetBytes(PreviewText.Of(content.Bytes.Span, content.Structure));
        var end = FieldsEnd;
        var bytes = new byte[end + EmailIdBytes + preview.Length];
        _bytes.Span[..end].CopyTo(bytes);
        bytes[0] |= HasExtrasFlag;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(content.Bytes.Span);
        Span<byte> seconds = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(seconds, date);
        hash.AppendData(seconds);
        hash.GetHashAndReset()[..EmailIdBytes].CopyTo(bytes, end);
        preview.CopyTo(bytes, end + EmailIdBytes);
        return bytes;
    }

    private static byte[] Key(string text)
    {
        var key = CaseMap.Key(text);
        return key.Length <= MaxTextBytes ? key : key[..MaxTextBytes];
    }

    // Half of SHA-1 would do against accidents; who tries to make two alike should not succeed either, and gains only a wrong thread.
    private static ulong Hash(byte[] id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(id, hash);
        return Math.Max(1, BinaryPrimitives.ReadUInt64LittleEndian(hash));
    }

    private int Length(int text) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.Span[(2 + (2 * text))..]);

    private ReadOnlySpan<byte> Text(int index)
    {
        var start = TextsStart;
        for (var i = 0; i < index; i++)
            start += Length(i);
        return _bytes.Span.Slice(start, Length(index));
    }
}

/// <summary>What a message is beyond its flags (RFC 8474 §5, RFC 8970).</summary>
/// <param name="EmailId">The same for the same message in every mailbox.</param>
/// <param name="ThreadId">The same for all messages of a conversation.</param>
/// <param name="Preview">How it begins.</param>
public sealed record MessageFacts(string EmailId, string ThreadId, string Preview);
