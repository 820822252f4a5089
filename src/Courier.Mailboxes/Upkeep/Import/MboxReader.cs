using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Courier.IO.Files;

namespace Courier.Mailboxes.Upkeep;

/// <summary>A message of an mbox. The caller disposes of the content.</summary>
/// <param name="From">Its first line.</param>
/// <param name="Content">The message, without what the mailbox's programs noted in its header.</param>
/// <param name="Flags">As Status and X-Status say.</param>
/// <param name="Keywords">As X-Keywords says.</param>
/// <param name="Hash">Of the message as it stands in the file, flags left out: the same whenever the file is read.</param>
internal sealed record MboxMessage(FromLine From, MessageBuffer Content, MessageFlags Flags, IReadOnlyList<string> Keywords, string Hash);

/// <summary>Reads an mbox message by message, in bounded memory: the four forms that there are (mboxo, mboxrd, mboxcl, mboxcl2), CRLF or LF.</summary>
/// <remarks>A message starts at a <c>From </c> line with a date, at the start of the file or after an empty line; or where the Content-Length of the one before ends,
/// if there is such a line, or the end of the file. A Content-Length that leads elsewhere is passed over.</remarks>
internal sealed class MboxReader(Stream stream, FromQuoting quoting, string spillDirectory)
{
    private const int MemoryBytes = 1024 * 1024;

    /// <summary>Fields longer than this are text of the message.</summary>
    private const int MaxFieldBytes = 64 * 1024;

    private readonly LineSource _lines = new(stream);
    private FromLine _next;
    private byte[] _nextBytes = [];
    private bool _hasNext;

    /// <summary>Looks for the first message; false where the file is no mbox. An empty one is.</summary>
    internal bool Start()
    {
        while (_lines.TryRead(out var line, out _))
        {
            if (IsEmpty(line))
                continue;
            return TryTakeFrom(line);
        }

        return true;
    }

    /// <summary>Null at the end.</summary>
    internal MboxMessage? Read()
    {
        if (!_hasNext)
            return null;
        _hasNext = false;
        var from = _next;
        var content = new MessageBuffer(spillDirectory, MemoryBytes);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(_nextBytes);
            var header = new MboxHeader();
            var endsAt = ReadHeader(header, content, hash);
            if (header.HasEnd)
                ReadBody(endsAt, content, hash);
            const int hashBytes = 16;
            return new MboxMessage(from, content, header.Flags, header.Keywords, Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, hashBytes)));
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <summary>Returns where the body ends by Content-Length; -1 where that does not say.</summary>
    private long ReadHeader(MboxHeader header, MessageBuffer content, IncrementalHash hash)
    {
        while (_lines.TryRead(out var line, out var isStart))
        {
            if (isStart && IsEmpty(line))
            {
                header.End();
                Put(line, content, hash);
                return header.ContentLength >= 0 && EndsMessage(_lines.Position + header.ContentLength) ? _lines.Position + header.ContentLength : -1;
            }

            // A message may end with its header.
            if (isStart && content.Length == 0 && header.IsUnread && TryTakeFrom(line))
                return -1;
            if (!header.Takes(line, isStart, MaxFieldBytes))
                Put(line, content, hash);
        }

        return -1;
    }

    private void ReadBody(long endsAt, MessageBuffer content, IncrementalHash hash)
    {
        var unquotes = quoting != FromQuoting.None && !(quoting == FromQuoting.Detect && endsAt >= 0 && HasBareFrom(endsAt));
        var pending = Array.Empty<byte>(); // an empty line belongs to the body only when something follows
        var isFirst = true;
        while ((endsAt < 0 || _lines.Position < endsAt) && _lines.TryRead(out var line, out var isStart))
        {
            if (endsAt < 0 && isStart && (pending.Length > 0 || isFirst) && TryTakeFrom(line))
                return;
            Put(pending, content, hash);
            pending = [];
            isFirst = false;
            if (isStart && IsEmpty(line))
                pending = line.ToArray();
            else
                Put(isStart && unquotes && IsQuoted(line) ? line[1..] : line, content, hash);
        }

        if (endsAt >= 0)
        {
            Put(pending, content, hash);
            while (_lines.TryRead(out var line, out _) && !TryTakeFrom(line))
            {
                // Empty lines before the next message.
            }
        }
    }

    private bool HasBareFrom(long endsAt)
    {
        var begin = _lines.Position;
        var found = false;
        while (!found && _lines.Position < endsAt && _lines.TryRead(out var line, out var isStart))
            found = isStart && FromLine.IsCandidate(line);
        _lines.Seek(begin);
        return found;
    }

    /// <summary>Whether the file ends there, or a message begins after empty lines.</summary>
    private bool EndsMessage(long position)
    {
        if (position > _lines.Length)
            return false;
        var begin = _lines.Position;
        _lines.Seek(position);
        var ends = true;
        while (_lines.TryRead(out var line, out var isStart))
        {
            if (isStart && IsEmpty(line))
                continue;
            ends = FromLine.TryParse(line, out _);
            break;
        }

        _lines.Seek(begin);
        return ends;
    }

    private bool TryTakeFrom(ReadOnlySpan<byte> line)
    {
        if (!FromLine.TryParse(line, out _next))
            return false;
        _nextBytes = line.TrimEnd("\r\n"u8).ToArray();
        return _hasNext = true;
    }

    private bool IsQuoted(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty || line[0] != (byte)'>')
            return false;
        var bare = quoting == FromQuoting.From ? line[1..] : line.TrimStart((byte)'>');
        return FromLine.IsCandidate(bare);
    }

    private static void Put(ReadOnlySpan<byte> line, MessageBuffer content, IncrementalHash hash)
    {
        content.Write(line);
        hash.AppendData(line);
    }

    private static bool IsEmpty(ReadOnlySpan<byte> line) => line is [(byte)'\n'] or [(byte)'\r', (byte)'\n'];
}

/// <summary>What programs that keep an mbox note in the header of a message: taken out of it, and read.</summary>
internal sealed class MboxHeader
{
    private readonly ArrayBufferWriter<byte> _field = new();
    private bool _takes;

    internal long ContentLength { get; private set; } = -1;

    internal MessageFlags Flags { get; private set; }

    internal IReadOnlyList<string> Keywords { get; private set; } = [];

    /// <summary>The empty line was met.</summary>
    internal bool HasEnd { get; private set; }

    /// <summary>Nothing of it has been read.</summary>
    internal bool IsUnread { get; private set; } = true;

    /// <summary>Whether the line is one of the mailbox's, not of the message.</summary>
    internal bool Takes(ReadOnlySpan<byte> line, bool isStart, int maxBytes)
    {
        IsUnread = false;
        var continues = !isStart || line[0] is (byte)' ' or (byte)'\t';
        if (!continues)
        {
            Finish();
            _takes = IsOurs(line);
        }

        if (_takes && _field.WrittenCount < maxBytes)
            _field.Write(line);
        return _takes;
    }

    internal void End()
    {
        Finish();
        HasEnd = true;
    }

    private static bool IsOurs(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        return colon > 0 && Encoding.Latin1.GetString(line[..colon]).TrimEnd().ToUpperInvariant()
            is "STATUS" or "X-STATUS" or "X-KEYWORDS" or "X-UID" or "X-IMAP" or "X-IMAPBASE" or "CONTENT-LENGTH";
    }

    private void Finish()
    {
        if (_field.WrittenCount == 0)
            return;
        var text = Encoding.UTF8.GetString(_field.WrittenSpan);
        _field.ResetWrittenCount();
        var value = text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..].Replace("\r\n", " ", StringComparison.Ordinal).Replace('\n', ' ').Trim();
        switch (text[..text.IndexOf(':', StringComparison.Ordinal)].TrimEnd().ToUpperInvariant())
        {
            case "STATUS" or "X-STATUS":
                Flags |= FlagsOf(value);
                break;
            case "X-KEYWORDS":
                Keywords = [.. value.Split((char[])[' ', ','], StringSplitOptions.RemoveEmptyEntries).Where(IsKeyword).Distinct(StringComparer.OrdinalIgnoreCase)];
                break;
            case "CONTENT-LENGTH":
                ContentLength = Utf8Parser.TryParse(Encoding.ASCII.GetBytes(value), out long length, out var used) && used == value.Length && length >= 0 ? length : -1;
                break;
        }
    }

    private static MessageFlags FlagsOf(string letters)
    {
        var flags = MessageFlags.None;
        foreach (var letter in letters)
        {
            flags |= letter switch
            {
                'R' => MessageFlags.Seen,
                'A' => MessageFlags.Answered,
                'F' => MessageFlags.Flagged,
                'D' => MessageFlags.Deleted,
                'T' => MessageFlags.Draft,
                _ => MessageFlags.None,
            };
        }

        return flags;
    }

    /// <summary>An atom, as IMAP wants it.</summary>
    private static bool IsKeyword(string word) => word.All(c => c is > ' ' and <= '~' && !"(){%*\"\\]".Contains(c, StringComparison.Ordinal));
}
