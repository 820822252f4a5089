using System.Collections.Concurrent;
using System.Net;

namespace Courier.Net;

/// <summary>One session as an operator sees it.</summary>
/// <param name="Id">The number that log lines of the connection share.</param>
/// <param name="Service">Section of its listener.</param>
/// <param name="Peer">Who.</param>
/// <param name="Account">As whom; null before a login.</param>
/// <param name="Doing">What it is at, as the mailbox that is selected; null for nothing in particular.</param>
/// <param name="Tls">Protocol and cipher; null without TLS.</param>
/// <param name="Since">When it began.</param>
public sealed record SessionView(long Id, string Service, IPEndPoint Peer, string? Account, string? Doing, string? Tls, DateTimeOffset Since);

/// <summary>The sessions of this process: which there are, and the means to end one.</summary>
public sealed class SessionBoard(TimeProvider clock)
{
    private readonly ConcurrentDictionary<long, Entry> _entries = new();

    /// <summary>By number, the oldest first.</summary>
    public IReadOnlyList<SessionView> List() =>
    [
        .. _entries.Values.OrderBy(entry => entry.Connection.Id).Select(entry => new SessionView(
            entry.Connection.Id, entry.Service, entry.Connection.Remote, entry.Connection.Account, entry.Connection.Doing, entry.Connection.TlsDescription, entry.Since)),
    ];

    /// <summary>Lets a session say its last word and end; false where there is none of that number.</summary>
    public bool Dismiss(long id)
    {
        if (!_entries.TryGetValue(id, out var entry))
            return false;
        entry.Connection.IsDismissed = true;
        entry.Cancel();
        return true;
    }

    /// <summary>Enters a session until it is disposed of; its token also fires when it is dismissed.</summary>
    internal Entry Enter(string service, Connection connection, CancellationToken stopping)
    {
        var entry = new Entry(this, service, connection, clock.GetUtcNow(), stopping);
        _entries[connection.Id] = entry;
        return entry;
    }

    internal sealed class Entry(SessionBoard board, string service, Connection connection, DateTimeOffset since, CancellationToken stopping) : IDisposable
    {
        private readonly CancellationTokenSource _ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);

        internal string Service => service;

        internal Connection Connection => connection;

        internal DateTimeOffset Since => since;

        internal CancellationToken Token => _ending.Token;

        internal void Cancel()
        {
            try
            {
                _ending.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has just ended by itself.
            }
        }

        public void Dispose()
        {
            board._entries.TryRemove(connection.Id, out _);
            _ending.Dispose();
        }
    }
}
