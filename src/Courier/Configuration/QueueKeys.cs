using Courier.Queue;
using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration;

/// <summary>The keys on where the queue lies, and what it remembers beside the mail in it.</summary>
internal static class QueueKeys
{
    internal static readonly Setting<string> Driver = new("queue", "driver", Types.Choice("sqlite", "postgresql"), "sqlite", "Where the queue lies: `sqlite`, a file in the state directory, for one server; `postgresql`, a database that several servers share.");
    internal static readonly Setting<string> Connection = new("queue", "connection", Types.PostgreSql, null, "The database, as `Host=db.example.org;Database=courier;Username=courier;SSL Mode=VerifyFull`: the words of Npgsql. Several hosts with commas: the one that takes changes is used. Never with a password.") { MayHoldSecret = true };
    internal static readonly Setting<string> PasswordFile = new("queue", "password_file", Types.Path, null, "File whose first line is the password for `connection`.");
    internal static readonly Setting<string> Node = new("queue", "node", Types.HostName, null, "Name of this server among those that share the queue; two must not have the same. Default: `[server] hostname`.");
    internal static readonly Setting<TimeSpan> Lease = new("queue", "lease", Types.Lease, "30s", "What a server of several has in hand is free for the others when it has been silent for this long.");
    internal static readonly Setting<string> Archive = new("queue", "archive", Types.Path, null, "Directory that gets a copy of every message taken in, by days (Courier's ARCHIVEDIR); `courier queue import` reads them. Nothing is acknowledged that is not there. The operator removes them.");
    internal static readonly Setting<IReadOnlySet<MessageSource>> RefuseTroubled = new("recipients", "refuse_troubled", Types.Sources, "none", "When mail that came this way failed or was deferred for an address, more for it that comes this way is refused (550) or asked to come later (450) for two hours, or until it succeeds: `smtp` (without a login), `login`, or both with a comma (Courier's BOFHSUPPRESSBACKSCATTER). `courier show` lists the addresses, `courier clear` forgets them.");

    internal static readonly Setting<int> SlowAttempts = new("queue", "slow_attempts", Types.CountOrNone, "4000", "Attempts at other servers that have lasted for two seconds, beyond `attempts_at_once`: servers that hang keep no place from others. Never more than a quarter of the descriptors that the process may open.");

    internal static IReadOnlyList<Setting> All => [Driver, Connection, PasswordFile, Node, Lease, Archive, RefuseTroubled, SlowAttempts];
}
