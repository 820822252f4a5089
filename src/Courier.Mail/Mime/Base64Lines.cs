using System.Buffers.Text;

namespace Courier.Mail.Mime;

/// <summary>The lines of a base64 body, without their ends: 76 characters each, the last one shorter (RFC 2045 §6.8).</summary>
/// <param name="octets">What is encoded.</param>
/// <param name="room">Where each line is made: <see cref="Length"/> octets.</param>
public ref struct Base64Lines(ReadOnlySpan<byte> octets, Span<byte> room)
{
    public const int Length = 76;

    private const int OctetsOfLine = Length / 4 * 3;

    private readonly Span<byte> _room = room;
    private ReadOnlySpan<byte> _left = octets;

    /// <summary>The line read before was the last.</summary>
    public readonly bool IsAtEnd => _left.IsEmpty;

    /// <param name="line">Good until the next call.</param>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        var next = _left[..Math.Min(OctetsOfLine, _left.Length)];
        Base64.EncodeToUtf8(next, _room, out _, out var written);
        _left = _left[next.Length..];
        line = _room[..written];
        return written > 0;
    }
}
