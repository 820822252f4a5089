using Courier.Faults.Load;
using Courier.Faults.Server;
using Courier.Testing.Processes;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>Two servers at one queue in PostgreSQL, and one of them dies.</summary>
public sealed class NodeRounds(ITestOutputHelper output)
{
    /// <summary>Watches every change of a lease where it is made: a recipient never goes from one node to another, and nobody but a node itself frees what
    /// it has leased while it lives.</summary>
    private const string Watch = """
        CREATE TABLE taken(message bigint, number integer, node bigint, at timestamptz DEFAULT clock_timestamp());
        CREATE TABLE violation(message bigint, number integer, what text);
        CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.node IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.node IS NULL) THEN
            INSERT INTO public.taken(message, number, node) VALUES(NEW.message, NEW.number, NEW.node);
          END IF;
          IF TG_OP = 'UPDATE' AND OLD.node IS NOT NULL AND NEW.node IS DISTINCT FROM OLD.node AND (NEW.node IS NOT NULL OR EXISTS(
            SELECT 1 FROM courier_queue.node n WHERE n.id = OLD.node AND n.expires > clock_timestamp() AND 'courier ' || n.name <> current_setting('application_name'))) THEN
            INSERT INTO public.violation VALUES(OLD.message, OLD.number, format('node %s to %s by %s', OLD.node, NEW.node, current_setting('application_name')));
          END IF;
          RETURN NULL;
        END $$;
        CREATE TRIGGER watch AFTER INSERT OR UPDATE ON courier_queue.recipient FOR EACH ROW EXECUTE FUNCTION watch();
        """;

    /// <summary>At a moment of chance a node may have nothing in hand; then another is tried.</summary>
    private const int Moments = 100;

    [PostgreSqlFact]
    public async Task What_two_nodes_took_arrives_though_one_is_killed_and_nothing_is_leased_twice()
    {
        var messages = RunLength.IsLong ? 10_000 : 2_000;
        var cluster = await PostgreSqlCluster.SharedAsync();
        var database = await cluster.CreateDatabaseAsync();
        await using var sink = new TokenSink();
        await using var run = await FaultRun.CreateAsync(CourierServer.NewState("node"), SettingsOf("survivor", cluster, database, sink), RunLength.Seed, output);
        await using var victim = new CourierServer(CourierServer.NewState("node"), SettingsOf("victim", cluster, database, sink), ["smtp"]);
        await run.Server.StartAsync(CancellationToken.None);
        await cluster.SqlAsync(database, Watch);
        await victim.StartAsync(CancellationToken.None);

        var recipients = Enumerable.Range(0, 50).Select(n => $"far{n}@sink.test").ToList();
        LoadPlan Plan(int count) => new(8, recipients, 2, TimeSpan.Zero, random => 1024 + random.Next(8192)) { Messages = count };
        var toVictim = new SmtpLoad(new(System.Net.IPAddress.Loopback, victim.Port("smtp")), Plan(int.MaxValue), run.Ledger, run.Seed);
        var sending = new SmtpLoad(run.Smtp, Plan(messages / 2), run.Ledger, run.Seed + 1).RunAsync(CancellationToken.None);
        await using var doomed = new Background(toVictim.RunAsync).Start();
        while (toVictim.Acknowledged < messages / 2)
            await Task.Delay(5);
        var left = "0";
        for (var tries = 0; left == "0" && tries < Moments; tries++)
        {
            victim.Thaw();
            await Task.Delay(run.Between(0, 10));
            await victim.FreezeAsync();
            left = await cluster.SqlAsync(database, "SELECT count(*) FROM courier_queue.recipient r JOIN courier_queue.node n ON n.id = r.node WHERE n.name = 'victim'");
        }

        victim.Kill();
        await doomed.StopAsync();
        await sending;
        await run.DrainAsync();

        var verdict = run.Audit.Judge(run.Ledger, sink);
        var violations = await cluster.SqlAsync(database, "SELECT * FROM violation LIMIT 10");
        var byNode = await cluster.SqlAsync(database, "SELECT string_agg(format('%s: %s', node, count), ', ') FROM (SELECT node, count(*) FROM taken GROUP BY node ORDER BY node) t");
        run.Say($"{run.Ledger.Acknowledged} acknowledged, {sink.Received.Count} arrived, leases by node {byNode}; {left} recipients were in the victim's hands when it died, {verdict.RelayedTwice} came twice");
        Assert.Equal("", violations);
        Assert.True(run.Ledger.Acknowledged >= messages, $"seed {run.Seed}");
        Assert.NotEqual("0", left);
        Assert.Equal(0, sink.Torn);
        // At a next hop what was on its way when the node died may come twice, and nothing else.
        Assert.True(verdict.RelayedTwice <= sink.PeakConnections, $"seed {run.Seed}: {verdict.RelayedTwice} came twice, at most {sink.PeakConnections} connections were open");
        await run.ConcludeAsync("two nodes on PostgreSQL, one killed", 1, verdict);
    }

    private static string SettingsOf(string node, PostgreSqlCluster cluster, string database, TokenSink sink) => $"""
        [relay]
        networks = 127.0.0.0/8
        next_hop = 127.0.0.1:{sink.Port}
        [queue]
        driver = postgresql
        connection = {cluster.Connection(database)}
        password_file = {cluster.PasswordFile}
        node = {node}
        lease = 3s

        """;
}
