using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Courier.Net.Dns;

/// <summary>What came is no DNS message, or none that answers us.</summary>
internal sealed class DnsFormatException(string message) : IOException(message);

/// <summary>One record of an answer, with its owner. <see cref="Record"/> is null for types we do not read.</summary>
internal sealed record OwnedRecord(string Owner, int Type, uint TimeToLive, DnsRecord? Record);

/// <summary>A reply, read whole (RFC 1035 §4.1): header, question, answers, and what a SOA in the authority section says of how long
/// a negative answer holds (RFC 2308 §5).</summary>
internal sealed record DnsMessage
{
    internal const int HeaderBytes = 12;

    private const int ClassIn = 1;
    private const int TypeOpt = 41;

    public required ushort Id { get; init; }

    public required int ResponseCode { get; init; }

    public required bool IsTruncated { get; init; }

    public required bool IsAuthenticated { get; init; }

    public required IReadOnlyList<OwnedRecord> Answers { get; init; }

    /// <summary>Null where no SOA says so: then it must not be cached.</summary>
    public uint? NegativeTimeToLive { get; init; }

    public int Length { get; init; }

    /// <summary>The id of a message, to drop forgeries before they are read.</summary>
    internal static ushort? IdOf(ReadOnlySpan<byte> message) => message.Length < HeaderBytes ? null : BinaryPrimitives.ReadUInt16BigEndian(message);

    /// <summary>Reads a reply to a query. Throws <see cref="DnsFormatException"/> when it is none, or one to another question.</summary>
    internal static DnsMessage Read(ReadOnlySpan<byte> message, ReadOnlySpan<byte> query, DnsLimits limits)
    {
        var reader = new DnsReader(message);
        var id = reader.UInt16();
        var flags = reader.UInt16();
        if ((flags & 0x8000) == 0 || (flags & 0x7800) != 0)
            throw new DnsFormatException("not a reply to a query");
        var (questions, answers, authorities, additional) = (reader.UInt16(), reader.UInt16(), reader.UInt16(), reader.UInt16());
        if (answers + authorities + additional > limits.Records)
            throw new DnsFormatException("an answer of too many records");
        var code = flags & 15;
        // RFC 5452 §4: the question must come back; only a server that could not read ours may leave it out.
        if (questions == 0 && code is not (1 or 4))
            throw new DnsFormatException("an answer without its question");
        if (questions > 0)
            ReadQuestion(ref reader, query, questions);
        var isTruncated = (flags & 0x0200) != 0;
        var records = new List<OwnedRecord>(answers);
        uint? negative = null;
        try
        {
            for (var i = 0; i < answers; i++)
            {
                if (ReadRecord(ref reader, ref code) is { } record)
                    records.Add(record);
            }

            for (var i = 0; i < authorities + additional; i++)
                negative = ReadNegative(ref reader, ref code, i < authorities) ?? negative;
        }
        catch (DnsFormatException) when (isTruncated)
        {
            // Cut off in the middle of a record: TCP is asked anyway.
        }

        return new DnsMessage
        {
            Id = id,
            ResponseCode = code,
            IsTruncated = isTruncated,
            IsAuthenticated = (flags & 0x0020) != 0,
            Answers = records,
            NegativeTimeToLive = negative,
            Length = message.Length,
        };
    }

    // Compared octet by octet: where the case of letters is mixed (0x20), it has to come back as it was.
    private static void ReadQuestion(ref DnsReader reader, ReadOnlySpan<byte> query, int questions)
    {
        var start = reader.Position;
        reader.Name();
        reader.Skip(4);
        var asked = reader.Message[start..reader.Position];
        if (questions != 1 || query.Length < HeaderBytes + asked.Length || !asked.SequenceEqual(query.Slice(HeaderBytes, asked.Length)))
            throw new DnsFormatException("an answer to another question");
    }

    private static OwnedRecord? ReadRecord(ref DnsReader reader, ref int code)
    {
        var owner = reader.Name();
        var type = reader.UInt16();
        var @class = reader.UInt16();
        var ttl = reader.UInt32();
        var length = reader.UInt16();
        var end = reader.Position + length;
        if (type == TypeOpt)
        {
            // RFC 6891 §6.1.3: the upper eight bits of the response code.
            code |= (int)(ttl >> 24) << 4;
            reader.Skip(length);
            return null;
        }

        var record = @class == ClassIn ? Data(ref reader, type, length) : null;
        if (record is null)
            reader.Skip(end - reader.Position);
        if (reader.Position != end)
            throw new DnsFormatException("a record whose length is wrong");
        // RFC 2181 §8: a TTL with its first bit set is zero.
        return @class == ClassIn ? new OwnedRecord(owner, type, ttl > int.MaxValue ? 0 : ttl, record) : null;
    }

    private static uint? ReadNegative(ref DnsReader reader, ref int code, bool isAuthority)
    {
        var probe = reader;
        if (ReadRecord(ref reader, ref code) is not { Type: (int)DnsType.Soa } soa || !isAuthority)
            return null;
        probe.Name();
        probe.Skip(10);
        probe.Name();
        probe.Name();
        probe.Skip(16);
        var minimum = probe.UInt32();
        return Math.Min(soa.TimeToLive, minimum > int.MaxValue ? 0 : minimum);
    }

    private static DnsRecord? Data(ref DnsReader reader, int type, int length)
    {
        switch ((DnsType)type)
        {
            case DnsType.A when length == 4:
            case DnsType.Aaaa when length == 16:
                return new AddressRecord(new IPAddress(reader.Bytes(length)));
            case DnsType.A or DnsType.Aaaa:
                throw new DnsFormatException("an address of the wrong length");
            case DnsType.Mx:
                return new MxRecord(reader.UInt16(), reader.Name());
            case DnsType.Ptr or DnsType.Cname:
                return new NameRecord(reader.Name());
            case DnsType.Txt:
                return new TxtRecord(Strings(reader.Bytes(length)));
            case DnsType.Tlsa when length > 3:
                var data = reader.Bytes(length);
                return new TlsaRecord(data[0], data[1], data[2], data[3..].ToArray());
            default:
                return null;
        }
    }

    private static string Strings(ReadOnlySpan<byte> data)
    {
        var text = new StringBuilder(data.Length);
        while (!data.IsEmpty)
        {
            var length = data[0];
            if (length >= data.Length)
                throw new DnsFormatException("a string that is too long for its record");
            text.Append(Encoding.Latin1.GetString(data.Slice(1, length)));
            data = data[(length + 1)..];
        }

        return text.ToString();
    }
}

/// <summary>Steps through a message. Every read is checked against its end.</summary>
internal ref struct DnsReader(ReadOnlySpan<byte> message)
{
    public ReadOnlySpan<byte> Message { get; } = message;

    public int Position { get; private set; }

    public ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Bytes(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Bytes(4));

    public void Skip(int count) => Bytes(count);

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count < 0 || count > Message.Length - Position)
            throw new DnsFormatException("a message that ends too early");
        var bytes = Message.Slice(Position, count);
        Position += count;
        return bytes;
    }

    /// <summary>A name, possibly compressed (RFC 1035 §4.1.4). A pointer may only lead back, before where this name began: so every
    /// chain of them ends.</summary>
    public string Name()
    {
        var text = new StringBuilder();
        var (at, end, barrier, octets) = (Position, -1, Position, 0);
        while (true)
        {
            var length = At(at);
            if (length == 0)
                break;
            if ((length & 0xc0) == 0xc0)
            {
                var target = ((length & 0x3f) << 8) | At(at + 1);
                end = end < 0 ? at + 2 : end;
                if (target >= barrier)
                    throw new DnsFormatException("a name that points to itself");
                at = barrier = target;
                continue;
            }

            if ((length & 0xc0) != 0 || (octets += length + 1) >= DnsName.WireBytesMax)
                throw new DnsFormatException("a name that is too long");
            if (at + 1 + length > Message.Length)
                throw new DnsFormatException("a message that ends too early");
            DnsName.Append(text, Message.Slice(at + 1, length));
            at += length + 1;
        }

        Position = end < 0 ? at + 1 : end;
        return text.Length == 0 ? "." : text.ToString();
    }

    private readonly int At(int index) => index < Message.Length ? Message[index] : throw new DnsFormatException("a message that ends too early");
}
