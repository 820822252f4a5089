using Courier.Accounts;
using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.Mailboxes;
using Courier.Mailboxes.Sharing;
using Courier.Queue;
using Courier.Queue.PostgreSql;
using Courier.Queue.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Hosting;

/// <summary>Where things lie below the state directory, and how to open them.</summary>
internal static class Stores
{
    internal static string StateDirectory(Settings settings) => Path.GetFullPath(settings.Defaults.Get(ServerKeys.State)!);

    internal static string HostName(SettingsValues values) => values.Get(ServerKeys.HostName) ?? SystemHostName();

    internal static string AccountsFile(Settings settings) => Path.Combine(StateDirectory(settings), "accounts.db");

    internal static MaildirTemplate Maildirs(Settings settings) =>
        new(settings.Defaults.Get(AccountKeys.Maildirs) ?? Path.Combine(StateDirectory(settings), "mail", "{domain}", "{user}", "Maildir"));

    /// <summary>Where local programs reach the running server.</summary>
    internal static string LocalSocket(Settings settings) => Path.Combine(StateDirectory(settings), "submit.sock");

    /// <summary>Where they leave messages while it does not run.</summary>
    internal static string DropDirectory(Settings settings) => Path.Combine(StateDirectory(settings), "drop");

    internal static string HistoryDirectory(Settings settings) => Path.Combine(StateDirectory(settings), "history");

    internal static SpoolSettings Spool(Settings settings) => new() { Directory = StateDirectory(settings) };

    internal static SqliteAccountWriter OpenAccounts(Settings settings)
    {
        Directory.CreateDirectory(StateDirectory(settings));
        return new SqliteAccountWriter(AccountsFile(settings));
    }

    /// <summary>Where message buffers spill: on the file system on which the spool keeps bodies.</summary>
    internal static string SpillDirectory(Settings settings) => IsShared(settings) ? PostgreSql(settings).BodyDirectory : Spool(settings).BodyDirectory;

    /// <summary>Whether several servers share the queue.</summary>
    internal static bool IsShared(Settings settings) => settings.Defaults.Get(QueueKeys.Driver) == "postgresql";

    internal static PostgreSqlSpoolSettings PostgreSql(Settings settings)
    {
        var values = settings.Defaults;
        return new()
        {
            Connection = values.Get(QueueKeys.Connection) ?? throw new IOException("[queue] driver = postgresql needs a [queue] connection"),
            PasswordFile = values.Get(QueueKeys.PasswordFile),
            Node = values.Get(QueueKeys.Node) ?? HostName(values),
            Lease = values.Get(QueueKeys.Lease),
            State = StateDirectory(settings),
        };
    }

    /// <summary>The queue for the server, or for a command that takes its place.</summary>
    internal static async Task<ISpool> OpenSpoolAsync(Settings settings, TimeProvider clock, ILoggerFactory logging)
    {
        Directory.CreateDirectory(StateDirectory(settings));
        return IsShared(settings)
            ? await PostgreSqlSpool.OpenAsync(PostgreSql(settings), clock, logging.CreateLogger<PostgreSqlSpool>())
            : SqliteSpool.Open(Spool(settings), clock, logging.CreateLogger<SqliteSpool>());
    }

    /// <summary>The queue for a command that runs beside the server.</summary>
    internal static async Task<ISpool> OpenSpoolBesideServerAsync(Settings settings)
    {
        Directory.CreateDirectory(StateDirectory(settings));
        return IsShared(settings)
            ? await PostgreSqlSpool.OpenAsync(PostgreSql(settings), TimeProvider.System, NullLogger.Instance, SpoolAccess.Admin)
            : SqliteSpool.Open(Spool(settings), TimeProvider.System, NullLogger.Instance, SpoolAccess.Admin);
    }

    internal static MailStoreSettings Mailboxes(SettingsValues values) => new()
    {
        ShareWith = Enum.Parse<OtherServer>(values.Get(MailboxKeys.ShareWith)!, ignoreCase: true),
        KeepExpunged = values.Get(MailboxKeys.KeepExpunged),
        TextIndex = new() { IsOn = values.Get(MailboxKeys.TextIndex) },
    };

    private static string SystemHostName()
    {
        var name = Environment.MachineName.ToLowerInvariant();
        return SettingTypes.HostName.TryParse(name, out _) ? name : "localhost";
    }
}
