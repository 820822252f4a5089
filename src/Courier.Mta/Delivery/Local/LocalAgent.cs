using System.Collections.Concurrent;
using System.Text;
using Courier.Accounts;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Mail.Headers;
using Courier.Mailboxes.Delivery;
using Courier.Queue;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Delivery.Local;

/// <summary>Delivers into Maildirs, each recipient's copy exactly once (<see cref="DeliveryBatch"/>), for the queue and for LMTP, which share
/// batches.</summary>
/// <remarks>On top of the message go Return-Path (RFC 5321 §4.4), Delivered-To and our trace fields. A message that already carries
/// Delivered-To with the recipient's own address has come round in a circle and fails. Left-over copies of a crash are swept
/// from a Maildir before the first copy is written into it.</remarks>
public sealed class LocalAgent : IDeliveryAgent, IAsyncDisposable
{
    private readonly ISpool _spool;
    private readonly IAccountDirectory _accounts;
    private readonly LocalDeliverySettings _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly BatchQueue _batches;
    private readonly DateTimeOffset _started;
    private IReadOnlySet<string>? _committedBefore;
    private readonly ConcurrentDictionary<string, Lazy<bool>> _swept = new(StringComparer.Ordinal);

    /// <param name="spool">Where copies are committed as staged; opened, with nothing delivered from it yet.</param>
    /// <param name="accounts">Whose Maildir is where.</param>
    /// <param name="settings">Sizes of batches and the like.</param>
    /// <param name="clock">Gives names their time.</param>
    /// <param name="logger">For trouble with disks.</param>
    public LocalAgent(ISpool spool, IAccountDirectory accounts, LocalDeliverySettings settings, TimeProvider clock, ILogger logger)
    {
        (_spool, _accounts, _settings, _clock, _logger) = (spool, accounts, settings, clock, logger);
        _batches = new BatchQueue(settings, spool, clock, logger);
        _started = clock.GetUtcNow();
    }

    public int? AttemptsAtOnce => _settings.AttemptsAtOnce;

    internal int Batches => _batches.Batches;

    public async ValueTask<IReadOnlyList<RecipientOutcome>> DeliverAsync(DeliveryJob job, CancellationToken ct)
    {
        var visited = DeliveredTo(job.Body);
        var copies = new List<MailboxCopy>(job.Recipients.Count);
        foreach (var recipient in job.Recipients)
            copies.Add(await PrepareAsync(job, recipient, visited, ct));
        return await RunAsync(new Parcel(job.Id, job.Body, copies), ct);
    }

    /// <summary>Delivers without the queue: durable in the mailboxes on return, one outcome for each recipient of the envelope. After a
    /// crash before that, nothing was promised and the client sends again (RFC 2033 §4.2).</summary>
    public async ValueTask<IReadOnlyList<RecipientOutcome>> DeliverNowAsync(Envelope envelope, ReadOnlyMemory<byte> trace, MessageBody body, CancellationToken ct)
    {
        var visited = DeliveredTo(body);
        var copies = new List<MailboxCopy>(envelope.Recipients.Count);
        for (var number = 0; number < envelope.Recipients.Count; number++)
        {
            var name = UniqueName.Next(_clock.GetUtcNow());
            copies.Add(await PrepareAsync(number, envelope.Recipients[number].Address, SenderFor(envelope, envelope.Recipients[number].Address), trace, body.Length, name, visited, ct));
        }

        return await RunAsync(new Parcel(null, body, copies), ct);
    }

    /// <summary>Finishes the batches under way.</summary>
    public ValueTask DisposeAsync() => _batches.DisposeAsync();

    private async ValueTask<IReadOnlyList<RecipientOutcome>> RunAsync(Parcel parcel, CancellationToken ct)
    {
        if (parcel.Copies.Any(copy => copy.IsUnderWay))
            await _batches.RunAsync(parcel, ct);
        return [.. parcel.Copies.Select(copy => copy.Outcome!)];
    }

    private async ValueTask<MailboxCopy> PrepareAsync(DeliveryJob job, JobRecipient recipient, HashSet<string>? visited, CancellationToken ct)
    {
        if (recipient.StagedPath is { } path)
            return new MailboxCopy(recipient.Number) { Staged = new StagedMessage(path), IsCommitted = true };
        var name = StagingFolder.NameOf(_clock.GetUtcNow(), job.Id, recipient.Number, _settings.Host);
        var copy = await PrepareAsync(recipient.Number, recipient.Recipient.Address, SenderFor(job.Envelope, recipient.Recipient.Address), job.Trace, job.Body.Length, name, visited, ct);
        if (copy.Outcome?.Status is LoopStatus)
            Log.Loop(_logger, job.Id, recipient.Recipient.Address.ToString());
        return copy;
    }

    private async ValueTask<MailboxCopy> PrepareAsync(
        int number, MailAddress address, ReversePath sender, ReadOnlyMemory<byte> trace, long octets, string name, HashSet<string>? visited, CancellationToken ct)
    {
        if (visited is not null && visited.Contains(address.Key))
            return Failed(number, LoopStatus, "The message has been delivered to this address before: a loop");
        Account? account;
        var header = HeaderOf(sender, address, trace.Span);
        var hasRoom = true;
        try
        {
            account = await _accounts.FindAsync(address, ct);
            if (account is not null)
            {
                await SweepAsync(account.Maildir, ct);
                hasRoom = MailboxRoom.IsFor(account.Maildir, header.Length + octets, _clock);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Deferred(number, "4.3.0", "The accounts, the mailbox or the queue cannot be read: " + e.Message);
        }

        if (account is null)
            return Failed(number, "5.1.1", "There is no such user here");
        if (!hasRoom)
            return _settings.RefusesOverQuota ? Failed(number, "5.2.2", OverQuota) : Deferred(number, "4.2.2", OverQuota);
        return new MailboxCopy(number) { Maildir = account.Maildir, Name = name, Header = header };
    }

    /// <summary>RFC 3463 X.4.6: routing loop detected.</summary>
    private const string LoopStatus = "5.4.6";

    private const string OverQuota = "The mailbox is over its quota";

    private static MailboxCopy Failed(int number, string status, string diagnostic) =>
        new(number) { Outcome = new RecipientOutcome(number, OutcomeKind.Failed, status, diagnostic) };

    private static MailboxCopy Deferred(int number, string status, string diagnostic) =>
        new(number) { Outcome = new RecipientOutcome(number, OutcomeKind.Deferred, status, diagnostic) };

    private static ReversePath SenderFor(Envelope envelope, MailAddress recipient) => envelope.IsVerp ? Verp.Encode(envelope.Sender, recipient) : envelope.Sender;

    private static byte[] HeaderOf(ReversePath sender, MailAddress recipient, ReadOnlySpan<byte> trace)
    {
        var fields = Encoding.UTF8.GetBytes($"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n");
        var header = new byte[fields.Length + trace.Length];
        fields.CopyTo(header, 0);
        trace.CopyTo(header.AsSpan(fields.Length));
        return header;
    }

    /// <summary>Keys of the addresses that the message was delivered to before; null for most messages.</summary>
    private HashSet<string>? DeliveredTo(MessageBody body)
    {
        if (body.FilePath is null)
            return DeliveredTo(body.Inline.Span[..Math.Min(body.Inline.Length, _settings.HeaderBytes)]);
        var start = new byte[Math.Min(body.Length, _settings.HeaderBytes)];
        using (var stream = body.OpenRead())
            stream.ReadExactly(start);
        return DeliveredTo(start);
    }

    private static HashSet<string>? DeliveredTo(ReadOnlySpan<byte> message)
    {
        HashSet<string>? visited = null;
        foreach (var field in new HeaderReader(message))
        {
            if (!Ascii.EqualsIgnoreCase(message[field.Name], "Delivered-To"u8))
                continue;
            if (MailAddress.TryParse(message[field.Value].Trim(" \t\r\n"u8), out var address))
                (visited ??= new HashSet<string>(StringComparer.Ordinal)).Add(address!.Key);
        }

        return visited;
    }

    /// <summary>Once for each Maildir, before the first copy of this process is written into it.</summary>
    private async ValueTask SweepAsync(string maildir, CancellationToken ct)
    {
        if (_swept.TryGetValue(maildir, out var done) && done.IsValueCreated)
            return;
        // By name: names carry the queue id, while a Maildir's path may be spelled differently by now.
        _committedBefore ??= (await _spool.StagedPathsAsync(ct)).Select(path => Path.GetFileName(path)).ToHashSet(StringComparer.Ordinal);
        _ = _swept.GetOrAdd(maildir, (path, known) => new Lazy<bool>(() => Sweep(path, known)), _committedBefore).Value;
    }

    private bool Sweep(string maildir, IReadOnlySet<string> committed)
    {
        try
        {
            var swept = StagingFolder.Sweep(maildir, _settings.Host, committed, _started, _settings.StrayAge);
            if (swept > 0)
                Log.Swept(_logger, swept, maildir);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.SweepFailed(_logger, maildir, e.Message);
            return false;
        }
    }
}
