using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace Courier.Tests.Shared.Dns;

/// <summary>Writes DNS messages for tests, without the code under test: records are given as zone files have them,
/// <c>example.test 60 MX 10 mx.example.test</c>.</summary>
internal static class DnsWire
{
    private static readonly Dictionary<string, ushort> _types = new(StringComparer.Ordinal)
    {
        { "A", 1 }, { "NS", 2 }, { "CNAME", 5 }, { "SOA", 6 }, { "PTR", 12 }, { "MX", 15 }, { "TXT", 16 }, { "AAAA", 28 }, { "TLSA", 52 },
    };

    public static ushort TypeOf(string name) => _types[name];

    /// <summary>The octets of name, type and class of the question.</summary>
    public static byte[] Question(ReadOnlySpan<byte> query)
    {
        var at = 12;
        while (query[at] != 0)
            at += query[at] + 1;
        return query[12..(at + 5)].ToArray();
    }

    public static (string Name, ushort Type) Asked(ReadOnlySpan<byte> query)
    {
        var question = Question(query);
        var name = new StringBuilder();
        for (var at = 0; question[at] != 0; at += question[at] + 1)
            name.Append(name.Length > 0 ? "." : "").Append(Encoding.ASCII.GetString(question, at + 1, question[at]));
        return (name.ToString().ToLowerInvariant(), BinaryPrimitives.ReadUInt16BigEndian(question.AsSpan(question.Length - 4)));
    }

    /// <summary>A whole reply to a query.</summary>
    public static byte[] Reply(
        ReadOnlySpan<byte> query, IEnumerable<string> answers, int code = 0, bool isAuthenticated = false, bool isTruncated = false, string? authority = null)
    {
        var records = answers.Select(Record).ToList();
        var reply = new List<byte>();
        reply.AddRange(query[..2]);
        reply.Add((byte)(0x81 | (isTruncated ? 2 : 0)));
        reply.Add((byte)(0x80 | (isAuthenticated ? 0x20 : 0) | code));
        Short(reply, 1);
        Short(reply, records.Count);
        Short(reply, authority is null ? 0 : 1);
        Short(reply, 0);
        reply.AddRange(Question(query));
        foreach (var record in records)
            reply.AddRange(record);
        if (authority is not null)
            reply.AddRange(Record(authority));
        return [.. reply];
    }

    /// <summary>One record on the wire, its names not compressed.</summary>
    public static byte[] Record(string text)
    {
        var words = text.Split(' ', 4);
        var record = new List<byte>(Name(words[0]));
        Short(record, _types[words[2]]);
        Short(record, 1);
        Long(record, uint.Parse(words[1], CultureInfo.InvariantCulture));
        var data = Data(words[2], words[3]);
        Short(record, data.Length);
        record.AddRange(data);
        return [.. record];
    }

    public static byte[] Name(string name)
    {
        var wire = new List<byte>();
        foreach (var label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            wire.Add((byte)label.Length);
            wire.AddRange(Encoding.ASCII.GetBytes(label));
        }

        wire.Add(0);
        return [.. wire];
    }

    private static byte[] Data(string type, string text)
    {
        var words = text.Split(' ');
        var data = new List<byte>();
        switch (type)
        {
            case "A" or "AAAA":
                return IPAddress.Parse(text).GetAddressBytes();
            case "MX":
                Short(data, int.Parse(words[0], CultureInfo.InvariantCulture));
                data.AddRange(Name(words[1]));
                break;
            case "TXT":
                foreach (var piece in text.Chunk(255))
                {
                    data.Add((byte)piece.Length);
                    data.AddRange(Encoding.Latin1.GetBytes(piece));
                }

                break;
            case "TLSA":
                data.AddRange(words.Take(3).Select(word => byte.Parse(word, CultureInfo.InvariantCulture)));
                data.AddRange(Convert.FromHexString(words[3]));
                break;
            case "SOA":
                data.AddRange(Name("ns.test"));
                data.AddRange(Name("admin.test"));
                for (var i = 0; i < 4; i++)
                    Long(data, 1);
                Long(data, uint.Parse(text, CultureInfo.InvariantCulture));
                break;
            default:
                data.AddRange(Name(text));
                break;
        }

        return [.. data];
    }

    private static void Short(List<byte> wire, int value) => wire.AddRange([(byte)(value >> 8), (byte)value]);

    private static void Long(List<byte> wire, uint value) => wire.AddRange([(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value]);
}
