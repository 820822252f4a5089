using System.Collections.Immutable;
using System.Text;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.IO.Files;
using Courier.Mail.Mime;
using Courier.Mailboxes;

namespace Courier.Imap;

/// <summary>Takes in the messages of APPEND and REPLACE, whose octets go straight into buffers that spill to disk: as a literal, as a literal
/// with NUL in it (RFC 3516 §4.4), in UTF-8 (RFC 6855 §4), or put together from pieces (RFC 4469 §3).</summary>
/// <remarks>append-message = [SP flag-list] [SP date-time] SP append-data ; append-data = literal / literal8 / "UTF8" SP "(" literal8 ")" /
/// "CATENATE" SP "(" cat-part *(SP cat-part) ")" ; cat-part = "TEXT" SP literal / "URL" SP astring.
/// A refusal leaves what is not wanted to the reader, which keeps in step with the client.</remarks>
internal sealed class MessageIntake(ImapSession session, byte[] rest) : IDisposable
{
    private readonly List<AppendMessage> _messages = [];
    private byte[] _line = rest;
    private int _at;

    public IReadOnlyList<AppendMessage> Messages => _messages;

    public void Dispose()
    {
        foreach (var message in _messages)
            message.Message.Dispose();
    }

    /// <summary>All messages of the command, or why not.</summary>
    public async ValueTask<Completion?> ReceiveAsync(int most)
    {
        do
        {
            if (_messages.Count == most)
                return Completion.No("LIMIT", "Too many messages at once");
            var (flags, keywords, date) = Read(static (ref p) => Before(ref p));
            var buffer = new MessageBuffer(session.Server.Settings.SpillDirectory, session.Limits.AppendMemoryBytes);
            _messages.Add(new(buffer, flags, keywords, date));
            if (await DataAsync(buffer) is { } refusal)
                return refusal;
            if (_messages[^1].Message.Length == 0)
                return Completion.No("CANNOT", "A message of no octets is none");
        }
        while (_at < _line.Length);
        return null;
    }

    private async ValueTask<Completion?> DataAsync(MessageBuffer buffer)
    {
        if (Read(static (ref p) => p.TryWord("CATENATE ("u8)))
            return await CatenateAsync(buffer);
        var isUtf8 = Read(static (ref p) => p.TryWord("UTF8 ("u8));
        var refusal = await LiteralAsync(buffer, mayHoldNul: true);
        if (refusal is null && isUtf8)
            Expect((byte)')');
        return refusal;
    }

    private async ValueTask<Completion?> CatenateAsync(MessageBuffer buffer)
    {
        while (true)
        {
            var refusal = Read(static (ref p) => p.TryWord("TEXT "u8)) ? await LiteralAsync(buffer, mayHoldNul: false)
                : Read(static (ref p) => p.TryWord("URL "u8)) ? await UrlAsync(buffer)
                : throw new ImapSyntaxException("Expected TEXT or URL");
            if (refusal is not null)
                return refusal;
            if (!Read(static (ref p) => p.TrySpace()))
                break;
        }

        Expect((byte)')');
        return null;
    }

    /// <summary>The literal at the end of the line, added to what is there; then the line that follows is the one at hand.</summary>
    private async ValueTask<Completion?> LiteralAsync(MessageBuffer buffer, bool mayHoldNul)
    {
        var isBinary = Read(static (ref p) =>
        {
            var isLiteral8 = p.TryByte((byte)'~');
            p.Expect((byte)'{', "Expected a message as a literal");
            p.Digits();
            p.TryByte((byte)'+');
            p.Expect((byte)'}', "Not a literal");
            p.End();
            return isLiteral8;
        });
        if (session.Reader.Message is not { } literal)
            throw new ImapSyntaxException("Not a literal");
        if (literal.Length > session.Limits.MessageBytes - buffer.Length)
            return Completion.No("TOOBIG", "The message is larger than is taken here");
        var isClean = await session.Reader.ReadMessageAsync(buffer);
        if (await session.Reader.ContinueAsync() != ReadStatus.Command)
            throw new ConnectionLostException("The client left in the middle of a message, or sent too much");
        (_line, _at) = (session.Reader.Text.ToArray(), 0);
        if (isClean)
            return null;
        return isBinary && mayHoldNul && await EncodeAsync() ? null : Completion.No("CANNOT", "A message may not hold NUL"); // CHAR8 = %x01-ff
    }

    /// <summary>NUL is kept by nobody's Maildir: binary parts become base64 (RFC 3516 §4.4 allows it).</summary>
    private async ValueTask<bool> EncodeAsync()
    {
        var message = _messages[^1];
        var bytes = new byte[message.Message.Length];
        await using (var content = message.Message.OpenRead())
            await content.ReadExactlyAsync(bytes, session.Transport.Token);
        if (BinaryBodies.Encode(bytes) is not { } encoded || encoded.AsSpan().Contains((byte)0))
            return false;
        var buffer = new MessageBuffer(session.Server.Settings.SpillDirectory, session.Limits.AppendMemoryBytes);
        buffer.Write(encoded);
        _messages[^1] = message with { Message = buffer };
        message.Message.Dispose();
        return true;
    }

    private async ValueTask<Completion?> UrlAsync(MessageBuffer buffer)
    {
        var url = Read(static (ref p) => Encoding.Latin1.GetString(p.Astring()));
        if (MessageUrl.TryParse(url, session) is not { } parsed)
            return BadUrl(url);
        using var content = await parsed.OpenAsync(session, session.Transport.Token);
        if (content is null || FetchResponse.Content(content, parsed.Section) is not { } octets)
            return BadUrl(url);
        if (octets.Length > session.Limits.MessageBytes - buffer.Length)
            return Completion.No("TOOBIG", "The message is larger than is taken here");
        buffer.Write(octets.Span);
        return null;
    }

    // RFC 4469 §4.1: the URL comes back in the code. What no quoted string can hold is left out of it.
    private static Completion BadUrl(string url) =>
        Completion.No($"BADURL \"{new string([.. url.Where(c => c is > ' ' and < '\x7f' and not ('"' or '\\' or ']'))])}\"", "There is nothing under that URL");

    private static (MessageFlags Flags, ImmutableArray<string> Keywords, DateTimeOffset? Date) Before(ref ImapParser p)
    {
        var (flags, keywords) = (MessageFlags.None, ImmutableArray<string>.Empty);
        DateTimeOffset? date = null;
        p.Space();
        if (p.Next((byte)'('))
        {
            (flags, keywords) = FlagGrammar.List(ref p);
            p.Space();
        }

        if (p.Next((byte)'"'))
        {
            date = p.DateTime();
            p.Space();
        }

        return (flags, keywords, date);
    }

    private void Expect(byte octet) => Read((ref p) =>
    {
        p.Expect(octet, "The message is not closed");
        return true;
    });

    // The parser cannot live across a wait: each step begins where the one before ended.
    private T Read<T>(Step<T> step)
    {
        var p = new ImapParser(_line.AsSpan(_at), session.Limits, session.Naming);
        var value = step(ref p);
        _at = _line.Length - p.Rest.Length;
        return value;
    }

    private delegate T Step<out T>(ref ImapParser p);
}
