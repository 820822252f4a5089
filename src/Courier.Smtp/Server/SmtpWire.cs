using System.Buffers;
using System.Net.Sockets;
using System.Security.Authentication;
using Courier.IO.Wire;
using Courier.Net;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Server;

/// <summary>Ends a session from within: the peer has gone, stayed silent for too long, or the server stops.</summary>
/// <param name="farewell">What to say to the peer; null when nobody listens.</param>
internal sealed class SessionEndedException(SmtpReply? farewell) : Exception("The session has ended.")
{
    public SmtpReply? Farewell { get; } = farewell;
}

/// <summary>Lines and bytes in, replies out, each wait with its limit. Trouble with the peer leaves here as
/// <see cref="SessionEndedException"/> only, so that an <see cref="IOException"/> met elsewhere in a session is our own.</summary>
internal sealed class SmtpWire : IDisposable
{
    // As much as is read at once.
    private const int UnflushedBytesMax = 16 * 1024;

    private readonly Connection _connection;
    private readonly SmtpLimits _limits;
    private readonly LineReader _lines;
    private readonly Deadline _input;

    // Not tied to the stop of the server: what has been done is still answered.
    private readonly Deadline _output = new(CancellationToken.None);

    public SmtpWire(Connection connection, SmtpLimits limits, int lineBytes, CancellationToken stopping)
    {
        (_connection, _limits) = (connection, limits);
        _lines = new LineReader(lineBytes) { EndlessBytes = limits.EndlessLineBytes };
        _input = new Deadline(stopping);
    }

    /// <summary>The line last read, until the next.</summary>
    public ReadOnlySpan<byte> Line => _lines.Line.Span;

    /// <summary>RFC 2920 §3.2: answers to commands that came together leave together. Up to a size: a line costs the peer less than
    /// its answer costs us.</summary>
    public bool IsFlushDue => _connection.Output.UnflushedBytes >= UnflushedBytesMax || !LineReader.HasBufferedLine(_connection.Input);

    public async ValueTask<LineStatus> ReadLineAsync()
    {
        try
        {
            // The timer is set only when there is something to wait for, and cleared before the work begins: a slow command of ours
            // must not count against the peer.
            var reading = _lines.ReadAsync(_connection.Input, _input.Token);
            if (reading.IsCompletedSuccessfully)
                return reading.Result;
            _input.Set(_limits.CommandTimeout);
            var status = await reading;
            _input.Clear();
            return status;
        }
        catch (Exception e) when (IsPeerTrouble(e))
        {
            throw Ended(e);
        }
    }

    /// <summary>Waits whether the peer speaks; what it says stays to be read.</summary>
    /// <returns>False as soon as it does.</returns>
    public async ValueTask<bool> IsSilentAsync(TimeSpan time)
    {
        using var limit = new CancellationTokenSource(time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _input.Token);
        try
        {
            var result = await _connection.Input.ReadAsync(either.Token);
            _connection.Input.AdvanceTo(result.Buffer.Start);
            return result is { IsCompleted: true, Buffer.IsEmpty: true } ? throw new SessionEndedException(farewell: null) : false;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !_input.Token.IsCancellationRequested)
        {
            return true;
        }
        catch (Exception e) when (IsPeerTrouble(e))
        {
            throw Ended(e);
        }
    }

    /// <summary>Bytes of a message. The caller advances <see cref="Advance"/> before it reads again.</summary>
    public async ValueTask<ReadOnlySequence<byte>> ReadDataAsync(TimeSpan limit)
    {
        try
        {
            var reading = _connection.Input.ReadAsync(_input.Token);
            if (!reading.IsCompletedSuccessfully)
            {
                _input.Set(limit);
                // Whoever sends the next octets only after our answers must get them (BDAT: RFC 3030 §4.2).
                await FlushAsync();
            }

            var result = await reading;
            _input.Clear();
            // A message without its end is none.
            return result is { IsCompleted: true, Buffer.IsEmpty: true } ? throw new SessionEndedException(farewell: null) : result.Buffer;
        }
        catch (Exception e) when (IsPeerTrouble(e))
        {
            throw Ended(e);
        }
    }

    public void Advance(SequencePosition consumed) => _connection.Input.AdvanceTo(consumed);

    /// <summary>Reads octets that lead to nothing.</summary>
    public async ValueTask SkipAsync(long octets, TimeSpan limit)
    {
        while (octets > 0)
        {
            var input = await ReadDataAsync(limit);
            var taken = Math.Min(octets, input.Length);
            Advance(input.GetPosition(taken));
            octets -= taken;
        }
    }

    public void Write(SmtpReply reply) => ReplyWriter.Write(reply, _connection.Output);

    public async ValueTask FlushAsync()
    {
        if (_connection.Output.UnflushedBytes == 0)
            return;
        try
        {
            var flushing = _connection.Output.FlushAsync(_output.Token);
            if (!flushing.IsCompletedSuccessfully)
            {
                _output.Set(_limits.ReplyTimeout);
                await flushing;
                _output.Clear();
                return;
            }

            _ = flushing.Result;
        }
        catch (Exception e) when (IsPeerTrouble(e))
        {
            // What it would not read must not hold up the end either.
            _connection.Abort();
            throw new SessionEndedException(farewell: null);
        }
    }

    /// <summary>Performs the handshake. Whatever the peer sent in the clear behind STARTTLS is gone afterwards.</summary>
    /// <returns>Null, or why it failed; then the connection is of no use.</returns>
    public async ValueTask<string?> SecureAsync(System.Net.Security.SslServerAuthenticationOptions options)
    {
        _input.Set(_limits.HandshakeTimeout);
        try
        {
            await _connection.SecureAsServerAsync(options, _input.Token);
            _input.Clear();
            return null;
        }
        catch (AuthenticationException e)
        {
            return e.Message;
        }
        catch (Exception e) when (IsPeerTrouble(e))
        {
            return e.Message;
        }
    }

    public void Dispose()
    {
        _input.Dispose();
        _output.Dispose();
    }

    private SessionEndedException Ended(Exception e) => new(e is not OperationCanceledException ? null : _input.Expired ? Reply.TimedOut : Reply.ShuttingDown);

    private static bool IsPeerTrouble(Exception e) =>
        e is IOException or SocketException or OperationCanceledException or ObjectDisposedException;
}
