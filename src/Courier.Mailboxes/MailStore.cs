using Microsoft.Extensions.Logging;

namespace Courier.Mailboxes;

/// <summary>What mailboxes may cost and how long things are kept.</summary>
public sealed record MailStoreSettings
{
    /// <summary>How long an opened mailbox stays in memory after its last session left.</summary>
    public TimeSpan KeepClosed { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long expunged messages stay in courier/expunged/.</summary>
    public TimeSpan KeepExpunged { get; init; } = TimeSpan.FromDays(7);
}

/// <summary>All mailboxes of this process: shares what is open between sessions and watches it with one inotify descriptor.</summary>
public sealed class MailStore(MailStoreSettings settings, TimeProvider clock, ILogger<MailStore> logger) : IAsyncDisposable
{
    /// <summary>The account whose Maildir that is; one object per Maildir and process. Makes the Maildir when it is not there.</summary>
    public MailAccount Open(string maildir) => throw new NotImplementedException($"{settings} {clock} {logger} {maildir}");

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
