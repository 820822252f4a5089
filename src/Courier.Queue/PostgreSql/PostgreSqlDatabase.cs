using System.Net.Sockets;
using Npgsql;

namespace Courier.Queue.PostgreSql;

/// <summary>Connections to the database of the queue. What goes wrong with them is an <see cref="IOException"/> to everybody else: trouble of
/// ours that passes, never a refusal.</summary>
internal sealed class PostgreSqlDatabase : IAsyncDisposable
{
    private const int CommandSeconds = 60;
    private const int ConnectSeconds = 10;
    private const int PreparedStatements = 40;

    private readonly NpgsqlDataSource _source;

    private PostgreSqlDatabase(NpgsqlDataSource source, string name) => (_source, Name) = (source, name);

    /// <summary>Host and database, for logs and messages; never with a password.</summary>
    internal string Name { get; }

    /// <summary>Whether the text is a connection; one with a password is not, for it would be shown where settings are.</summary>
    internal static bool IsConnection(string text)
    {
        try
        {
            var connection = new NpgsqlConnectionStringBuilder(text);
            return !string.IsNullOrEmpty(connection.Host) && connection.Password is null && connection.SslPassword is null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            return false;
        }
    }

    /// <summary>Connects to nothing yet. Throws <see cref="IOException"/> when the password file cannot be read and
    /// <see cref="InvalidDataException"/> when the connection is not understood.</summary>
    internal static PostgreSqlDatabase Of(PostgreSqlSpoolSettings settings)
    {
        NpgsqlConnectionStringBuilder connection;
        try
        {
            connection = new NpgsqlConnectionStringBuilder(settings.Connection);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"the connection to the queue's database is not understood: {e.Message}", e);
        }

        if (settings.PasswordFile is { } file)
            connection.Password = PasswordOf(file);
        connection.SearchPath = settings.Schema;
        connection.ApplicationName ??= "courier " + settings.Node;
        connection.MaxPoolSize = settings.Connections;
        connection.MaxAutoPrepare = PreparedStatements;
        connection.AutoPrepareMinUsages = 2;
        connection.IncludeFailedBatchedCommand = true;
        connection.CommandTimeout = CommandSeconds;
        connection.Timeout = ConnectSeconds;
        // A node that hangs in a transaction, or whose machine is gone, must not hold its locks for longer than its lease.
        var limit = (long)settings.Lease.TotalMilliseconds;
        connection.Options = $"{connection.Options} -c idle_in_transaction_session_timeout={limit} -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3".Trim();
        var builder = new NpgsqlSlimDataSourceBuilder(connection.ConnectionString);
        builder.EnableArrays();
        builder.EnableTransportSecurity();
        var name = $"{connection.Host}/{connection.Database ?? connection.Username}";
        // Of several hosts the one that takes changes is meant.
        return new PostgreSqlDatabase(
            connection.Host?.Contains(',', StringComparison.Ordinal) == true ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary) : builder.Build(), name);
    }

    internal async Task<NpgsqlConnection> ConnectAsync(CancellationToken ct)
    {
        try
        {
            return await _source.OpenConnectionAsync(ct);
        }
        catch (Exception e) when (IsTrouble(e))
        {
            throw Trouble(e);
        }
    }

    /// <summary>One or several statements, each its own transaction.</summary>
    internal async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken ct)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(ct);
            return await work(connection);
        }
        catch (Exception e) when (IsTrouble(e))
        {
            throw Trouble(e);
        }
    }

    /// <summary>One transaction; tried again when it met another in a deadlock.</summary>
    /// <param name="work">May run more than once.</param>
    /// <param name="ct">Ends it.</param>
    internal async Task<T> InTransactionAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken ct)
    {
        const int tries = 5;
        for (var made = 1; ; made++)
        {
            var isInDoubt = false;
            try
            {
                await using var connection = await _source.OpenConnectionAsync(ct);
                await using var transaction = await connection.BeginTransactionAsync(ct);
                var result = await work(connection);
                isInDoubt = true;
                await transaction.CommitAsync(CancellationToken.None);
                return result;
            }
            catch (PostgresException e) when (made < tries && e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure)
            {
                // The other has what it wanted by now.
            }
            catch (Exception e) when (IsTrouble(e))
            {
                throw Trouble(e, isInDoubt && e is not PostgresException);
            }
        }
    }

    internal static bool IsTrouble(Exception e) =>
        e is NpgsqlException or SocketException or TimeoutException or ObjectDisposedException || (e is InvalidOperationException && e.Source == "Npgsql");

    internal IOException Trouble(Exception e, bool isInDoubt = false)
    {
        // The detail of a PostgresException may quote rows; the message does not.
        var words = e is PostgresException refused ? $"{refused.MessageText} ({refused.SqlState})" : e is ObjectDisposedException ? "the spool is closed" : e.Message;
        var text = $"The queue's database {Name}: {words}";
        return isInDoubt ? new CommitInDoubtException(text, e) : new IOException(text, e);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private static string PasswordOf(string file)
    {
        try
        {
            using var reader = new StreamReader(file);
            return reader.ReadLine() is { Length: > 0 } line ? line : throw new IOException($"the password file {file} is empty");
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }
}

/// <summary>The connection broke in the commit: it may have happened or not.</summary>
internal sealed class CommitInDoubtException(string message, Exception inner) : IOException(message, inner);
