using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Courier.Imap.Responses;

/// <summary>Writes responses into the connection's pipe (RFC 3501 §7). It buffers nothing itself and allocates nothing; who writes
/// much calls <see cref="FlushIfFullAsync"/> in between, so that a slow client holds up the work and not our memory.</summary>
internal sealed class ImapWriter(ImapTransport transport, ImapLimits limits)
{
    private const int ChunkBytes = 16 * 1024;
    private const int QuotedMaxBytes = 1024;

    private static readonly SearchValues<byte> _unquotable = SearchValues.Create([.. Enumerable.Range(0, 32).Select(i => (byte)i), .. Enumerable.Range(127, 129).Select(i => (byte)i)]);
    private static readonly SearchValues<byte> _escaped = SearchValues.Create("\"\\"u8);

    private Memory<byte> _memory;
    private int _used;

    /// <summary>Inside a response that has begun and not ended: nothing else can be said now, not even BYE.</summary>
    public bool IsMidResponse { get; set; }

    /// <summary>So much is written that the client should read first.</summary>
    public bool IsFull => Unsent >= limits.FlushBytes;

    public long Unsent => transport.Unsent + _used;

    /// <summary>Room for at least so many octets; say with <see cref="Advance"/> how many were used.</summary>
    public Span<byte> Reserve(int octets)
    {
        if (_memory.Length - _used < octets)
        {
            Commit();
            _memory = transport.Output.GetMemory(Math.Max(octets, 4096));
        }

        return _memory.Span[_used..];
    }

    public void Advance(int octets) => _used += octets;

    public void Raw(ReadOnlySpan<byte> octets)
    {
        while (octets.Length > ChunkBytes)
        {
            octets[..ChunkBytes].CopyTo(Reserve(ChunkBytes));
            Advance(ChunkBytes);
            octets = octets[ChunkBytes..];
        }

        octets.CopyTo(Reserve(octets.Length));
        Advance(octets.Length);
    }

    /// <summary>Our own words, ASCII.</summary>
    public void Raw(string text)
    {
        Encoding.ASCII.GetBytes(text, Reserve(text.Length));
        Advance(text.Length);
    }

    public void Number(long number)
    {
        Utf8Formatter.TryFormat(number, Reserve(20), out var written);
        Advance(written);
    }

    public void Line() => Raw("\r\n"u8);

    /// <summary>string = quoted / literal, whichever can carry the octets (RFC 3501 §4.3).</summary>
    public void String(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > QuotedMaxBytes || octets.ContainsAny(_unquotable))
        {
            LiteralHeader(octets.Length);
            Raw(octets);
            return;
        }

        Raw("\""u8);
        for (var at = octets.IndexOfAny(_escaped); at >= 0; at = octets.IndexOfAny(_escaped))
        {
            Raw(octets[..at]);
            Raw("\\"u8);
            Raw(octets.Slice(at, 1));
            octets = octets[(at + 1)..];
        }

        Raw(octets);
        Raw("\""u8);
    }

    /// <summary>A mailbox's name as it goes over the wire: modified UTF-7, which a quoted string can always carry, or the UTF-8 that
    /// the client has asked for, which then may stand in one too (RFC 6855 §3). No name holds a control character.</summary>
    public void Mailbox(string wire)
    {
        Raw("\""u8);
        Raw(Encoding.UTF8.GetBytes(wire.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)));
        Raw("\""u8);
    }

    public void LiteralHeader(long length)
    {
        Raw("{"u8);
        Number(length);
        Raw("}\r\n"u8);
    }

    /// <summary>Text of our own in a response; control characters cannot break the line.</summary>
    public void Text(string text)
    {
        foreach (var c in text)
        {
            Reserve(1)[0] = c is >= ' ' and <= '~' ? (byte)c : (byte)'?';
            Advance(1);
        }
    }

    /// <summary>Bytes of any length, sent on the way.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> octets)
    {
        while (octets.Length > limits.FlushBytes)
        {
            Raw(octets.Span[..limits.FlushBytes]);
            octets = octets[limits.FlushBytes..];
            await FlushAsync();
        }

        Raw(octets.Span);
    }

    public ValueTask FlushIfFullAsync() => IsFull ? FlushAsync() : default;

    public ValueTask FlushAsync()
    {
        Commit();
        return transport.FlushAsync();
    }

    public ValueTask FlushLastAsync()
    {
        Commit();
        return transport.FlushLastAsync();
    }

    private void Commit()
    {
        if (_used > 0)
            transport.Output.Advance(_used);
        transport.Unsent += _used;
        (_memory, _used) = (default, 0);
    }
}
