using Courier.Accounts;
using Courier.Mail.Addresses;

namespace Courier.Tests.Mta.Local;

/// <summary>Users of example.com, each with a Maildir below one directory.</summary>
internal sealed class FakeAccounts(string directory) : IAccountDirectory
{
    private readonly Dictionary<string, Account> _accounts = new(StringComparer.Ordinal);

    internal IOException? Failure { get; set; }

    public ValueTask<bool> IsLocalDomainAsync(string domain, CancellationToken ct) => Failure is { } failure ? throw failure : new(domain == "example.com");

    public ValueTask<Account?> FindAsync(MailAddress address, CancellationToken ct) => Failure is { } failure ? throw failure : new(_accounts.GetValueOrDefault(address.Key));

    public ValueTask<Account?> AuthenticateAsync(string user, string password, CancellationToken ct) => new((Account?)null);

    internal string Maildir(string user) => Path.Combine(directory, "mail", user);

    /// <returns>The path of the Maildir, which is not made.</returns>
    internal string Add(string user)
    {
        Directory.CreateDirectory(Path.Combine(directory, "mail"));
        var address = MailAddress.Parse($"{user}@example.com");
        _accounts[address.Key] = new Account(address, Maildir(user));
        return Maildir(user);
    }
}
