using Courier.Accounts;
using Courier.Mail.Addresses;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Accounts;

/// <summary>An account file of its own for one test.</summary>
internal sealed class AccountFile : IDisposable
{
    /// <summary>"secret pass" as `openssl passwd -1 -salt abcdefgh` makes it: cheap to check.</summary>
    internal const string Md5OfSecretPass = "$1$abcdefgh$Rur9vjR3qTr2ktYAC0ctB.";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("courier-accounts-");
    private readonly List<IDisposable> _open = [];

    internal string Path => System.IO.Path.Combine(_directory.FullName, "accounts.db");

    internal SqliteAccountWriter Writer()
    {
        var writer = new SqliteAccountWriter(Path);
        _open.Add(writer);
        return writer;
    }

    internal SqliteAccountDirectory OpenDirectory(AccountSettings? settings = null, TimeProvider? clock = null)
    {
        var directory = new SqliteAccountDirectory(Path, settings ?? new AccountSettings { DefaultDomain = "example.test" },
            clock ?? TimeProvider.System, NullLogger<SqliteAccountDirectory>.Instance);
        _open.Add(directory);
        return directory;
    }

    /// <summary>A writer, and ada@example.test with the password "secret pass".</summary>
    internal SqliteAccountWriter WithAda()
    {
        var writer = Writer();
        writer.AddDomain("example.test");
        writer.AddAccount(MailAddress.Parse("ada@example.test"), NewPassword.OfHash(Md5OfSecretPass), "/var/mail/ada");
        return writer;
    }

    public void Dispose()
    {
        foreach (var open in _open)
            open.Dispose();
        _directory.Delete(recursive: true);
    }
}

/// <summary>Time that passes when it is told to.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long _ticks = new DateTimeOffset(2026, 11, 21, 1, 2, 3, TimeSpan.Zero).Ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _ticks), TimeSpan.Zero);

    internal void Advance(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
}
