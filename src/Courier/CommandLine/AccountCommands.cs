using System.CommandLine;
using System.Globalization;
using Courier.Accounts;
using Courier.Hosting;
using Courier.Mail.Addresses;

namespace Courier.CommandLine;

/// <summary><c>courier account add|import|list|password|remove</c>: works beside the running server.</summary>
internal static class AccountCommands
{
    internal static Command Create(CommonOptions common)
    {
        var account = new Command("account", "Who has a mailbox here.");
        account.Add(Add(common));
        account.Add(Import(common));
        account.Add(List(common));
        account.Add(Password(common));
        account.Add(Remove(common));
        return account;
    }

    private static Command Add(CommonOptions common)
    {
        var (address, secret) = (Address(), new SecretOptions());
        var maildir = new Option<string?>("--maildir") { Description = "Absolute path of the Maildir (default: by [accounts] maildirs)." };
        var add = common.Configured("add", "Add an account. The password comes from an option or from standard input.", async (parsed, settings, ct) =>
        {
            if (!MailAddress.TryParse(parsed.GetRequiredValue(address), out var wanted))
                return await parsed.FailAsync(ExitCode.DataError, $"{parsed.GetRequiredValue(address)} is not an address");
            if (await secret.ReadAsync(parsed, ct) is not { } password)
                return ExitCode.DataError;
            using var accounts = Stores.OpenAccounts(settings);
            var path = parsed.GetValue(maildir) ?? Stores.Maildirs(settings).For(wanted!);
            return accounts.AddAccount(wanted!, password, path) switch
            {
                AddAccountOutcome.Added => ExitCode.Ok,
                AddAccountOutcome.AlreadyExists => await parsed.FailAsync(ExitCode.CannotCreate, $"{wanted} exists already"),
                AddAccountOutcome.NoSuchDomain => await parsed.FailAsync(ExitCode.NoUser, $"{wanted!.Domain} is not a domain of ours; `courier domain add {wanted.Domain}` makes it one"),
                AddAccountOutcome.UnknownHash => await parsed.FailAsync(ExitCode.DataError, "crypt(3) of this system does not know that form of hash"),
                _ => await parsed.FailAsync(ExitCode.DataError, "the Maildir must be an absolute path; give one with --maildir"),
            };
        });
        add.Add(address);
        add.Add(maildir);
        secret.AddTo(add);
        return add;
    }

    private static Command Import(CommonOptions common)
    {
        var file = new Argument<string>("FILE") { Description = "Lines ADDRESS<TAB>HASH[<TAB>MAILDIR]; - is standard input." };
        var import = common.Configured("import", "Add many accounts, all or none.", async (parsed, settings, ct) =>
        {
            using var accounts = Stores.OpenAccounts(settings);
            var path = parsed.GetRequiredValue(file);
            using var lines = path == "-" ? Console.In : new StreamReader(path);
            var outcome = await accounts.ImportAsync(lines, Stores.Maildirs(settings), ct);
            foreach (var problem in outcome.Problems)
                await parsed.InvocationConfiguration.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{path}:{problem.Line}: {problem.Problem}"));
            if (outcome.ProblemCount > 0)
                return await parsed.FailAsync(ExitCode.DataError, string.Create(CultureInfo.InvariantCulture, $"{outcome.ProblemCount} lines cannot be taken; nothing was added"));
            await parsed.InvocationConfiguration.Output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{outcome.Added} accounts added."));
            return ExitCode.Ok;
        });
        import.Add(file);
        return import;
    }

    private static Command List(CommonOptions common)
    {
        var list = common.Configured("list", "Print the accounts.", async (parsed, settings, _) =>
        {
            using var accounts = Stores.OpenAccounts(settings);
            var forms = accounts.List().Select(account => new AccountForm(account.Address.ToString(), account.Maildir)).ToList();
            await parsed.PrintAsync(common, forms, JsonForms.Default.IReadOnlyListAccountForm, form => $"{form.Address}\t{form.Maildir}");
            return ExitCode.Ok;
        });
        list.Add(common.Json);
        return list;
    }

    private static Command Password(CommonOptions common)
    {
        var (address, secret) = (Address(), new SecretOptions());
        var password = common.Configured("password", "Set a password, from an option or from standard input.", async (parsed, settings, ct) =>
        {
            if (await secret.ReadAsync(parsed, ct) is not { } wanted)
                return ExitCode.DataError;
            using var accounts = Stores.OpenAccounts(settings);
            return MailAddress.TryParse(parsed.GetRequiredValue(address), out var whose) ? accounts.SetPassword(whose!, wanted) switch
            {
                SetPasswordOutcome.Changed => ExitCode.Ok,
                SetPasswordOutcome.UnknownHash => await parsed.FailAsync(ExitCode.DataError, "crypt(3) of this system does not know that form of hash"),
                _ => await NoSuchAccountAsync(parsed, address),
            } : await NoSuchAccountAsync(parsed, address);
        });
        password.Add(address);
        secret.AddTo(password);
        return password;
    }

    private static Command Remove(CommonOptions common)
    {
        var address = Address();
        var remove = common.Configured("remove", "Remove an account. Its Maildir stays.", async (parsed, settings, _) =>
        {
            using var accounts = Stores.OpenAccounts(settings);
            return MailAddress.TryParse(parsed.GetRequiredValue(address), out var whose) && accounts.Remove(whose!) == RemoveOutcome.Removed
                ? ExitCode.Ok
                : await NoSuchAccountAsync(parsed, address);
        });
        remove.Add(address);
        return remove;
    }

    private static Argument<string> Address() => new("ADDRESS") { Description = "The account, as ada@example.org." };

    private static Task<int> NoSuchAccountAsync(ParseResult parsed, Argument<string> address) =>
        parsed.FailAsync(ExitCode.NoUser, $"no account {parsed.GetRequiredValue(address)}");

    /// <summary>The ways to say a password.</summary>
    private sealed class SecretOptions
    {
        private readonly Option<string?> _password = new("--password") { Description = "The password. Others on this machine may see it while the command runs." };
        private readonly Option<string?> _hash = new("--password-hash") { Description = "A hash made elsewhere, in any form of crypt(3)." };

        internal void AddTo(Command command)
        {
            command.Add(_password);
            command.Add(_hash);
        }

        /// <summary>Null when there was none that could be used; it has been said why.</summary>
        internal async Task<NewPassword?> ReadAsync(ParseResult parsed, CancellationToken ct)
        {
            if (parsed.GetValue(_hash) is { } hash)
                return NewPassword.OfHash(hash);
            if (parsed.GetValue(_password) is not { } password)
            {
                if (!Console.IsInputRedirected)
                    await parsed.InvocationConfiguration.Error.WriteAsync("Password: ");
                password = await Console.In.ReadLineAsync(ct) ?? "";
            }

            try
            {
                return NewPassword.Of(password);
            }
            catch (ArgumentException e)
            {
                await parsed.FailAsync(ExitCode.DataError, e.Message);
                return null;
            }
        }
    }
}
