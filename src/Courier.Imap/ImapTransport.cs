using System.IO.Pipelines;
using System.Net.Sockets;
using Courier.Net;

namespace Courier.Imap;

/// <summary>The connection with its waits: every read and every flush of a session goes through here and has a limit.</summary>
/// <remarks>Replies are held back while more input is at hand, and sent before anything waits for input: so pipelined commands
/// share a packet, and no client ever waits for a reply that sits in our buffer.</remarks>
internal sealed class ImapTransport(Connection connection, ImapLimits limits, TimeProvider clock, CancellationToken stopping) : IDisposable
{
    private readonly Deadline _deadline = new(stopping);
    private long _began = clock.GetTimestamp();
    private long _before;
    private readonly Lock _lock = new();
    private long? _readEnd;
    private long? _flushEnd;

    /// <summary>Fires when a wait has run out or the server stops.</summary>
    public CancellationToken Token => _deadline.Token;

    /// <summary>True when a wait ran out, false when the server stops.</summary>
    public bool TimedOut => _deadline.Expired;

    public long BytesIn { get; private set; }

    public long BytesOut { get; private set; }

    /// <summary>Until login both the time and the octets of the whole connection are limited.</summary>
    public bool IsLoggedIn { get; set; }

    /// <summary>Before login: the client has sent more than a stranger may.</summary>
    public bool IsOverBudget => !IsLoggedIn && BytesIn - _before > limits.PreAuthBytes;

    public PipeWriter Output => connection.Output;

    /// <summary>Octets of replies not yet sent.</summary>
    public long Unsent { get; set; }

    /// <summary>Whether input is at hand, without waiting.</summary>
    public bool TryRead(out ReadResult result)
    {
        if (!connection.Input.TryRead(out result))
            return false;
        if (result.Buffer.IsEmpty && !result.IsCompleted)
        {
            connection.Input.AdvanceTo(result.Buffer.End);
            return false;
        }

        return true;
    }

    /// <summary>Whether a read would not wait; nothing is taken.</summary>
    public bool HasInput
    {
        get
        {
            if (!TryRead(out var result))
                return false;
            connection.Input.AdvanceTo(result.Buffer.Start);
            return true;
        }
    }

    /// <summary>Waits for input and takes none of it.</summary>
    public async Task WaitAsync(TimeSpan wait)
    {
        var result = await ReadAsync(wait);
        connection.Input.AdvanceTo(result.Buffer.Start);
    }

    /// <summary>Waits for input.</summary>
    public async ValueTask<ReadResult> ReadAsync(TimeSpan wait)
    {
        if (!IsLoggedIn && limits.PreAuthTime - clock.GetElapsedTime(_began) is var left && left < wait)
            wait = left > TimeSpan.Zero ? left : TimeSpan.Zero;
        Arm(ref _readEnd, wait);
        try
        {
            return await connection.Input.ReadAsync(_deadline.Token);
        }
        catch (Exception e) when (IsLoss(e))
        {
            throw new ConnectionLostException("The client has gone", e);
        }
        finally
        {
            Arm(ref _readEnd, limit: null);
        }
    }

    public void Consume(SequencePosition consumed, SequencePosition examined, long octets)
    {
        BytesIn += octets;
        connection.Input.AdvanceTo(consumed, examined);
    }

    public async ValueTask FlushAsync()
    {
        if (Unsent == 0)
            return;
        BytesOut += Unsent;
        Unsent = 0;
        Arm(ref _flushEnd, limits.WriteTime);
        try
        {
            await connection.Output.FlushAsync(_deadline.Token);
        }
        catch (Exception e) when (IsLoss(e))
        {
            throw new ConnectionLostException("The client has gone", e);
        }
        finally
        {
            Arm(ref _flushEnd, limit: null);
        }
    }

    /// <summary>Sends what has been written although the session's token has fired: the last word of a connection.</summary>
    public async ValueTask FlushLastAsync()
    {
        using var limit = new CancellationTokenSource(limits.ByeTime, clock);
        BytesOut += Unsent;
        Unsent = 0;
        try
        {
            await connection.Output.FlushAsync(limit.Token);
        }
        catch (Exception e) when (IsLoss(e) || e is OperationCanceledException)
        {
            // It does not listen any more.
        }
    }

    /// <summary>The client is a stranger again: the limits of a connection that has just begun.</summary>
    public void Forget() => (IsLoggedIn, _began, _before) = (false, clock.GetTimestamp(), BytesIn);

    public void Dispose() => _deadline.Dispose();

    // IDLE writes while it reads: one timer serves both, set to what ends first.
    private void Arm(ref long? end, TimeSpan? limit)
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            end = limit is { } time ? now + (long)(time.TotalSeconds * clock.TimestampFrequency) : null;
            if (_readEnd is null && _flushEnd is null)
                _deadline.Clear();
            else if (clock.GetElapsedTime(now, Math.Min(_readEnd ?? long.MaxValue, _flushEnd ?? long.MaxValue)) is var left)
                _deadline.Set(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    private static bool IsLoss(Exception e) => e is IOException or SocketException or ObjectDisposedException or InvalidOperationException;
}
