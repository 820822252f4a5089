using Microsoft.Extensions.Logging;
using Npgsql;

namespace Courier.Queue.PostgreSql;

/// <summary>This server among those that share the queue. One row, renewed while it lives, says until when its leases hold; one connection renews it,
/// frees what dead nodes had leased, and hears what commands and other nodes say.</summary>
/// <remarks><para>Who is alive is decided by the database's clock alone. A node that could not renew its row in time takes its leases for lost before
/// anybody else may have them: it counts from before the renewal was sent, by a clock that is never set.</para>
/// <para>A lock on the name, held by the session, keeps a second server of the same name out. So a server that is started again
/// after a crash frees what it had leased at once.</para></remarks>
internal sealed class PostgreSqlNode : IAsyncDisposable
{
    private const string FreeDead = """
        WITH dead AS (DELETE FROM node WHERE id IN (SELECT id FROM node WHERE expires < clock_timestamp() AND id <> $1 FOR UPDATE SKIP LOCKED) RETURNING id, name),
        freed AS (UPDATE recipient SET node = NULL FROM dead WHERE recipient.node = dead.id RETURNING 1)
        SELECT (SELECT string_agg(name, ', ') FROM dead), (SELECT count(*) FROM freed)
        """;

    private const string FreeOwn = """
        WITH dead AS (DELETE FROM node WHERE name = $1 RETURNING id)
        UPDATE recipient SET node = NULL FROM dead WHERE recipient.node = dead.id
        """;

    private static readonly TimeSpan _nameWait = TimeSpan.FromSeconds(5);

    private readonly PostgreSqlDatabase _database;
    private readonly PostgreSqlSpoolSettings _settings;
    private readonly ILogger _logger;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly CancellationTokenSource _stop = new();
    private readonly string _channel;
    private Task _attending = Task.CompletedTask;
    private long _id;
    private long _standsUntil;
    private volatile bool _hasNews;

    private PostgreSqlNode(PostgreSqlDatabase database, PostgreSqlSpoolSettings settings, ILogger logger) =>
        (_database, _settings, _logger, _channel) = (database, settings, logger, ChannelOf(settings));

    internal NodeIdentity Identity => new(Interlocked.Read(ref _id), _settings.Node);

    /// <summary>Whether its leases hold for sure.</summary>
    internal bool Stands => _time.GetTimestamp() < Interlocked.Read(ref _standsUntil);

    /// <summary>Something was changed by a command or by another node, or may have been while nobody listened.</summary>
    internal Action? Heard { get; set; }

    /// <summary>Once a renewal: time to look whether mail is due that nobody takes.</summary>
    internal Action? Renewed { get; set; }

    /// <summary>All leases are gone; it goes on under a new identity.</summary>
    internal Action? Lost { get; set; }

    internal static string ChannelOf(PostgreSqlSpoolSettings settings) => settings.Schema + "_changed";

    internal static async Task<PostgreSqlNode> JoinAsync(PostgreSqlDatabase database, PostgreSqlSpoolSettings settings, ILogger logger)
    {
        var node = new PostgreSqlNode(database, settings, logger);
        var connection = await database.ConnectAsync(CancellationToken.None);
        try
        {
            await node.BeginAsync(connection);
            await node.RegisterAsync(connection);
        }
        catch (Exception e)
        {
            await connection.DisposeAsync();
            if (PostgreSqlDatabase.IsTrouble(e))
                throw database.Trouble(e);
            throw;
        }

        node._attending = Task.Run(() => node.AttendAsync(connection));
        return node;
    }

    /// <summary>Stops renewing, as a node that hangs does; its row stays. For tests.</summary>
    internal async Task FallSilentAsync()
    {
        await _stop.CancelAsync();
        await _attending;
    }

    /// <summary>Leaves: what it had leased is free.</summary>
    public async ValueTask DisposeAsync()
    {
        var wasSilent = _stop.IsCancellationRequested;
        await FallSilentAsync();
        _stop.Dispose();
        if (wasSilent)
            return;
        try
        {
            await _database.RunAsync(
                async connection =>
                {
                    await ExecuteAsync(connection, FreeOwn, command => command.With(_settings.Node));
                    await SayAsync(connection, _settings);
                    return true;
                },
                CancellationToken.None);
        }
        catch (IOException e)
        {
            // The others will notice by the clock.
            Log.NodeUnreachable(_logger, e.Message);
        }
    }

    /// <summary>Tells all nodes that rows have changed. Not for what every message does: a commit that says something waits for all others that do.</summary>
    internal static async Task SayAsync(NpgsqlConnection connection, PostgreSqlSpoolSettings settings, long node = 0)
    {
        await using var batch = connection.CreateBatch();
        batch.Add("SELECT pg_notify($1, $2)").With(ChannelOf(settings)).With(node.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await batch.ExecuteNonQueryAsync();
    }

    private async Task BeginAsync(NpgsqlConnection connection)
    {
        connection.Notification += (_, said) => _hasNews |= said.Payload != Identity.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var begun = _time.GetTimestamp();
        while (!await TryLockNameAsync(connection))
        {
            if (_time.GetElapsedTime(begun) > _nameWait)
                throw new IOException($"another server of the name {_settings.Node} works on the queue in {_database.Name}; `[queue] node` gives this one another name");
            await Task.Delay(TimeSpan.FromMilliseconds(200), _time, _stop.Token);
        }

        await ExecuteAsync(connection, "LISTEN " + _channel, _ => { });
    }

    private async Task<bool> TryLockNameAsync(NpgsqlConnection connection)
    {
        await using var batch = connection.CreateBatch();
        batch.Add("SELECT pg_try_advisory_lock(hashtextextended($1, 1))").With($"courier node {_settings.Schema} {_settings.Node}");
        return await batch.ExecuteScalarAsync() is true;
    }

    private async Task RegisterAsync(NpgsqlConnection connection)
    {
        var begun = _time.GetTimestamp();
        await ExecuteAsync(connection, FreeOwn, command => command.With(_settings.Node));
        await using var batch = connection.CreateBatch();
        batch.Add("INSERT INTO node(name, expires) VALUES($1, clock_timestamp() + $2 * interval '1 millisecond') RETURNING id").With(_settings.Node).With((long)_settings.Lease.TotalMilliseconds);
        Interlocked.Exchange(ref _id, (long)(await batch.ExecuteScalarAsync())!);
        Stand(begun);
    }

    private void Stand(long since) => Interlocked.Exchange(ref _standsUntil, since + (long)(_settings.Lease.TotalSeconds * _time.TimestampFrequency));

    private async Task AttendAsync(NpgsqlConnection? connection)
    {
        var hasFailed = false;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (connection is null)
                {
                    connection = await _database.ConnectAsync(_stop.Token);
                    await BeginAsync(connection);
                    // What was said meanwhile was not heard.
                    _hasNews = true;
                }

                await AttendOnceAsync(connection);
                hasFailed = false;
            }
            catch (Exception e) when (e is OperationCanceledException || _stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                if (!hasFailed)
                    Log.NodeUnreachable(_logger, e.Message);
                hasFailed = true;
                await CloseAsync(connection);
                connection = null;
                await Task.Delay(Interval / 2, _time, CancellationToken.None);
            }
        }

        await CloseAsync(connection);
    }

    private TimeSpan Interval => _settings.Lease / 3;

    private async Task AttendOnceAsync(NpgsqlConnection connection)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(Interval);
        try
        {
            await RenewAsync(connection, limit.Token);
        }
        catch (OperationCanceledException e) when (!_stop.IsCancellationRequested)
        {
            throw new TimeoutException("the database does not answer", e);
        }

        if (_hasNews)
        {
            _hasNews = false;
            Heard?.Invoke();
        }

        Renewed?.Invoke();
        await connection.WaitAsync(Interval, _stop.Token);
    }

    private async Task RenewAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var begun = _time.GetTimestamp();
        await using var batch = connection.CreateBatch();
        batch.Add("UPDATE node SET expires = clock_timestamp() + $1 * interval '1 millisecond' WHERE id = $2 RETURNING id").With((long)_settings.Lease.TotalMilliseconds).With(Identity.Id);
        batch.Add(FreeDead).With(Identity.Id);
        bool isThere;
        await using (var reader = await batch.ExecuteReaderAsync(ct))
        {
            isThere = await reader.ReadAsync(ct);
            await reader.NextResultAsync(ct);
            if (await reader.ReadAsync(ct) && reader.TextOrNull(0) is { } dead)
            {
                Log.NodeDead(_logger, dead, reader.GetInt64(1));
                _hasNews = true;
            }
        }

        if (isThere)
        {
            Stand(begun);
            return;
        }

        Log.NodeLost(_logger, _settings.Node);
        Interlocked.Exchange(ref _standsUntil, 0);
        Lost?.Invoke();
        await RegisterAsync(connection);
        _hasNews = true;
    }

    private static async Task CloseAsync(NpgsqlConnection? connection)
    {
        if (connection is null)
            return;
        try
        {
            // Ends the lock on the name and what was listened to; the pool's reset does so, too, for a connection that lives.
            NpgsqlConnection.ClearPool(connection);
            await connection.DisposeAsync();
        }
        catch (Exception e) when (PostgreSqlDatabase.IsTrouble(e))
        {
            // It was broken.
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, Action<NpgsqlBatchCommand> with)
    {
        await using var batch = connection.CreateBatch();
        with(batch.Add(sql));
        await batch.ExecuteNonQueryAsync();
    }
}
