using Courier.IO.Files;

namespace Courier.Mta.Delivery.Local;

/// <summary>How mail is put into mailboxes.</summary>
public sealed record LocalDeliverySettings
{
    /// <summary>This host as it stands in file names.</summary>
    public string Host { get; init; } = UniqueName.Host;

    /// <summary>Messages that share the syncs of one batch.</summary>
    /// <remarks>Measured: syncing groups of 32 at once is over four times as fast as each file alone, and larger groups gain little.</remarks>
    public int MessagesPerBatch { get; init; } = 32;

    /// <summary>How long a batch may wait for more while another is under way; a lone message never waits.</summary>
    public TimeSpan BatchWait { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Batches under way at once: one is written while another syncs.</summary>
    public int BatchesAtOnce { get; init; } = 2;

    /// <summary>Attempts the queue may have here at once: two batches under way and two being gathered.</summary>
    public int AttemptsAtOnce { get; init; } = 128;

    /// <summary>Octets of a header that are searched for signs of a loop.</summary>
    public int HeaderBytes { get; init; } = 256 * 1024;

    /// <summary>Mail for a mailbox over its quota fails; else it waits until there is room or it expires.</summary>
    public bool RefusesOverQuota { get; init; }

    /// <summary>Files in staging that are not named after the queue (those of LMTP) are deleted as left over at this age.</summary>
    /// <remarks>The age at which Maildir programs delete from tmp/.</remarks>
    public TimeSpan StrayAge { get; init; } = TimeSpan.FromHours(36);
}
