using System.Collections.Concurrent;
using System.Collections.Frozen;
using Courier.Accounts.Sqlite;
using Courier.IO.Platform;
using Courier.IO.Sqlite;
using Courier.Mail.Addresses;
using Microsoft.Extensions.Logging;

namespace Courier.Accounts;

/// <summary>Accounts kept in a SQLite file of ours, which <see cref="SqliteAccountWriter"/> changes in this process or another.</summary>
/// <remarks>What was read stays in memory until the file changes: SQLite counts the commits of other connections
/// (PRAGMA data_version), and that count is looked at <see cref="AccountSettings.ChangesSeenWithin"/> apart at most. An answer
/// from memory costs a hash and two comparisons; unknown names are not kept, or strangers could fill it.</remarks>
public sealed class SqliteAccountDirectory : IAccountDirectory, IDisposable
{
    private readonly AccountSettings _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly PasswordChecks _checks;
    private readonly long _lookApart;
    private readonly Lock _gate = new();
    private readonly SqliteDatabase _database;
    private View _view;
    private long _nextLook;

    public SqliteAccountDirectory(string path, AccountSettings settings, TimeProvider clock, ILogger<SqliteAccountDirectory> logger)
    {
        (_settings, _clock, _logger) = (settings, clock, logger);
        _lookApart = (long)(settings.ChangesSeenWithin.TotalSeconds * clock.TimestampFrequency);
        _database = AccountDatabase.Open(path);
        _view = Read();
        _nextLook = clock.GetTimestamp() + _lookApart;
        _checks = new PasswordChecks(settings, logger);
    }

    public ValueTask<bool> IsLocalDomainAsync(string domain, CancellationToken ct) =>
        new(Current().Domains.Contains(domain));

    public ValueTask<Account?> FindAsync(MailAddress address, CancellationToken ct) => new(Find(address)?.Account);

    public async ValueTask<Account?> AuthenticateAsync(string user, string password, CancellationToken ct)
    {
        var row = Address(user) is { } address ? Find(address) : null;
        // A password that crypt(3) would cut short is wrong, and costs what any wrong one does.
        var usable = NewPassword.IsUsable(password);
        var hash = row is not null && HashForm.CanLogIn(row.Hash) ? row.Hash : null;
        var right = await _checks.VerifyAsync(usable ? password : "-", hash ?? Current().DummyHash(user), ct);
        return right && usable && hash is not null ? row!.Account : null;
    }

    public void Dispose()
    {
        _checks.Dispose();
        lock (_gate)
            _database.Close();
    }

    private MailAddress? Address(string user)
    {
        var name = user.Contains('@', StringComparison.Ordinal) || _settings.DefaultDomain is null ? user : $"{user}@{_settings.DefaultDomain}";
        return MailAddress.TryParse(name, out var address) ? address : null;
    }

    private AccountRow? Find(MailAddress address)
    {
        if (Current().Accounts.TryGetValue(address, out var row))
            return row;
        lock (_gate)
        {
            // The row is at least as new as the view: the file was looked at before, under the same lock.
            var view = _view;
            if (AccountRows.Find(_database, address) is not { } found)
                return null;
            if (view.Accounts.Count >= _settings.CachedAccountsMax)
                view.Accounts.Clear();
            return view.Accounts[address] = found;
        }
    }

    private View Current()
    {
        if (_clock.GetTimestamp() < Volatile.Read(ref _nextLook))
            return Volatile.Read(ref _view);
        lock (_gate)
        {
            if (AccountRows.DataVersion(_database) != _view.Version)
            {
                Log.Changed(_logger);
                Volatile.Write(ref _view, Read());
            }

            Volatile.Write(ref _nextLook, _clock.GetTimestamp() + _lookApart);
            return _view;
        }
    }

    private View Read()
    {
        // The version first: what is committed in between is then read again, never missed.
        var version = AccountRows.DataVersion(_database);
        return new(version,
            AccountRows.Domains(_database).ToFrozenSet(StringComparer.OrdinalIgnoreCase),
            AccountRows.SampleHashes(_database) is { Count: > 0 } hashes ? [.. hashes] : [_dummy.Value]);
    }

    /// <summary>For a directory without accounts; costs what a new account's hash does.</summary>
    private static readonly Lazy<string> _dummy = new(() => PasswordHash.Create(Guid.NewGuid().ToString()));

    /// <summary>What the file said at one version of it.</summary>
    private sealed record View(long Version, FrozenSet<string> Domains, string[] Hashes)
    {
        internal ConcurrentDictionary<MailAddress, AccountRow> Accounts { get; } = new(AddressKey.Comparer);

        /// <summary>A hash to check an unknown name's password against. Real ones, so that the cost is of the kind that this directory
        /// has, in the mixture that it has; always the same one for a name, by a key that changes with each start.</summary>
        internal string DummyHash(string user) => Hashes[(int)((uint)user.GetHashCode(StringComparison.OrdinalIgnoreCase) % (uint)Hashes.Length)];
    }
}
