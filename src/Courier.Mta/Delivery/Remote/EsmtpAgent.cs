using Courier.Queue;
using Courier.Smtp.Client;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Delivery.Remote;

/// <summary>Hands messages to one next hop over ESMTP or LMTP. At least once: where the answer to a whole message is lost, it is sent
/// again at the next attempt.</summary>
public sealed class EsmtpAgent : IDeliveryAgent, IAsyncDisposable
{
    private readonly NextHop _hop;
    private readonly Connector _connector;
    private readonly EsmtpAgentSettings _settings;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly ClientPool _pool;
    private readonly SemaphoreSlim _connections;
    private UnreachableSince? _unreachable;
    private int _attempts;

    public EsmtpAgent(NextHop hop, Connector connector, EsmtpAgentSettings settings, ILogger logger, TimeProvider clock)
    {
        (_hop, _connector, _settings, _logger, _clock) = (hop, connector, settings, logger, clock);
        _pool = new ClientPool(settings.IdleTimeout, clock);
        _connections = new SemaphoreSlim(settings.ConnectionsMax);
    }

    private sealed record UnreachableSince(HopException Failure, long At);

    public bool IsRemote => true;

    /// <summary>Connections that wait for a message.</summary>
    public int IdleConnections => _pool.Count;

    /// <summary>It has nothing that would be lost with it: no attempt, no connection, no failure that still counts.</summary>
    internal bool IsDispensable => Volatile.Read(ref _attempts) == 0 && _pool.Count == 0 && RecentFailure() is null;

    public async ValueTask<IReadOnlyList<RecipientOutcome>> DeliverAsync(DeliveryJob job, CancellationToken ct)
    {
        var outcomes = new List<RecipientOutcome>(job.Recipients.Count);
        Interlocked.Increment(ref _attempts);
        await _connections.WaitAsync(ct);
        try
        {
            if (RecentFailure() is { } recent && !(recent.IsAboutTls && job.Envelope.TlsIsOptional))
                throw recent;
            var left = job.Recipients;
            while (left.Count > 0)
                left = await SendAsync(job, left, outcomes, ct);
        }
        catch (HopException e)
        {
            if (e.IsUnreachable && RecentFailure() is null)
                _unreachable = new UnreachableSince(e, _clock.GetTimestamp());
            outcomes.AddRange(job.Recipients.ExceptBy(outcomes.Select(static o => o.Number), static r => r.Number).Select(recipient => e.ForRecipient(recipient.Number)));
        }
        finally
        {
            _connections.Release();
            Interlocked.Decrement(ref _attempts);
        }

        return outcomes;
    }

    /// <summary>What the last attempt to reach it came to, while that still counts: nothing has been reached since.</summary>
    private HopException? RecentFailure() =>
        _unreachable is { } last && _clock.GetElapsedTime(last.At) < _settings.FailurePause ? last.Failure : null;

    /// <summary>Closes the idle connections. Deliveries under way end by their own token.</summary>
    public async ValueTask DisposeAsync()
    {
        await _pool.DisposeAsync();
        _connections.Dispose();
    }

    /// <summary>One transaction for as many recipients as the hop takes at once.</summary>
    /// <returns>Those for whom it had no room: they go in a further transaction, as RFC 5321 §4.5.3.1.10 asks, so long as each
    /// makes progress.</returns>
    private async ValueTask<IReadOnlyList<JobRecipient>> SendAsync(
        DeliveryJob job, IReadOnlyList<JobRecipient> recipients, List<RecipientOutcome> outcomes, CancellationToken ct)
    {
        var message = Outgoing.Of(job, recipients, _clock.GetUtcNow());
        var (result, server) = await TransactAsync(message, job.Envelope.TlsIsOptional, ct);
        var mayContinue = result.IsUsable && result.Recipients.Any(static r => r.IsTaken);
        var left = new List<JobRecipient>();
        for (var i = 0; i < recipients.Count; i++)
        {
            if (mayContinue && OutcomeReader.IsTooManyRecipients(result.Recipients[i]))
                left.Add(recipients[i]);
            else
                outcomes.Add(OutcomeReader.Read(recipients[i].Number, result.Recipients[i], server) with
                {
                    // What it did not take is ours to report (RFC 3461 §5.2.4), whatever it offers.
                    IsReportPassedOn = result.IsReportPassedOn && result.Recipients[i].IsTaken,
                    IsReportDue = job.Envelope.DeliverBy is { } by && (by.IsTraced || !result.KnowsTimes),
                });
        }

        return left;
    }

    /// <summary>A kept connection may have been closed by the other side meanwhile. So long as it has not answered DATA, the message
    /// is not with it, and a new connection is tried at once; what that one says counts.</summary>
    private async ValueTask<(SendResult Result, string Server)> TransactAsync(OutgoingMessage message, bool tlsIsOptional, CancellationToken ct)
    {
        if (_pool.TryTake() is { } kept)
        {
            var result = await UseAsync(kept, message, ct);
            if (result.IsUsable || result.WasDataAnswered)
                return (result, kept.Server);
            Log.Stale(_logger, _hop.ToString());
        }

        var fresh = await ConnectAsync(tlsIsOptional, ct);
        _unreachable = null;
        return (await UseAsync(fresh, message, ct), fresh.Server);
    }

    private async ValueTask<PooledClient> ConnectAsync(bool tlsIsOptional, CancellationToken ct)
    {
        try
        {
            return new PooledClient(await _connector.ConnectAsync(_hop, ct));
        }
        catch (HopException e) when (tlsIsOptional && e.IsAboutTls)
        {
            return new PooledClient(await _connector.ConnectRelaxedAsync(_hop, ct)) { IsForOneMessage = true };
        }
    }

    private async ValueTask<SendResult> UseAsync(PooledClient client, OutgoingMessage message, CancellationToken ct)
    {
        var isKept = false;
        try
        {
            var fit = client.Client.Extensions.HasFlag(ServerExtensions.EightBitMime) ? message : await SevenBitOnly.FitAsync(message, ct);
            // A header beyond ASCII is the client's business where the message came with SMTPUTF8 (RFC 6531 §3.2).
            if (fit is null && message.IsUtf8)
                fit = message;
            if (fit is null)
            {
                isKept = !client.IsForOneMessage && _pool.TryPut(client);
                // RFC 6152 §3, RFC 3463 X.6.3: conversion required but not supported.
                throw new HopException(OutcomeKind.Failed, "5.6.3", $"{client.Server} takes seven bits only, and the message cannot be converted", null);
            }

            var result = await client.Client.SendAsync(fit, ct);
            client.Messages++;
            isKept = result.IsUsable && !client.IsForOneMessage && client.Messages < _settings.MessagesPerConnection && _pool.TryPut(client);
            return result;
        }
        finally
        {
            if (!isKept)
                await client.Client.DisposeAsync();
        }
    }
}
