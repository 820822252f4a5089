using Courier.CommandLine;
using Courier.Queue;
using Courier.Queue.PostgreSql;
using Courier.Testing.Processes;
using Courier.Tests.Queue;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Program;

/// <summary>The queue's commands on a queue in PostgreSQL: the same tests, and what the configuration says of it.</summary>
public sealed class PostgreSqlQueueCommandTests
{
    public static TheoryData<string, int> Commands => TestsOf<QueueCommandTests>.All;

    [PostgreSqlTheory]
    [MemberData(nameof(Commands))]
    public Task They_do_the_same(string test, int row) => TestsOf<QueueCommandTests>.RunAsync(new Driver(), test, row);

    [PostgreSqlFact]
    public async Task The_check_opens_the_queue_and_a_password_is_shown_nowhere()
    {
        var driver = new Driver();
        await driver.InitializeAsync();
        try
        {
            var (code, output, error) = await driver.CommandAsync("config", "check");
            Assert.Equal((0, ""), (code, error));
            Assert.Matches("queue: PostgreSQL 1[0-9.]+.* at .*/t[0-9]+, schema 1\n", output);
            var shown = await driver.CommandAsync("config", "show", "--origin");
            Assert.DoesNotContain(PostgreSqlCluster.Password, shown.Output, StringComparison.Ordinal);
            (code, _, error) = await driver.CommandAsync("config", "check", "--set", "queue.connection=Host=db;Password=hunter2");
            Assert.Equal(ExitCode.Configuration, code);
            Assert.Contains("password_file", error, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
            (code, _, error) = await driver.CommandAsync("config", "check", "--set", "queue.connection=Host=/nowhere;Database=x");
            Assert.Equal(ExitCode.Configuration, code);
            Assert.StartsWith("queue: The queue's database /nowhere/x: ", error, StringComparison.Ordinal);
            (code, _, error) = await driver.CommandAsync("queue", "list", "--set", "queue.connection=Host=/nowhere;Database=x");
            Assert.Equal(ExitCode.IOError, code);
            Assert.Contains("/nowhere/x", error, StringComparison.Ordinal);
        }
        finally
        {
            await driver.DisposeAsync();
        }
    }

#pragma warning disable CA1001 // its DisposeAsync ends what it holds
    private sealed class Driver : QueueCommandTests
#pragma warning restore CA1001
    {
        private PostgreSqlCluster _cluster = null!;
        private string? _database;

        internal Task<(int Code, string Output, string Error)> CommandAsync(params string[] arguments) => RunAsync(arguments);

        private protected override string Settings =>
            $"[queue]\ndriver = postgresql\nconnection = {_cluster.Connection(_database!)}\npassword_file = {_cluster.PasswordFile}\nnode = one\n";

        private protected override async Task<ISpool> OpenAsync(string directory)
        {
            _cluster = await PostgreSqlCluster.SharedAsync();
            _database ??= await _cluster.CreateDatabaseAsync();
            return await PostgreSqlSpool.OpenAsync(PostgreSqlSpools.Settings(_cluster, _database, directory), TimeProvider.System, NullLogger.Instance);
        }

        public override async Task DisposeAsync()
        {
            await base.DisposeAsync();
            await _cluster.SqlAsync("postgres", $"DROP DATABASE {_database} WITH (FORCE)");
        }
    }
}
