using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Courier.IO.Platform;
using Microsoft.Extensions.Logging;

namespace Courier.Accounts;

/// <summary>Checks passwords on threads of its own: a check may cost tens of milliseconds on purpose, and the pool's threads are
/// what every connection is served by. As many run at once as the settings say; as many wait as they allow.</summary>
internal sealed class PasswordChecks : IDisposable
{
    private static readonly Meter _meter = new("Courier.Accounts");
    private static readonly Counter<long> _verifications = _meter.CreateCounter<long>("courier.accounts.verifications", "{check}", "Password checks by outcome");
    private static readonly Histogram<double> _duration = _meter.CreateHistogram<double>(
        "courier.accounts.verification.duration", "s", "Time from asking for a password check to its end",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] });

    // crypt(3) keeps its tables in the block we give it or maps them: the stack stays shallow.
    private const int StackBytes = 512 * 1024;

    private readonly AccountSettings _settings;
    private readonly ILogger _logger;
    private readonly BlockingCollection<Check> _queue = [];
    private readonly SemaphoreSlim _room;
    private readonly Lock _gate = new();
    private int _threads;
    private int _warned;

    internal PasswordChecks(AccountSettings settings, ILogger logger)
    {
        (_settings, _logger) = (settings, logger);
        _room = new SemaphoreSlim(settings.VerificationsAtOnce + settings.VerificationsWaitingMax);
    }

    /// <summary>Whether it is the password that was hashed. Throws <see cref="IOException"/> when too many checks wait.</summary>
    internal async ValueTask<bool> VerifyAsync(string password, string hash, CancellationToken ct)
    {
        if (!_room.Wait(TimeSpan.Zero, ct))
        {
            if (Interlocked.Exchange(ref _warned, 1) == 0)
                Log.TooManyVerifications(_logger, _queue.Count);
            _verifications.Add(1, new KeyValuePair<string, object?>("outcome", "turned away"));
            throw new IOException("Too many password checks are waiting.");
        }

        try
        {
            var started = Stopwatch.GetTimestamp();
            var check = new Check(password, hash, ct);
            if (_queue.IsAddingCompleted)
                throw new IOException("The server stops.");
            _queue.Add(check, ct);
            StartThread();
            var right = await check.Task;
            _duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
            _verifications.Add(1, new KeyValuePair<string, object?>("outcome", right ? "right" : "wrong"));
            return right;
        }
        finally
        {
            if (_room.Release() > _settings.VerificationsAtOnce)
                Volatile.Write(ref _warned, 0);
        }
    }

    /// <summary>No more are taken; the threads finish those that wait and end.</summary>
    public void Dispose() => _queue.CompleteAdding();

    /// <summary>Threads begin with the first logins: a server that nobody logs in to has none.</summary>
    private void StartThread()
    {
        if (Volatile.Read(ref _threads) >= _settings.VerificationsAtOnce)
            return;
        lock (_gate)
        {
            if (_threads >= _settings.VerificationsAtOnce)
                return;
            try
            {
                new Thread(Run, StackBytes) { IsBackground = true, Name = $"password check {_threads + 1}" }.Start();
                _threads++;
            }
            catch (OutOfMemoryException e)
            {
                // That is what .NET calls it when there are no descriptors left. Threads that are there will do; without one the login is to come again.
                if (_threads == 0)
                    throw new IOException("No thread can be made to check a password.", e);
            }
        }
    }

    private void Run()
    {
        foreach (var check in _queue.GetConsumingEnumerable())
        {
            try
            {
                check.Run();
            }
            catch (Exception e)
            {
                // Whoever waits gets it too; the thread goes on for the others.
                Log.VerificationFault(_logger, e);
                check.Fail(e);
            }
        }
    }

    private sealed class Check(string password, string hash, CancellationToken ct)
    {
        private readonly TaskCompletionSource<bool> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<bool> Task => _answer.Task;

        internal void Run()
        {
            // A peer that has gone needs no answer.
            if (ct.IsCancellationRequested)
                _answer.SetCanceled(ct);
            else
                _answer.SetResult(PasswordHash.Verify(password, hash));
        }

        internal void Fail(Exception exception) => _answer.TrySetException(exception);
    }
}
