using System.Diagnostics;

namespace Courier.Testing.Processes;

/// <summary>A real PostgreSQL of its own: a throw-away cluster in a temporary directory, reached by a socket there, run by a user without rights.
/// One for each run of a suite; tests have databases of their own.</summary>
internal sealed class PostgreSqlCluster
{
    /// <summary>Overflow user and group of Linux: nobody and nogroup everywhere.</summary>
    private const string Nobody = "65534";

    private static readonly Lazy<Task<PostgreSqlCluster>> _shared = new(StartAsync);

    private readonly string _directory;
    private int _databases;
    private Process? _server;

    private PostgreSqlCluster(string directory) => _directory = directory;

    public const string Password = "not-to-be-seen";

    /// <summary>The first line is the password.</summary>
    public string PasswordFile => Path.Combine(_directory, "password");

    /// <summary>Where the programs of the server lie; null: it is not installed.</summary>
    public static string? Programs { get; } = FindPrograms();

    public static Task<PostgreSqlCluster> SharedAsync() => _shared.Value;

    /// <summary>Npgsql's form, without the password.</summary>
    public string Connection(string database) => $"Host={_directory};Port={Port};Username=courier;Database={database}";

    /// <summary>A new database; its name.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"t{Interlocked.Increment(ref _databases)}";
        await SqlAsync("postgres", $"CREATE DATABASE {name}");
        return name;
    }

    /// <summary>What psql prints for a statement.</summary>
    public async Task<string> SqlAsync(string database, string sql)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PGPASSWORD"] = Password };
        string[] arguments = ["-h", _directory, "-p", Port, "-U", "courier", "-d", database, "-v", "ON_ERROR_STOP=1", "-Atqc", sql];
        return (await ExternalProgram.RunAsync("psql", arguments, input: null, environment)).Checked().Output.Trim();
    }

    private const string Port = "5432";

    private static string? FindPrograms() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")).Where(bin => File.Exists(Path.Combine(bin, "initdb"))).Max(StringComparer.Ordinal)
        : null;

    private static async Task<PostgreSqlCluster> StartAsync()
    {
        var programs = Programs ?? throw new InvalidOperationException("PostgreSQL is not installed");
        // A short path: the name of a socket has 107 bytes at most.
        var cluster = new PostgreSqlCluster(Directory.CreateTempSubdirectory("pg-").FullName);
        await File.WriteAllTextAsync(cluster.PasswordFile, Password + "\n");
        var data = Path.Combine(cluster._directory, "data");
        if (Environment.IsPrivilegedProcess)
            (await ExternalProgram.RunAsync("chown", "-R", $"{Nobody}:{Nobody}", cluster._directory)).Checked();
        // Checksums as anybody should have them; no syncs: these tests cut the power of nobody's disk.
        (await RunAsync(Path.Combine(programs, "initdb"), "-D", data, "-U", "courier", "--pwfile", cluster.PasswordFile, "-A", "scram-sha-256", "-E", "UTF8", "--locale", "C.UTF-8", "-k", "--no-sync")).Checked();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => cluster.Remove();
        await cluster.StartAgainAsync();
        return cluster;
    }

    /// <summary>After <see cref="StopAsync"/>: it recovers as after a crash and listens where it did.</summary>
    public async Task StartAgainAsync()
    {
        Start(Path.Combine(Programs!, "postgres"), Path.Combine(_directory, "data"));
        await Eventually.IsAsync("PostgreSQL listens", async () => (await ExternalProgram.RunAsync(Path.Combine(Programs!, "pg_isready"), "-h", _directory, "-p", Port)).ExitCode == 0, seconds: 60);
    }

    /// <summary>SIGQUIT to the postmaster: all of it ends at once, whoever is served.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _server, null) is not { } server)
            return;
        // setpriv became it.
        using var kill = Process.Start("/bin/kill", ["-QUIT", $"{server.Id}"]);
        await server.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        server.Dispose();
    }

    private void Start(string program, string data)
    {
        var (command, arguments) = AsNobody(program, ["-D", data, "-k", _directory, "-p", Port, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60", "-c", "logging_collector=off", "-c", "log_statement=none"]);
        var process = Process.Start(new ProcessStartInfo(command, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true })
            ?? throw new InvalidOperationException($"{program} did not start");
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        _server = process;
    }

    private void Remove()
    {
        try
        {
            StopAsync().GetAwaiter().GetResult();
            Directory.Delete(_directory, recursive: true);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException or TimeoutException)
        {
            // The temporary path is cleaned by the system.
        }
    }

    private static Task<RunResult> RunAsync(string program, params string[] arguments)
    {
        var (command, all) = AsNobody(program, arguments);
        return ExternalProgram.RunAsync(command, all, input: null, limit: TimeSpan.FromMinutes(2));
    }

    private static (string Command, string[] Arguments) AsNobody(string program, string[] arguments) => Environment.IsPrivilegedProcess
        ? ("setpriv", ["--reuid", Nobody, "--regid", Nobody, "--clear-groups", program, .. arguments])
        : (program, arguments);
}
