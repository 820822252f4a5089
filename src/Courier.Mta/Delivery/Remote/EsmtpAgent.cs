using Courier.Queue;
using Courier.Smtp.Client;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Delivery.Remote;

/// <summary>Hands messages to one next hop over ESMTP or LMTP. At least once: where the answer to a whole message is lost, it is sent
/// again at the next attempt.</summary>
public sealed class EsmtpAgent : IDeliveryAgent, IAsyncDisposable
{
    private readonly NextHop _hop;
    private readonly EsmtpAgentSettings _settings;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly ClientPool _pool;
    private readonly SemaphoreSlim _connections;

    public EsmtpAgent(NextHop hop, EsmtpAgentSettings settings, ILogger logger, TimeProvider clock)
    {
        (_hop, _settings, _logger, _clock) = (hop, settings, logger, clock);
        _pool = new ClientPool(settings.IdleTimeout, clock);
        _connections = new SemaphoreSlim(settings.ConnectionsMax);
    }

    public bool IsRemote => true;

    /// <summary>Connections that wait for a message.</summary>
    public int IdleConnections => _pool.Count;

    public async ValueTask<IReadOnlyList<RecipientOutcome>> DeliverAsync(DeliveryJob job, CancellationToken ct)
    {
        var outcomes = new List<RecipientOutcome>(job.Recipients.Count);
        await _connections.WaitAsync(ct);
        try
        {
            var left = job.Recipients;
            while (left.Count > 0)
                left = await SendAsync(job, left, outcomes, ct);
        }
        catch (SmtpConnectException e)
        {
            Log.Unreachable(_logger, _hop.ToString(), e.Message);
            outcomes.AddRange(job.Recipients.ExceptBy(outcomes.Select(static o => o.Number), static r => r.Number)
                .Select(recipient => OutcomeReader.Unreachable(recipient.Number, e, _hop)));
        }
        finally
        {
            _connections.Release();
        }

        return outcomes;
    }

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
        var result = await TransactAsync(message, ct);
        var mayContinue = result.IsUsable && result.Recipients.Any(static r => r.IsTaken);
        var left = new List<JobRecipient>();
        for (var i = 0; i < recipients.Count; i++)
        {
            if (mayContinue && OutcomeReader.IsTooManyRecipients(result.Recipients[i]))
                left.Add(recipients[i]);
            else
                outcomes.Add(OutcomeReader.Read(recipients[i].Number, result.Recipients[i], _hop) with
                {
                    IsReportPassedOn = result.IsReportPassedOn,
                    IsReportDue = job.Envelope.DeliverBy is { } by && (by.IsTraced || !result.KnowsTimes),
                });
        }

        return left;
    }

    /// <summary>A kept connection may have been closed by the other side meanwhile. So long as it has not answered DATA, the message
    /// is not with it, and a new connection is tried at once; what that one says counts.</summary>
    private async ValueTask<SendResult> TransactAsync(OutgoingMessage message, CancellationToken ct)
    {
        if (_pool.TryTake() is { } kept)
        {
            var result = await UseAsync(kept, message, ct);
            if (result.IsUsable || result.WasDataAnswered)
                return result;
            Log.Stale(_logger, _hop.ToString());
        }

        return await UseAsync(new PooledClient(await SmtpClient.ConnectAsync(_hop.Host, _hop.Port, _settings.Client, ct)), message, ct);
    }

    private async ValueTask<SendResult> UseAsync(PooledClient client, OutgoingMessage message, CancellationToken ct)
    {
        var isKept = false;
        try
        {
            var result = await client.Client.SendAsync(message, ct);
            client.Messages++;
            isKept = result.IsUsable && client.Messages < _settings.MessagesPerConnection && _pool.TryPut(client);
            return result;
        }
        finally
        {
            if (!isKept)
                await client.Client.DisposeAsync();
        }
    }
}
