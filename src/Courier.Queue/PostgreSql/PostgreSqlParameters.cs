using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Courier.Queue.PostgreSql;

/// <summary>Statements with positional parameters, in the order in which they are named.</summary>
internal static class PostgreSqlParameters
{
    internal static NpgsqlBatchCommand Add(this NpgsqlBatch batch, string sql)
    {
        var command = new NpgsqlBatchCommand(sql);
        batch.BatchCommands.Add(command);
        return command;
    }

    internal static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, long value) => command.Append(new NpgsqlParameter<long> { TypedValue = value });

    internal static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, long? value) => command.Append(value, NpgsqlDbType.Bigint);

    internal static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, int value) => command.Append(new NpgsqlParameter<int> { TypedValue = value });

    internal static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, string? value) => command.Append(Clean(value), NpgsqlDbType.Text);

    internal static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, ReadOnlyMemory<byte> value) =>
        command.Append(new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bytea });

    internal static NpgsqlBatchCommand WithNoBytes(this NpgsqlBatchCommand command) => command.Append(null, NpgsqlDbType.Bytea);

    internal static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, long[] values) => command.Append(new NpgsqlParameter<long[]> { TypedValue = values });

    internal static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, long?[] values) => command.Append(values, NpgsqlDbType.Array | NpgsqlDbType.Bigint);

    internal static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, int[] values) => command.Append(new NpgsqlParameter<int[]> { TypedValue = values });

    internal static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, string?[] values) =>
        command.Append(Array.ConvertAll(values, Clean), NpgsqlDbType.Array | NpgsqlDbType.Text);

    internal static string? TextOrNull(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    internal static long? Int64OrNull(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    /// <summary>A peer's words may hold what PostgreSQL's text cannot: NUL, and halves of characters.</summary>
    private static string? Clean(string? text)
    {
        if (text is null || !text.AsSpan().ContainsAnyInRange('\ud800', '\udfff') && !text.Contains('\0', StringComparison.Ordinal))
            return text;
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', '\ufffd');
    }

    private static NpgsqlBatchCommand Append(this NpgsqlBatchCommand command, object? value, NpgsqlDbType type) =>
        command.Append(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });

    private static NpgsqlBatchCommand Append(this NpgsqlBatchCommand command, NpgsqlParameter parameter)
    {
        command.Parameters.Add(parameter);
        return command;
    }
}
