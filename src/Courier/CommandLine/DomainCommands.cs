using System.CommandLine;
using Courier.Accounts;
using Courier.Hosting;

namespace Courier.CommandLine;

/// <summary><c>courier domain add|list|remove</c>: works beside the running server.</summary>
internal static class DomainCommands
{
    internal static Command Create(CommonOptions common)
    {
        var domain = new Command("domain", "Domains whose mail is delivered here.");
        domain.Add(Add(common));
        domain.Add(List(common));
        domain.Add(Remove(common));
        return domain;
    }

    private static Command Add(CommonOptions common)
    {
        var name = Name();
        var add = common.Configured("add", "Deliver the domain's mail here.", async (parsed, settings, _) =>
        {
            using var accounts = Stores.OpenAccounts(settings);
            var wanted = parsed.GetRequiredValue(name);
            return accounts.AddDomain(wanted) switch
            {
                AddDomainOutcome.Added => ExitCode.Ok,
                AddDomainOutcome.AlreadyExists => await parsed.FailAsync(ExitCode.CannotCreate, $"{wanted} is a domain of ours already"),
                _ => await parsed.FailAsync(ExitCode.DataError, $"{wanted} is not a domain name"),
            };
        });
        add.Add(name);
        return add;
    }

    private static Command List(CommonOptions common)
    {
        var list = common.Configured("list", "Print the domains.", async (parsed, settings, _) =>
        {
            using var accounts = Stores.OpenAccounts(settings);
            await parsed.PrintAsync(common, accounts.ListDomains(), JsonForms.Default.IReadOnlyListString, domain => domain);
            return ExitCode.Ok;
        });
        list.Add(common.Json);
        return list;
    }

    private static Command Remove(CommonOptions common)
    {
        var name = Name();
        var remove = common.Configured("remove", "No longer take the domain's mail. It must have no accounts.", async (parsed, settings, _) =>
        {
            using var accounts = Stores.OpenAccounts(settings);
            var wanted = parsed.GetRequiredValue(name);
            return accounts.RemoveDomain(wanted) switch
            {
                RemoveOutcome.Removed => ExitCode.Ok,
                RemoveOutcome.InUse => await parsed.FailAsync(ExitCode.CannotCreate, $"{wanted} still has accounts"),
                _ => await parsed.FailAsync(ExitCode.NoUser, $"{wanted} is not a domain of ours"),
            };
        });
        remove.Add(name);
        return remove;
    }

    private static Argument<string> Name() => new("DOMAIN") { Description = "Domain name, as example.org." };
}
