using Courier.Accounts;
using Courier.Mail.Addresses;
using Courier.Mta.Reception.Access;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Routing;

/// <summary>Courier's lists of the domains whose mail is delivered here.</summary>
/// <param name="HostName">What a star in them stands for.</param>
/// <param name="DefaultDomain">That of the accounts which have none at Courier; null: there are none.</param>
public sealed record LocalDomainFiles(string HostName, string? DefaultDomain)
{
    /// <summary><c>locals</c>: further names of the default domain; null: none.</summary>
    public string? Locals { get; init; }

    /// <summary><c>hosteddomains</c>, a file or a directory: domains, each with another that it is one more name of, or without; null: none.</summary>
    public string? Hosted { get; init; }
}

/// <summary>The accounts as mail finds them: at the domains that they are in, and at those that Courier's <c>locals</c> and <c>hosteddomains</c> name. An account of the
/// very address comes before that of the domain's other name; where neither is, an account <c>alias</c> of a hosted domain gets the mail. Names are for mail alone: who logs in
/// says whose account it is.</summary>
public sealed class LocalDomains : IAccountDirectory
{
    private const string CatchAll = "alias";

    private readonly IAccountDirectory _accounts;
    private readonly LocalDomainFiles _files;
    private readonly WatchedList<DomainSet> _locals;
    private readonly WatchedList<HostedDomains> _hosted;

    public LocalDomains(IAccountDirectory accounts, LocalDomainFiles files, TimeProvider clock, ILogger<LocalDomains> logger)
    {
        ArgumentNullException.ThrowIfNull(files);
        (_accounts, _files) = (accounts, files);
        _locals = new(files.Locals is { } locals ? [locals] : [], (lines, problems) => DomainSet.Read(lines, files.HostName, problems), clock, logger);
        _hosted = new(files.Hosted is { } hosted ? [hosted] : [], (lines, problems) => HostedDomains.Read(lines, files.HostName, problems), clock, logger);
    }

    public async ValueTask<bool> IsLocalDomainAsync(string domain, CancellationToken ct) =>
        _locals.Value.Contains(domain) || _hosted.Value.Contains(domain) || await _accounts.IsLocalDomainAsync(domain, ct);

    public async ValueTask<Account?> FindAsync(MailAddress address, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (await _accounts.FindAsync(address, ct) is { } account)
            return account;
        var real = _locals.Value.Contains(address.Domain) ? _files.DefaultDomain : _hosted.Value.RealNameOf(address.Domain);
        return (real is not null && MailAddress.TryParse($"{address.ToString()[..^address.Domain.Length]}{real}", out var there) ? await _accounts.FindAsync(there!, ct) : null)
            ?? await FindCatchAllAsync(address.Domain, ct);
    }

    /// <summary>Of a domain that goes by another name that domain's.</summary>
    private async ValueTask<Account?> FindCatchAllAsync(string domain, CancellationToken ct) =>
        _hosted.Value.Contains(domain) && MailAddress.TryParse($"{CatchAll}@{_hosted.Value.RealNameOf(domain) ?? domain}", out var catchAll)
            ? await _accounts.FindAsync(catchAll!, ct)
            : null;

    public ValueTask<Account?> AuthenticateAsync(string user, string password, CancellationToken ct) => _accounts.AuthenticateAsync(user, password, ct);
}
