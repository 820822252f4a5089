using Courier.Queue;
using Courier.Queue.PostgreSql;
using Courier.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Queue;

/// <summary>Every test of <see cref="SpoolContractTests"/> on a real PostgreSQL, each in a database of its own.</summary>
/// <remarks>By their names, not inherited: so they can be skipped, with the reason, where PostgreSQL is missing.</remarks>
public sealed class PostgreSqlContractTests
{
    public static TheoryData<string, int> Contract => TestsOf<SpoolContractTests>.All;

    [PostgreSqlTheory]
    [MemberData(nameof(Contract))]
    public Task The_contract_holds(string test, int row) => TestsOf<SpoolContractTests>.RunAsync(new Driver(), test, row);

    private sealed class Driver : SpoolContractTests
    {
        private readonly TemporaryDirectory _state = new();
        private string? _database;

        private protected override async Task<ISpool> OpenAsync()
        {
            var cluster = await PostgreSqlCluster.SharedAsync();
            _database ??= await cluster.CreateDatabaseAsync();
            return await PostgreSqlSpool.OpenAsync(PostgreSqlSpools.Settings(cluster, _database, _state.Path), Clock, NullLogger.Instance);
        }

        private protected override async Task DropAsync()
        {
            _state.Dispose();
            if (_database is not null)
                await (await PostgreSqlCluster.SharedAsync()).SqlAsync("postgres", $"DROP DATABASE {_database} WITH (FORCE)");
        }
    }
}

/// <summary>Spools on the cluster of the tests.</summary>
internal static class PostgreSqlSpools
{
    internal static PostgreSqlSpoolSettings Settings(PostgreSqlCluster cluster, string database, string state, string node = "one") => new()
    {
        Connection = cluster.Connection(database),
        PasswordFile = cluster.PasswordFile,
        Node = node,
        State = state,
    };
}
