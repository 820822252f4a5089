using Courier.Mail.Headers;

namespace Courier.Mail.Mime;

/// <summary>The state of one reading: the parts open at a position. See <see cref="MimeReader"/>.</summary>
internal ref struct MimeScan(ReadOnlySpan<byte> message, MimeLimits limits)
{
    private readonly ReadOnlySpan<byte> _message = message;
    private readonly MimeLimits _limits = limits;
    private readonly List<OpenPart> _open = [];
    private readonly BoundarySet _boundaries = new();
    private LineCounter _lines = new(message);
    private int _parts;

    public MimePart Run()
    {
        var root = Open(0, defaultsToMessage: false);
        var position = _open[^1].Part.BodyStart;
        while (NextBoundary(position) is var line && line.Level >= 0)
        {
            if (!line.IsLast && _parts >= _limits.Parts)
                break; // the rest is content of the part in hand
            CloseAbove(line.Level, ContentEnd(line.Start));
            position = line.Next;
            if (line.IsLast)
                EndBoundary(line.Level); // what follows is epilogue
            else
            {
                Open(line.Next, defaultsToMessage: _open[^1].Part.Subtype == "digest");
                position = _open[^1].Part.BodyStart;
            }
        }
        CloseAbove(-1, _message.Length);
        return root;
    }

    /// <summary>Reads the header at a position and opens its part, and with a message/rfc822 the message inside.</summary>
    private MimePart Open(int start, bool defaultsToMessage)
    {
        var part = OpenOne(start, defaultsToMessage);
        for (var outer = part; outer.IsMessage;)
        {
            var inner = OpenOne(outer.BodyStart, defaultsToMessage: false);
            outer = inner;
        }
        return part;
    }

    private MimePart OpenOne(int start, bool defaultsToMessage)
    {
        var header = HeaderLength(start);
        var part = new MimePart { HeaderStart = start, HeaderLength = header, BodyStart = start + header };
        ContentHeader.Read(_message.Slice(start, Math.Min(header, _limits.HeaderBytes)), part, defaultsToMessage);
        _parts++;
        if (_open.Count > 0)
            _open[^1].Children!.Add(part);

        var mayNest = _open.Count < _limits.Depth && _parts < _limits.Parts;
        // A multipart without a boundary has no parts, only a body.
        var boundary = mayNest && part.IsMultipart ? ContentHeader.Boundary(part) : null;
        // RFC 2046 §5.2.1: a message inside is never encoded; what says so is not looked into.
        part.IsMessage = mayNest && part.Type == "message" && part.Subtype is "rfc822" or "global"
            && part.TransferEncoding is "7bit" or "8bit" or "binary";
        var children = boundary is not null || part.IsMessage ? new List<MimePart>(part.IsMessage ? 1 : 4) : null;
        if (children is not null)
            part.Children = children;
        if (boundary is not null)
            _boundaries.Add(boundary, _open.Count);
        _open.Add(new(part, children, boundary is not null, _lines.Before(part.BodyStart)));
        return part;
    }

    /// <summary>As <see cref="HeaderReader.HeaderLength"/>, but a boundary of an enclosing part ends a header too.</summary>
    private readonly int HeaderLength(int start)
    {
        if (_boundaries.Count == 0)
            return HeaderReader.HeaderLength(_message[start..]);
        var position = start;
        while (position < _message.Length)
        {
            var rest = _message[position..];
            if (HeaderReader.EmptyLineLength(rest) is var empty and not 0)
                return position + empty - start;
            if (Match(position).Level >= 0)
                return position - start;
            var line = rest.IndexOf((byte)'\n');
            if (line < 0)
                break;
            position += line + 1;
        }
        return _message.Length - start;
    }

    /// <summary>The next boundary line at or after the start of a line; level -1 without one.</summary>
    private readonly BoundaryLine NextBoundary(int position)
    {
        if (_boundaries.Count == 0)
            return BoundaryLine.None;
        while (position < _message.Length)
        {
            if (Match(position) is { Level: >= 0 } line)
                return line;
            var next = _message[position..].IndexOf("\n--"u8);
            if (next < 0)
                break;
            position += next + 1;
        }
        return BoundaryLine.None;
    }

    /// <summary>What the line that starts here says to the open multiparts.</summary>
    private readonly BoundaryLine Match(int start)
    {
        var line = _message[start..];
        if (line is not [(byte)'-', (byte)'-', ..])
            return BoundaryLine.None;
        line = line[2..];
        var (level, length) = _boundaries.Match(line);
        if (level < 0)
            return BoundaryLine.None;
        var end = line.IndexOf((byte)'\n');
        return new(level, start, line[length..] is [(byte)'-', (byte)'-', ..], end < 0 ? _message.Length : start + 2 + end + 1);
    }

    /// <summary>The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1).</summary>
    private readonly int ContentEnd(int boundaryStart) => _message[..boundaryStart] switch
    {
        [.., (byte)'\r', (byte)'\n'] => boundaryStart - 2,
        [.., (byte)'\n'] => boundaryStart - 1,
        _ => boundaryStart,
    };

    /// <summary>Closes the parts inside a level; each reaches at least as far as those inside it.</summary>
    private void CloseAbove(int level, int end)
    {
        while (_open.Count > level + 1)
        {
            var (part, _, hasBoundary, linesBefore) = _open[^1];
            _open.RemoveAt(_open.Count - 1);
            if (hasBoundary)
                _boundaries.Remove(_open.Count);
            if (part.BodyStart > end)
                GiveBackEmptyLine(part, end);
            end = Math.Max(end, part.BodyStart);
            part.BodyLength = end - part.BodyStart;
            part.BodyLines = Math.Max(_lines.Before(end) - linesBefore, 0);
        }
    }

    /// <summary>Where a boundary follows the empty line of a header at once, that line end is the boundary's, and the part has
    /// neither empty line nor body: <c>body-part := MIME-part-headers [CRLF *OCTET]</c> (RFC 2046 §5.1.1).</summary>
    private readonly void GiveBackEmptyLine(MimePart part, int end)
    {
        if (EndsWithEmptyLine(part))
        {
            part.HeaderLength -= part.BodyStart - end;
            part.BodyStart = end;
        }
        else if (part.HeaderLength == 0 && !(_open[^1].Part is { IsMessage: true } outer && !EndsWithEmptyLine(outer)))
            part.HeaderStart = part.BodyStart = end; // nothing at all; a message goes where the body of its part begins
    }

    private readonly bool EndsWithEmptyLine(MimePart part) =>
        HeaderReader.EndsWithEmptyLine(_message.Slice(part.HeaderStart, part.HeaderLength));

    private void EndBoundary(int level)
    {
        _open[level] = _open[level] with { HasBoundary = false };
        _boundaries.Remove(level);
    }

    private readonly record struct OpenPart(MimePart Part, List<MimePart>? Children, bool HasBoundary, int LinesBefore);

    /// <param name="Level">Which open part it belongs to.</param>
    /// <param name="Start">Where the line begins.</param>
    /// <param name="IsLast">Ends in <c>--</c>: the closing delimiter.</param>
    /// <param name="Next">Where the next line begins.</param>
    private readonly record struct BoundaryLine(int Level, int Start, bool IsLast, int Next)
    {
        public static BoundaryLine None { get; } = new(-1, 0, false, 0);
    }
}
