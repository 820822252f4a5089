using System.CommandLine;
using Courier.Configuration;
using Courier.Hosting;
using Courier.IO.Platform;
using Courier.Mail.Addresses;
using Courier.Mailboxes;
using Courier.Mailboxes.Names;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.CommandLine;

/// <summary>Whose mailboxes a command is about: an account by its address, a Maildir by its path, or all accounts; and which of them.</summary>
/// <remarks>Root works as the owner of the Maildir, whose files it may have to make.</remarks>
internal sealed class MailboxTarget
{
    private readonly CommonOptions _common;
    private readonly Argument<string?> _address = new("ADDRESS") { Description = "The account, as ada@example.org.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _maildir = new("--maildir") { Description = "A Maildir instead of an account; no configuration is needed.", HelpName = "DIRECTORY" };
    private readonly Option<bool> _all = new("--all") { Description = "All accounts." };

    internal MailboxTarget(CommonOptions common) => _common = common;

    internal Option<string?> Mailbox { get; } = new("--mailbox", "-m") { Description = "Only this mailbox: INBOX, INBOX.Sent or Sent.", HelpName = "NAME" };

    /// <summary>A command about one account; with <paramref name="takesAll"/> about any number of them.</summary>
    internal Command Create(string name, string description, Func<ParseResult, Target, CancellationToken, Task<int>> run, bool takesAll = true, bool takesMailbox = true, bool lists = true)
    {
        var command = new Command(name, description);
        command.Add(_address);
        command.Add(_maildir);
        if (takesAll)
            command.Add(_all);
        if (takesMailbox)
            command.Add(Mailbox);
        command.Add(_common.Json);
        command.SetAction(async (parsed, ct) =>
        {
            try
            {
                return await RunAsync(parsed, run, takesAll, lists, ct);
            }
            catch (InvalidDataException e)
            {
                return await parsed.FailAsync(ExitCode.DataError, e.Message);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                return await parsed.FailAsync(ExitCode.NoInput, e.Message);
            }
            catch (IOException e)
            {
                return await parsed.FailAsync(ExitCode.IOError, e.Message);
            }
            catch (UnauthorizedAccessException e)
            {
                return await parsed.FailAsync(ExitCode.NoPermission, e.Message);
            }
        });
        return command;
    }

    internal static MailboxName? Parse(string text) =>
        MailboxName.TryParse(text, out var name) || MailboxName.TryParse("INBOX." + text, out name) ? name : null;

    /// <summary>The worst code of the accounts counts.</summary>
    private async Task<int> RunAsync(ParseResult parsed, Func<ParseResult, Target, CancellationToken, Task<int>> run, bool takesAll, bool lists, CancellationToken ct)
    {
        var isAll = takesAll && parsed.GetValue(_all);
        if ((parsed.GetValue(_address) is not null ? 1 : 0) + (parsed.GetValue(_maildir) is not null ? 1 : 0) + (isAll ? 1 : 0) != 1)
            return await parsed.FailAsync(ExitCode.Usage, $"give an address{(takesAll ? ", --maildir or --all" : " or --maildir")}");
        var listing = new Listing(parsed, _common);
        if (parsed.GetValue(_maildir) is { } maildir)
            return await ListAsync(listing, await RunAsync(parsed, Path.GetFullPath(maildir), maildir, new MailStoreSettings(), listing, run, ct));
        if (_common.Load(parsed) is not { } settings)
            return ExitCode.Configuration;
        var accounts = Find(settings, isAll ? null : parsed.GetValue(_address));
        if (accounts.Count == 0 && !isAll)
            return await parsed.FailAsync(ExitCode.NoUser, $"no account {parsed.GetValue(_address)}");
        if (isAll && lists)
            listing.Begin();
        var worst = ExitCode.Ok;
        foreach (var (address, path) in accounts)
        {
            var code = isAll && !Directory.Exists(path) ? ExitCode.Ok : await RunAsync(parsed, path, address, Stores.Mailboxes(settings.Defaults), listing, run, ct);
            worst = Math.Max(worst, code);
        }

        return await ListAsync(listing, worst);
    }

    private static async Task<int> ListAsync(Listing listing, int code)
    {
        await listing.FinishAsync();
        return code;
    }

    private async Task<int> RunAsync(
        ParseResult parsed, string maildir, string label, MailStoreSettings settings, Listing listing, Func<ParseResult, Target, CancellationToken, Task<int>> run, CancellationToken ct)
    {
        if (!Directory.Exists(Path.Combine(maildir, "cur")))
            return await parsed.FailAsync(ExitCode.NoInput, $"{maildir} is no Maildir");
        using var owner = EffectiveUser.OwnerOf(maildir);
        await using var store = new MailStore(settings, TimeProvider.System, NullLogger<MailStore>.Instance);
        var account = store.Open(maildir);
        MailboxName? only = null;
        if (parsed.GetValue(Mailbox) is { } text && (only = Parse(text)) is null)
            return await parsed.FailAsync(ExitCode.Usage, $"{text} cannot be the name of a mailbox");
        return await run(parsed, new Target(label, account, only, settings, listing), ct);
    }

    private static List<(string Address, string Maildir)> Find(Settings settings, string? address)
    {
        using var accounts = Stores.OpenAccounts(settings);
        if (address is null)
            return [.. accounts.List().Select(account => (account.Address.ToString(), account.Maildir))];
        return MailAddress.TryParse(address, out var wanted) && accounts.Find(wanted!) is { } account ? [(account.Address.ToString(), account.Maildir)] : [];
    }

    /// <summary>One account of a command.</summary>
    /// <param name="Label">Its address or path, for output.</param>
    /// <param name="Account">Its mailboxes.</param>
    /// <param name="Only">The one that was named.</param>
    /// <param name="Settings">What holds for them.</param>
    /// <param name="Listing">Takes what is printed.</param>
    internal sealed record Target(string Label, MailAccount Account, MailboxName? Only, MailStoreSettings Settings, Listing Listing)
    {
        internal async Task<IReadOnlyList<MailboxName>> MailboxesAsync(CancellationToken ct) => Only is { } only
            ? [only]
            : [.. (await Account.ListAsync(ct)).Where(mailbox => mailbox.Exists).Select(mailbox => mailbox.Name)];
    }
}
