using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Courier.IO.Wire;
using Courier.Net;

namespace Courier.Pop3;

/// <summary>Ends a session from within: the client has gone, stayed silent for too long, or the server stops.</summary>
/// <param name="farewell">What to say to the client; null when nobody listens.</param>
internal sealed class SessionEndedException(Pop3Reply? farewell) : Exception("The session has ended.")
{
    internal Pop3Reply? Farewell { get; } = farewell;
}

/// <summary>Lines in, answers out, each wait with its limit. Trouble with the client leaves here as
/// <see cref="SessionEndedException"/> only, so that an <see cref="IOException"/> met elsewhere in a session is our own.</summary>
internal sealed class Pop3Wire(Connection connection, Pop3Limits limits, CancellationToken stopping) : IDisposable
{
    private readonly LineReader _lines = new(limits.LineBytes);
    private readonly Deadline _input = new(stopping);

    // Not tied to the stop of the server: what has been done is still answered.
    private readonly Deadline _output = new(CancellationToken.None);

    /// <summary>Octets of lines that came.</summary>
    internal long BytesIn { get; private set; }

    /// <summary>Octets that went.</summary>
    internal long BytesOut { get; private set; }

    /// <summary>The line last read, until the next.</summary>
    internal ReadOnlySpan<byte> Line => _lines.Line.Span;

    internal bool HasBufferedLine => LineReader.HasBufferedLine(connection.Input);

    internal async ValueTask<LineStatus> ReadLineAsync()
    {
        try
        {
            // The timer runs only while we wait: a slow command of ours must not count against the client.
            var reading = _lines.ReadAsync(connection.Input, _input.Token);
            if (reading.IsCompletedSuccessfully)
                return Count(reading.Result);
            _input.Set(limits.CommandTimeout);
            var status = await reading;
            _input.Clear();
            return Count(status);
        }
        catch (Exception e) when (IsPeerTrouble(e))
        {
            throw new SessionEndedException(e is not OperationCanceledException ? null : _input.Expired ? Pop3Reply.TimedOut : Pop3Reply.ShuttingDown);
        }
    }

    private LineStatus Count(LineStatus status)
    {
        BytesIn += _lines.Line.Length + "\r\n".Length;
        return status;
    }

    internal void Write(Pop3Reply reply)
    {
        WriteText(reply.IsOk ? "+OK " : "-ERR ");
        WriteLine(reply.Text);
    }

    /// <summary>One line of a list; it must not begin with a dot.</summary>
    internal void WriteLine(string text)
    {
        WriteText(text);
        connection.Output.Write("\r\n"u8);
    }

    internal void EndList() => connection.Output.Write(".\r\n"u8);

    /// <summary>A challenge of an authentication (RFC 5034 §4).</summary>
    internal void WriteChallenge(ReadOnlyMemory<byte> challenge) => WriteLine("+ " + Convert.ToBase64String(challenge.Span));

    /// <summary>Text with dots stuffed, in pieces, so that little of it is held at once.</summary>
    /// <param name="text">With CRLF line ends.</param>
    /// <param name="stuffer">Keeps its state between two texts of one answer.</param>
    /// <returns>The stuffer as it is now.</returns>
    internal async ValueTask<DotStuffer> WriteTextAsync(ReadOnlyMemory<byte> text, DotStuffer stuffer)
    {
        while (!text.IsEmpty)
        {
            var piece = text[..Math.Min(text.Length, limits.PieceBytes)];
            stuffer.Write(piece.Span, connection.Output);
            text = text[piece.Length..];
            await FlushIfLargeAsync();
        }

        return stuffer;
    }

    internal void EndText(DotStuffer stuffer) => stuffer.Finish(connection.Output);

    internal ValueTask FlushIfLargeAsync() => connection.Output.UnflushedBytes >= limits.PieceBytes ? FlushAsync() : default;

    internal async ValueTask FlushAsync()
    {
        if (connection.Output.UnflushedBytes == 0)
            return;
        BytesOut += connection.Output.UnflushedBytes;
        try
        {
            var flushing = connection.Output.FlushAsync(_output.Token);
            if (flushing.IsCompletedSuccessfully)
            {
                _ = flushing.Result;
                return;
            }

            _output.Set(limits.ReplyTimeout);
            await flushing;
            _output.Clear();
        }
        catch (Exception e) when (IsPeerTrouble(e))
        {
            throw new SessionEndedException(farewell: null);
        }
    }

    /// <summary>Performs the handshake. Whatever the client sent in the clear behind STLS is gone afterwards.</summary>
    /// <returns>Null, or why it failed; then the connection is of no use.</returns>
    internal async ValueTask<string?> SecureAsync(SslServerAuthenticationOptions options)
    {
        _input.Set(limits.HandshakeTimeout);
        try
        {
            await connection.SecureAsServerAsync(options, _input.Token);
            _input.Clear();
            return null;
        }
        catch (Exception e) when (e is AuthenticationException || IsPeerTrouble(e))
        {
            return e.Message;
        }
    }

    public void Dispose()
    {
        _input.Dispose();
        _output.Dispose();
    }

    private void WriteText(string text) => Encoding.ASCII.GetBytes(text, connection.Output);

    private static bool IsPeerTrouble(Exception e) =>
        e is IOException or SocketException or OperationCanceledException or ObjectDisposedException;
}
