using System.Collections.Concurrent;
using System.Data;
using Courier.IO.Files;
using Npgsql;
using NpgsqlTypes;

namespace Courier.Queue.PostgreSql;

/// <summary>Large bodies: chunks in the database, which every node can read, and a local file while one is in hand.</summary>
/// <remarks>The files are copies. What an earlier process left is deleted at the start; the rest goes with the last lease on its message, or with the spool.</remarks>
internal sealed class PostgreSqlBodies : IDisposable
{
    private const string Suffix = ".body";

    private readonly string _directory;
    private readonly int _chunkBytes;
    private readonly bool _isOwn;
    private readonly ConcurrentDictionary<QueueId, byte> _here = new();

    /// <param name="directory">Where the files lie; null makes a temporary one that goes with this object.</param>
    /// <param name="chunkBytes">Of a chunk that is written.</param>
    internal PostgreSqlBodies(string? directory, int chunkBytes)
    {
        (_chunkBytes, _isOwn) = (chunkBytes, directory is null);
        _directory = directory ?? Directory.CreateTempSubdirectory("courier-bodies-").FullName;
        Directory.CreateDirectory(_directory);
    }

    /// <summary>Deletes everything in the directory: nothing that lies there was promised to anybody.</summary>
    internal int Sweep()
    {
        var swept = 0;
        foreach (var path in Directory.EnumerateFiles(_directory))
        {
            File.Delete(path);
            swept++;
        }

        return swept;
    }

    /// <summary>Within the transaction of the message's row.</summary>
    internal async Task StoreAsync(NpgsqlConnection connection, QueueId id, MessageBuffer body)
    {
        await using var source = body.OpenRead();
        await using var copy = await connection.BeginBinaryImportAsync("COPY body(message, number, bytes) FROM STDIN (FORMAT BINARY)");
        var chunk = new byte[_chunkBytes];
        for (var number = 0; ; number++)
        {
            var read = await source.ReadAtLeastAsync(chunk, chunk.Length, throwOnEndOfStream: false);
            if (read == 0)
                break;
            await copy.StartRowAsync();
            await copy.WriteAsync(id.Value, NpgsqlDbType.Bigint);
            await copy.WriteAsync(number, NpgsqlDbType.Integer);
            await copy.WriteAsync((ReadOnlyMemory<byte>)chunk.AsMemory(0, read), NpgsqlDbType.Bytea);
        }

        await copy.CompleteAsync();
    }

    internal async Task<(ReadOnlyMemory<byte> Trace, MessageBody Body)?> OpenAsync(NpgsqlConnection connection, QueueId id, CancellationToken ct)
    {
        byte[] trace;
        long length;
        await using (var batch = connection.CreateBatch())
        {
            batch.Add("SELECT trace, length, body FROM message WHERE id = $1").With(id.Value);
            await using var row = await batch.ExecuteReaderAsync(ct);
            if (!await row.ReadAsync(ct))
                return null;
            (trace, length) = (row.GetFieldValue<byte[]>(0), row.GetInt64(1));
            if (!await row.IsDBNullAsync(2, ct))
                return (trace, MessageBody.OfBytes(row.GetFieldValue<byte[]>(2)));
        }

        var path = PathOf(id);
        if (!File.Exists(path) && !await FetchAsync(connection, id, path, length, ct))
            return null;
        return (trace, MessageBody.OfFile(path, length));
    }

    internal bool Has(QueueId id) => _here.ContainsKey(id);

    /// <summary>Nobody here works on the message any more.</summary>
    internal void Forget(QueueId id)
    {
        _here.TryRemove(id, out _);
        try
        {
            File.Delete(PathOf(id));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A copy that nobody needs stays until the next start.
        }
    }

    public void Dispose()
    {
        if (_isOwn)
            Directory.Delete(_directory, recursive: true);
    }

    private string PathOf(QueueId id) => Path.Combine(_directory, id + Suffix);

    /// <returns>False when the message is gone meanwhile.</returns>
    private async Task<bool> FetchAsync(NpgsqlConnection connection, QueueId id, string path, long length, CancellationToken ct)
    {
        var part = Path.Combine(_directory, UniqueName.Next());
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite, BufferSize = 0 };
            long written;
            await using (var file = new FileStream(part, options))
            {
                await CopyAsync(connection, id, file, ct);
                written = file.Length;
            }

            if (written == length)
            {
                File.Move(part, path, overwrite: true);
                _here[id] = 0;
                return true;
            }

            if (written == 0)
                return false;
            throw new IOException($"The body of {id} is not whole in the database: {written} of {length} bytes");
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static async Task CopyAsync(NpgsqlConnection connection, QueueId id, FileStream file, CancellationToken ct)
    {
        await using var batch = connection.CreateBatch();
        batch.Add("SELECT bytes FROM body WHERE message = $1 ORDER BY number").With(id.Value);
        await using var row = await batch.ExecuteReaderAsync(CommandBehavior.SequentialAccess, ct);
        while (await row.ReadAsync(ct))
        {
            await using var chunk = await row.GetStreamAsync(0, ct);
            await chunk.CopyToAsync(file, ct);
        }
    }
}
