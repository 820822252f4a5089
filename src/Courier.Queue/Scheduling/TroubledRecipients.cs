using Courier.Mail.Addresses;

namespace Courier.Queue.Scheduling;

/// <summary>One address whose mail failed or waits.</summary>
/// <param name="Address">Whose.</param>
/// <param name="IsPermanent">It failed; else it was deferred.</param>
/// <param name="Since">When that was last found.</param>
public sealed record TroubledRecipient(MailAddress Address, bool IsPermanent, DateTimeOffset Since);

/// <summary>Addresses whose mail failed or was deferred a short while ago. More for them is better refused while its sender is still connected than
/// reported later to whoever stands in the return path (Courier's back-scatter suppression).</summary>
/// <remarks>In memory: it is about the last two hours, and a restart begins anew. Thread-safe.</remarks>
/// <param name="clock">For the two hours.</param>
/// <param name="sources">Mail that came by these ways is noted, and more by these ways is refused.</param>
public sealed class TroubledRecipients(TimeProvider clock, IReadOnlySet<MessageSource> sources)
{
    /// <summary>How long an address stays noted.</summary>
    /// <remarks>Courier's: two hours.</remarks>
    public static readonly TimeSpan Memory = TimeSpan.FromHours(2);

    /// <summary>Addresses at most; beyond, no more are noted until some are forgotten.</summary>
    /// <remarks>Some 20 MB.</remarks>
    private const int AddressesMax = 50_000;

    private readonly Lock _gate = new();
    /// <summary>When it is full it is not looked through for each that comes.</summary>
    private static readonly TimeSpan FullPause = TimeSpan.FromMinutes(1);

    private DateTimeOffset _fullUntil;
    private readonly Dictionary<string, TroubledRecipient> _noted = new(StringComparer.Ordinal);

    /// <summary>Notes none and refuses none.</summary>
    public static TroubledRecipients None { get; } = new(TimeProvider.System, new HashSet<MessageSource>());

    /// <summary>Those noted, longest ago first.</summary>
    public IReadOnlyList<TroubledRecipient> All
    {
        get
        {
            lock (_gate)
            {
                Sweep(clock.GetUtcNow());
                return [.. _noted.Values.OrderBy(noted => noted.Since)];
            }
        }
    }

    /// <summary>Null: nothing is known against it, or mail of this way is not asked about.</summary>
    public TroubledRecipient? Find(MailAddress address, MessageSource source)
    {
        if (!sources.Contains(source))
            return null;
        var now = clock.GetUtcNow();
        lock (_gate)
            return _noted.TryGetValue(address.Key, out var noted) && IsFresh(noted, now) ? noted : null;
    }

    /// <summary>Forgets one address, or all.</summary>
    /// <returns>How many were noted.</returns>
    public int Clear(MailAddress? address)
    {
        lock (_gate)
        {
            if (address is not null)
                return _noted.Remove(address.Key) ? 1 : 0;
            var count = _noted.Count;
            _noted.Clear();
            return count;
        }
    }

    internal void Note(DeliveryJob job, QueuedRecipient recipient, RecipientOutcome outcome)
    {
        if (!sources.Contains(job.Envelope.Source) || job.Envelope.IsReport || recipient.Cancelled is not null)
            return;
        // RFC 3463 X.3: trouble of a mail system, our own first. It says nothing of the address.
        if (outcome.Kind is OutcomeKind.Deferred && outcome.Status.StartsWith("4.3.", StringComparison.Ordinal))
            return;
        var now = clock.GetUtcNow();
        var address = recipient.Recipient.Address;
        lock (_gate)
        {
            if (outcome.Kind is OutcomeKind.Delivered or OutcomeKind.Relayed)
            {
                _noted.Remove(address.Key);
                return;
            }

            if (_noted.Count >= AddressesMax && now >= _fullUntil)
            {
                Sweep(now);
                _fullUntil = now + FullPause;
            }

            if (_noted.Count < AddressesMax || _noted.ContainsKey(address.Key))
                _noted[address.Key] = new TroubledRecipient(address, outcome.Kind == OutcomeKind.Failed, now);
        }
    }

    // A clock that was set back must not keep an address for longer.
    private static bool IsFresh(TroubledRecipient noted, DateTimeOffset now) => (now - noted.Since).Duration() < Memory;

    private void Sweep(DateTimeOffset now)
    {
        foreach (var old in _noted.Where(pair => !IsFresh(pair.Value, now)).Select(pair => pair.Key).ToList())
            _noted.Remove(old);
    }
}
