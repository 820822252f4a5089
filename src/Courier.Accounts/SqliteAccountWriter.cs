using Courier.Accounts.Sqlite;
using Courier.IO.Sqlite;
using Courier.Mail.Addresses;

namespace Courier.Accounts;

/// <summary>Changes the account file: what the command line does, also while the server runs. Every change is durable on return
/// and seen by a <see cref="SqliteAccountDirectory"/> shortly after.</summary>
/// <remarks>Not thread-safe. Failures of the disk are <see cref="IOException"/>. No Maildir is made, moved or deleted here.</remarks>
public sealed class SqliteAccountWriter(string path) : IDisposable
{
    private readonly SqliteDatabase _database = AccountDatabase.Open(path);

    public AddDomainOutcome AddDomain(string domain)
    {
        if (Normal(domain) is not { } name)
            return AddDomainOutcome.NotADomain;
        _database.Prepare("INSERT INTO domain (name) VALUES (?) ON CONFLICT DO NOTHING").Bind(1, name).Run();
        return HasChanged() ? AddDomainOutcome.Added : AddDomainOutcome.AlreadyExists;
    }

    /// <summary>Mail for the domain is then no longer ours.</summary>
    public RemoveOutcome RemoveDomain(string domain)
    {
        if (Normal(domain) is not { } name)
            return RemoveOutcome.NotFound;
        try
        {
            _database.Prepare("DELETE FROM domain WHERE name = ?").Bind(1, name).Run();
            return HasChanged() ? RemoveOutcome.Removed : RemoveOutcome.NotFound;
        }
        catch (SqliteException e) when (e.IsConstraint)
        {
            return RemoveOutcome.InUse;
        }
    }

    public IReadOnlyList<string> ListDomains() => AccountRows.Domains(_database);

    /// <param name="address">Also the login name.</param>
    /// <param name="password">Or a hash of it.</param>
    /// <param name="maildir">An absolute path, or a template's path for the address; null is an unsafe one.</param>
    public AddAccountOutcome AddAccount(MailAddress address, NewPassword password, string? maildir)
    {
        if (maildir is null || !MaildirTemplate.IsUsable(maildir))
            return AddAccountOutcome.UnsafeMaildir;
        if (!HashForm.IsKnown(password.Hash))
            return AddAccountOutcome.UnknownHash;
        var outcome = AddAccountOutcome.Added;
        _database.InTransaction(() => outcome = Insert(address, password.Hash, maildir));
        if (outcome == AddAccountOutcome.Added)
            AccountDatabase.Settle(_database);
        return outcome;
    }

    /// <summary>Adds many accounts in one transaction, or none when a line cannot be taken:
    /// <c>ADDRESS&lt;TAB&gt;HASH&lt;TAB&gt;MAILDIR</c>; empty lines and lines beginning with <c>#</c> are passed over.</summary>
    /// <param name="lines">Read to the end before anything is locked.</param>
    /// <param name="template">For lines without a Maildir; null: each must have one.</param>
    /// <param name="ct">Stops the reading.</param>
    public async ValueTask<ImportOutcome> ImportAsync(TextReader lines, MaildirTemplate? template, CancellationToken ct)
    {
        var import = await AccountImport.ReadAsync(lines, template, ct);
        var added = 0;
        try
        {
            _database.InTransaction(() =>
            {
                foreach (var line in import.Accounts)
                {
                    if (Insert(line.Address, line.Hash, line.Maildir) is var outcome and not AddAccountOutcome.Added)
                        import.Refuse(line, outcome);
                    else
                        added++;
                }

                if (import.ProblemCount > 0)
                    throw new RefusedException();
            });
        }
        catch (RefusedException)
        {
            added = 0;
        }

        if (added > 0)
            AccountDatabase.Settle(_database);

        return new(added, [.. import.Problems.OrderBy(problem => problem.Line)], import.ProblemCount);
    }

    /// <summary>The account is gone, its Maildir stays.</summary>
    public RemoveOutcome Remove(MailAddress address)
    {
        _database.Prepare("DELETE FROM account WHERE key = ?").Bind(1, address.Key).Run();
        return HasChanged() ? RemoveOutcome.Removed : RemoveOutcome.NotFound;
    }

    /// <summary>All accounts by domain and name.</summary>
    public IReadOnlyList<Account> List() => AccountRows.Accounts(_database);

    public Account? Find(MailAddress address) => AccountRows.Find(_database, address)?.Account;

    public SetPasswordOutcome SetPassword(MailAddress address, NewPassword password)
    {
        if (!HashForm.IsKnown(password.Hash))
            return SetPasswordOutcome.UnknownHash;
        _database.Prepare("UPDATE account SET hash = ? WHERE key = ?").Bind(1, password.Hash).Bind(2, address.Key).Run();
        return HasChanged() ? SetPasswordOutcome.Changed : SetPasswordOutcome.NoSuchAccount;
    }

    public void Dispose() => _database.Close();

    private bool HasChanged()
    {
        if (_database.Changes != 1)
            return false;
        AccountDatabase.Settle(_database);
        return true;
    }

    private AddAccountOutcome Insert(MailAddress address, string hash, string maildir)
    {
        if (!HasDomain(address.Domain))
            return AddAccountOutcome.NoSuchDomain;
        _database.Prepare("INSERT INTO account (key, address, domain, hash, maildir) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
            .Bind(1, address.Key).Bind(2, address.ToString()).Bind(3, address.Domain).Bind(4, hash).Bind(5, maildir).Run();
        return _database.Changes == 1 ? AddAccountOutcome.Added : AddAccountOutcome.AlreadyExists;
    }

    private bool HasDomain(string domain) =>
        AccountRows.One(_database.Prepare("SELECT 1 FROM domain WHERE name = ?").Bind(1, domain), _ => true);

    /// <summary>A domain is what may stand to the right of an address's sign.</summary>
    private static string? Normal(string domain) => MailAddress.TryParse($"postmaster@{domain}", out var address) ? address!.Domain : null;

    /// <summary>Rolls an import back.</summary>
    private sealed class RefusedException : Exception;
}
