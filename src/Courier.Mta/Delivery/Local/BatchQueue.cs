using System.Threading.Channels;
using Courier.IO;
using Courier.Queue;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Delivery.Local;

/// <summary>Gathers messages into batches. A batch begins at once when nothing else is under way; while another is, it waits up to
/// <see cref="LocalDeliverySettings.BatchWait"/> for company, since the disk is busy anyway.</summary>
/// <remarks>Batches run on threads of their own: they spend their time blocked in syncs, which must not take the thread pool's few
/// threads from the connections.</remarks>
internal sealed class BatchQueue : IAsyncDisposable
{
    private readonly LocalDeliverySettings _settings;
    private readonly ISpool _spool;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Channel<Parcel> _waiting;
    private readonly Task _workers;
    private int _batchesUnderWay;
    private int _batches;

    internal BatchQueue(LocalDeliverySettings settings, ISpool spool, TimeProvider clock, ILogger logger)
    {
        (_settings, _spool, _clock, _logger) = (settings, spool, clock, logger);
        _waiting = Channel.CreateBounded<Parcel>(settings.MessagesPerBatch * (settings.BatchesAtOnce + 1));
        _workers = Task.WhenAll(Enumerable.Range(0, settings.BatchesAtOnce).Select(_ => StartThread()));
    }

    /// <summary>Batches so far.</summary>
    internal int Batches => Volatile.Read(ref _batches);

    /// <summary>Returns when each copy of the parcel has its outcome. Once taken in, a parcel is finished whatever the caller does.</summary>
    internal async ValueTask RunAsync(Parcel parcel, CancellationToken ct)
    {
        await _waiting.Writer.WriteAsync(parcel, ct);
        await parcel.Done;
    }

    /// <summary>Finishes what was taken in.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _workers;
    }

    private Task StartThread()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Work(ended)) { IsBackground = true, Name = "local delivery" }.Start();
        return ended.Task;
    }

    private void Work(TaskCompletionSource ended)
    {
        while (Wait(CancellationToken.None))
        {
            var parcels = Gather();
            if (parcels.Count == 0)
                continue;
            Interlocked.Increment(ref _batchesUnderWay);
            Interlocked.Increment(ref _batches);
            try
            {
                new DeliveryBatch(parcels, _spool, _logger).Run();
                WorkItems.Run(parcels, static parcel => parcel.Finish());
            }
            catch (Exception e)
            {
                // A fault of ours: the callers' attempts fail with it and are made again.
                WorkItems.Run(parcels, parcel => parcel.Fail(e));
            }

            Interlocked.Decrement(ref _batchesUnderWay);
        }

        ended.SetResult();
    }

    /// <returns>False when there will be no more.</returns>
    private bool Wait(CancellationToken ct)
    {
        var available = _waiting.Reader.WaitToReadAsync(ct);
        if (available.IsCompletedSuccessfully)
            return available.Result;
        // In the kernel: waiting on the task itself would spin first.
        var waiting = available.AsTask();
        ((IAsyncResult)waiting).AsyncWaitHandle.WaitOne();
        return waiting.GetAwaiter().GetResult();
    }

    private List<Parcel> Gather()
    {
        var parcels = new List<Parcel>(_settings.MessagesPerBatch);
        var begun = _clock.GetTimestamp();
        while (true)
        {
            while (parcels.Count < _settings.MessagesPerBatch && _waiting.Reader.TryRead(out var parcel))
                parcels.Add(parcel);
            var left = _settings.BatchWait - _clock.GetElapsedTime(begun);
            if (parcels.Count is 0 || parcels.Count >= _settings.MessagesPerBatch || left <= TimeSpan.Zero || Volatile.Read(ref _batchesUnderWay) == 0)
                return parcels;
            using var enough = new CancellationTokenSource(left, _clock);
            try
            {
                if (!Wait(enough.Token))
                    return parcels;
            }
            catch (OperationCanceledException)
            {
                return parcels;
            }
        }
    }
}
