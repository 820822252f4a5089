using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Courier.Accounts;
using Courier.CommandLine;
using Courier.Configuration;
using Courier.Hosting;
using Courier.Mail.Addresses;
using Courier.Mailboxes;
using Courier.Mailboxes.Names;
using Courier.Tests.Mailboxes;
using Courier.Tests.Queue;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Program;

/// <summary><c>courier mailbox …</c>: what the commands print for people and for scripts, their exit codes, and what they say of bad input.</summary>
public sealed class MailboxCommandTests : IDisposable
{
    private const string Message = "From: ada@example.org\r\nSubject: kept\r\n\r\ntext\r\n";

    private readonly TemporaryDirectory _directory = new();
    private readonly TempMaildir _maildir = new();

    private string ConfigFile => Path.Combine(_directory.Path, "courier.conf");

    public void Dispose()
    {
        _maildir.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task List_prints_each_mailbox_with_its_messages()
    {
        _maildir.Drop(Message);
        _maildir.Drop(Message, flags: "S", inCur: true);
        _maildir.Drop(Message, folder: ".Sent");
        var (code, text, _) = await OnMaildirAsync("list");
        Assert.Equal(ExitCode.Ok, code);
        Assert.Equal([$"{_maildir.Path}\tINBOX\t2 messages, 1 unseen", $"{_maildir.Path}\tINBOX.Sent\t1 messages, 1 unseen"], Lines(text));
        var one = Assert.Single(Json((await OnMaildirAsync("list", "--mailbox", "Sent", "--json")).Output));
        Assert.Equal(("INBOX.Sent", 1, false), (one.GetProperty("mailbox").GetString(), one.GetProperty("messages").GetInt32(), one.GetProperty("subscribed").GetBoolean()));
    }

    [Fact]
    public async Task Stats_prints_what_a_mailbox_takes()
    {
        _maildir.Drop(Message);
        await ExpungeAsync(MailboxName.Inbox);
        _maildir.Drop(Message);
        var one = Assert.Single(Json((await OnMaildirAsync("stats", "--json")).Output));
        Assert.Equal((1, Message.Length, 1), (one.GetProperty("messages").GetInt32(), one.GetProperty("bytes").GetInt32(), one.GetProperty("expunged").GetInt32()));
        Assert.True(one.GetProperty("uidValidity").GetUInt32() > 0);
        Assert.Contains($"1 messages of {Message.Length} octets", (await OnMaildirAsync("stats")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_finds_damage_with_65_and_repair_mends_it()
    {
        _maildir.Drop(Message);
        await OnMaildirAsync("list");
        var uids = Path.Combine(_maildir.Path, "courier", "uids");
        await File.WriteAllTextAsync(uids, "nonsense\n" + await File.ReadAllTextAsync(uids));
        var (code, output, _) = await OnMaildirAsync("check", "--json");
        Assert.Equal(ExitCode.DataError, code);
        Assert.Contains(Json(output), finding => finding.GetProperty("file").GetString() == "courier/uids" && !finding.GetProperty("repaired").GetBoolean());
        Assert.Contains("\tdamage: ", (await OnMaildirAsync("check")).Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, (await OnMaildirAsync("repair")).Code);
        Assert.Equal(ExitCode.Ok, (await OnMaildirAsync("check", "--deep")).Code);
    }

    [Fact]
    public async Task Undelete_lists_and_puts_back_what_it_is_told()
    {
        _maildir.Drop(Message);
        await ExpungeAsync(MailboxName.Inbox);
        var (code, _, error) = await OnMaildirAsync("undelete");
        Assert.Equal((ExitCode.Usage, true), (code, error.Contains("say what to put back", StringComparison.Ordinal)));
        var file = Assert.Single(Json((await OnMaildirAsync("undelete", "--list", "--json")).Output)).GetProperty("file").GetString()!;
        Assert.Contains(file, (await OnMaildirAsync("undelete", "--list")).Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.NoUser, (await OnMaildirAsync("undelete", "--before", "2h")).Code);
        Assert.Equal((ExitCode.Ok, "1 messages are back.\n"), Said(await OnMaildirAsync("undelete", "--message", file)));
        Assert.Equal(1, await CountAsync("INBOX"));
        Assert.Equal(ExitCode.Usage, (await OnMaildirAsync("undelete", "--since", "yesterday")).Code);
    }

    [Fact]
    public async Task A_deleted_mailbox_comes_back_by_its_name()
    {
        _maildir.Drop(Message, folder: ".Kept");
        await using (var store = new MailStore(new MailStoreSettings(), TimeProvider.System, NullLogger<MailStore>.Instance))
            await store.Open(_maildir.Path).DeleteAsync(StoreFixture.Name("INBOX.Kept"), default);
        Assert.Equal((ExitCode.Ok, "INBOX.Kept is back with 1 messages.\n"), Said(await OnMaildirAsync("undelete", "-m", "Kept")));
        Assert.Equal(1, await CountAsync("INBOX.Kept"));
    }

    [Fact]
    public async Task Purge_removes_for_good_what_is_old_enough()
    {
        _maildir.Drop(Message);
        await ExpungeAsync(MailboxName.Inbox);
        Assert.Equal(ExitCode.Usage, (await OnMaildirAsync("purge", "--older-than", "soon")).Code);
        Assert.Equal(ExitCode.Ok, (await OnMaildirAsync("purge", "--older-than", "1h")).Code);
        Assert.Single(Json((await OnMaildirAsync("undelete", "--list", "--json")).Output));
        Assert.Equal(ExitCode.Ok, (await OnMaildirAsync("purge", "--older-than", "0s")).Code);
        Assert.Empty(Json((await OnMaildirAsync("undelete", "--list", "--json")).Output));
    }

    [Fact]
    public async Task Import_brings_an_mbox_in_once()
    {
        _maildir.Drop(Message);
        var mbox = Path.Combine(_directory.Path, "old.mbox");
        await File.WriteAllTextAsync(mbox, "From ada@example.org Tue Sep  1 10:20:30 2026\nSubject: one\n\ntext\n\nFrom ada@example.org Tue Sep  1 10:20:31 2026\nSubject: two\n\ntext\n\n");
        var one = Assert.Single(Json((await OnMaildirAsync("import", "--from", mbox, "-m", "Old", "--json")).Output));
        Assert.Equal(("INBOX.Old", 2, 0), (one.GetProperty("mailbox").GetString(), one.GetProperty("imported").GetInt32(), one.GetProperty("known").GetInt32()));
        Assert.Contains("INBOX.Old\t0 imported, 2 known from before", (await OnMaildirAsync("import", "--from", mbox, "-m", "Old")).Output, StringComparison.Ordinal);
        Assert.Equal(2, await CountAsync("INBOX.Old"));
        Assert.Equal(ExitCode.NoInput, (await OnMaildirAsync("import", "--from", mbox + "-not")).Code);
        await File.WriteAllTextAsync(mbox, "no mbox at all\n");
        Assert.Equal(ExitCode.DataError, (await OnMaildirAsync("import", "--from", mbox)).Code);
        Assert.NotEmpty(CourierCommand.Create().Parse(["mailbox", "import", "--maildir", "x", "--from", "y", "--quoting", "loud"]).Errors);
    }

    [Fact]
    public async Task Adopt_takes_Couriers_UIDs_over_now()
    {
        var name = _maildir.Drop(Message, inCur: true);
        await File.WriteAllTextAsync(Path.Combine(_maildir.Path, "courierimapuiddb"), $"1 1600000000 42\n41 {name[..name.IndexOf(':', StringComparison.Ordinal)]}\n");
        var one = Assert.Single(Json((await OnMaildirAsync("adopt", "--json")).Output));
        Assert.Equal((1600000000u, 42u, true), (one.GetProperty("uidValidity").GetUInt32(), one.GetProperty("uidNext").GetUInt32(), one.GetProperty("new").GetBoolean()));
        Assert.DoesNotContain("taken over now", (await OnMaildirAsync("adopt")).Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, (await OnMaildirAsync("adopt", "--finish", "--share-with", "courier")).Code);
        Assert.Equal(ExitCode.Ok, (await OnMaildirAsync("adopt", "--share-with", "courier")).Code);
        Assert.Contains(" M", (await File.ReadAllLinesAsync(Path.Combine(_maildir.Path, "courierimapuiddb")))[1].Replace(name[..5], " M", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, (await OnMaildirAsync("adopt", "--finish")).Code);
        Assert.NotEmpty(CourierCommand.Create().Parse(["mailbox", "adopt", "--maildir", "x", "--share-with", "cyrus"]).Errors);
    }

    [Fact]
    public async Task Names_prints_and_converts_folders_in_modified_UTF_7()
    {
        _maildir.Drop(Message);
        _maildir.Drop(Message, folder: ".Entw&APw-rfe");
        var one = Assert.Single(Json((await OnMaildirAsync("names", "--json")).Output));
        Assert.Equal((".Entw&APw-rfe", "INBOX.Entwürfe", false), (one.GetProperty("directory").GetString(), one.GetProperty("mailbox").GetString(), one.GetProperty("renamed").GetBoolean()));
        Assert.Contains("INBOX.Entwürfe", (await OnMaildirAsync("names", "--convert")).Output, StringComparison.Ordinal);
        Assert.True(Directory.Exists(Path.Combine(_maildir.Path, ".Entwürfe")));
        Assert.Empty(Json((await OnMaildirAsync("names", "--json")).Output));
    }

    [Theory]
    [InlineData(ExitCode.Usage, "give an address, --maildir or --all", "list")]
    [InlineData(ExitCode.Usage, "give an address, --maildir or --all", "list", "ada@example.org", "--all")]
    [InlineData(ExitCode.Usage, "give an address or --maildir", "undelete")]
    [InlineData(ExitCode.NoInput, "is no Maildir", "check", "--maildir", "/nowhere/Maildir")]
    [InlineData(ExitCode.NoUser, "no account nobody@example.org", "stats", "nobody@example.org")]
    [InlineData(ExitCode.NoUser, "no account not an address", "stats", "not an address")]
    public async Task What_cannot_be_done_is_said_with_a_code(int code, string complaint, params string[] words)
    {
        var (found, output, error) = await RunAsync(words);
        Assert.Equal((code, ""), (found, output));
        Assert.Contains(complaint, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Missing", ExitCode.NoUser, "no mailbox INBOX.Missing")]
    [InlineData("a..b", ExitCode.Usage, "cannot be the name of a mailbox")]
    public async Task A_mailbox_must_be_there(string name, int code, string complaint)
    {
        _maildir.Drop(Message);
        foreach (var command in (string[])["list", "stats", "check", "repair"])
        {
            var (found, _, error) = await OnMaildirAsync(command, "--mailbox", name);
            Assert.Equal((command, code), (command, found));
            Assert.Contains(complaint, error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Accounts_are_found_by_their_address_or_all_at_once()
    {
        await ConfigureAsync();
        var (settings, _) = Settings.Load([new NativeFile(ConfigFile)]);
        foreach (var (user, maildir) in (List<(string, string)>)[("ada", _maildir.Path), ("bob", Path.Combine(_directory.Path, "never-used"))])
        {
            using var accounts = Stores.OpenAccounts(settings!);
            accounts.AddDomain("example.org");
            accounts.AddAccount(MailAddress.Parse(user + "@example.org"), NewPassword.Of("secret"), maildir);
        }

        _maildir.Drop(Message);
        Assert.Equal("ada@example.org\tINBOX\t1 messages, 1 unseen\n", (await RunAsync("list", "ada@example.org")).Output);
        // An account that has no Maildir yet is no failure of the others.
        Assert.Equal((ExitCode.Ok, "ada@example.org\tINBOX\t1 messages, 1 unseen\n"), Said(await RunAsync("list", "--all")));
    }

    [Fact]
    public async Task Several_accounts_are_one_document()
    {
        await ConfigureAsync();
        var (settings, _) = Settings.Load([new NativeFile(ConfigFile)]);
        using var other = new TempMaildir();
        Assert.Empty(Json((await RunAsync("list", "--all", "--json")).Output));
        _maildir.Drop(Message);
        other.Drop(Message);
        foreach (var (user, maildir) in (List<(string, string)>)[("ada", _maildir.Path), ("bob", other.Path)])
        {
            using var accounts = Stores.OpenAccounts(settings!);
            accounts.AddDomain("example.org");
            accounts.AddAccount(MailAddress.Parse(user + "@example.org"), NewPassword.Of("secret"), maildir);
        }

        foreach (var command in (string[])["list", "stats", "adopt"])
        {
            var forms = Json((await RunAsync(command, "--all", "--json")).Output);
            Assert.Equal(["ada@example.org", "bob@example.org"], forms.Select(form => form.GetProperty("account").GetString()));
        }

        Assert.Empty(Json((await RunAsync("check", "--all", "--json")).Output));
    }

    private static (int Code, string Output) Said((int Code, string Output, string Error) run) => (run.Code, run.Output);

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static List<JsonElement> Json(string output)
    {
        using var parsed = JsonDocument.Parse(output);
        return [.. parsed.RootElement.EnumerateArray().Select(element => element.Clone())];
    }

    private async Task<int> CountAsync(string mailbox) =>
        Json((await OnMaildirAsync("list", "--json")).Output).Single(form => form.GetProperty("mailbox").GetString() == mailbox).GetProperty("messages").GetInt32();

    private async Task ExpungeAsync(MailboxName name)
    {
        await using var store = new MailStore(new MailStoreSettings(), TimeProvider.System, NullLogger<MailStore>.Instance);
        await using var mailbox = (await store.Open(_maildir.Path).OpenAsync(name, default))!;
        var all = UidRanges(mailbox);
        await mailbox.StoreAsync(all, StoreFixture.Add(MessageFlags.Deleted), default);
        await mailbox.ExpungeAsync(all, default);
    }

    private static List<Uid> UidRanges(Mailbox mailbox) => [.. Enumerable.Range(0, mailbox.Current.Count).Select(mailbox.Current.UidAt)];

    private Task<(int Code, string Output, string Error)> OnMaildirAsync(string command, params string[] words) => RunAsync([command, "--maildir", _maildir.Path, .. words]);

    private Task ConfigureAsync() => File.WriteAllTextAsync(ConfigFile, $"[server]\nstate = {_directory.Path}\n");

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] words)
    {
        await ConfigureAsync();
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        var parsed = CourierCommand.Create().Parse(["mailbox", .. words, "--config", ConfigFile]);
        Assert.Empty(parsed.Errors);
        var code = await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error }, default);
        return (code, output.ToString(), error.ToString());
    }
}
