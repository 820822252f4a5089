using Courier.Accounts;
using Courier.IO.Sqlite;
using Courier.Mail.Addresses;

namespace Courier.Tests.Accounts;

public sealed class SqliteAccountWriterTests : IDisposable
{
    private const string Hash = AccountFile.Md5OfSecretPass;
    private readonly AccountFile _file = new();

    public void Dispose() => _file.Dispose();

    [Theory]
    [InlineData("example.org", AddDomainOutcome.Added)]
    [InlineData("EXAMPLE.test", AddDomainOutcome.AlreadyExists)]
    [InlineData("", AddDomainOutcome.NotADomain)]
    [InlineData("a b", AddDomainOutcome.NotADomain)]
    [InlineData("a@b", AddDomainOutcome.NotADomain)]
    [InlineData("a..b", AddDomainOutcome.NotADomain)]
    public void A_domain_is_added_once(string domain, AddDomainOutcome outcome) => Assert.Equal(outcome, _file.WithAda().AddDomain(domain));

    [Fact]
    public void Every_change_lies_in_the_file_itself_also_while_the_server_has_it_open()
    {
        var writer = _file.WithAda();
        _file.OpenDirectory();
        writer.AddDomain("a.test");
        var copy = _file.Path + ".copy";
        File.Copy(_file.Path, copy);
        using var alone = new SqliteAccountWriter(copy);
        Assert.Equal(["a.test", "example.test"], alone.ListDomains());
        Assert.NotNull(alone.Find(MailAddress.Parse("ada@example.test")));
    }

    [Fact]
    public void Domains_are_listed_in_order()
    {
        var writer = _file.WithAda();
        writer.AddDomain("B.test");
        writer.AddDomain("a.test");
        Assert.Equal(["a.test", "b.test", "example.test"], writer.ListDomains());
    }

    [Theory]
    [InlineData("bob@example.test", Hash, "/m/bob", AddAccountOutcome.Added)]
    [InlineData("ADA@example.test", Hash, "/m/ada", AddAccountOutcome.AlreadyExists)]
    [InlineData("bob@other.test", Hash, "/m/bob", AddAccountOutcome.NoSuchDomain)]
    [InlineData("bob@example.test", Hash, "m/bob", AddAccountOutcome.UnsafeMaildir)]
    [InlineData("bob@example.test", Hash, "/m/../etc", AddAccountOutcome.UnsafeMaildir)]
    [InlineData("bob@example.test", Hash, "/m/a\tb", AddAccountOutcome.UnsafeMaildir)]
    [InlineData("bob@example.test", Hash, "", AddAccountOutcome.UnsafeMaildir)]
    [InlineData("bob@example.test", Hash, null, AddAccountOutcome.UnsafeMaildir)]
    [InlineData("bob@example.test", "plain text", "/m/bob", AddAccountOutcome.UnknownHash)]
    [InlineData("bob@example.test", "", "/m/bob", AddAccountOutcome.UnknownHash)]
    public void An_account_is_added_or_the_reason_is_told(string address, string hash, string? maildir, AddAccountOutcome outcome) =>
        Assert.Equal(outcome, _file.WithAda().AddAccount(MailAddress.Parse(address), NewPassword.OfHash(hash), maildir));

    [Fact]
    public void Accounts_are_listed_by_domain_and_name()
    {
        var writer = _file.WithAda();
        writer.AddDomain("a.test");
        writer.AddAccount(MailAddress.Parse("Zoe@a.test"), NewPassword.None, "/m/zoe");
        writer.AddAccount(MailAddress.Parse("bob@a.test"), NewPassword.None, "/m/bob");
        Assert.Equal(["bob@a.test", "Zoe@a.test", "ada@example.test"], writer.List().Select(account => account.Address.ToString()));
    }

    [Fact]
    public void Removing_an_account_leaves_its_Maildir()
    {
        var writer = _file.WithAda();
        var maildir = Directory.CreateTempSubdirectory("courier-maildir-");
        try
        {
            var bob = MailAddress.Parse("bob@example.test");
            writer.AddAccount(bob, NewPassword.None, maildir.FullName);
            Assert.Equal(RemoveOutcome.Removed, writer.Remove(bob));
            Assert.Equal(RemoveOutcome.NotFound, writer.Remove(bob));
            Assert.Null(writer.Find(bob));
            Assert.True(Directory.Exists(maildir.FullName));
        }
        finally
        {
            maildir.Delete();
        }
    }

    [Fact]
    public void A_domain_with_accounts_cannot_be_removed()
    {
        var writer = _file.WithAda();
        Assert.Equal(RemoveOutcome.InUse, writer.RemoveDomain("example.test"));
        writer.Remove(MailAddress.Parse("ada@example.test"));
        Assert.Equal(RemoveOutcome.Removed, writer.RemoveDomain("example.test"));
        Assert.Equal(RemoveOutcome.NotFound, writer.RemoveDomain("example.test"));
    }

    [Fact]
    public void A_password_is_set_for_those_who_exist()
    {
        var writer = _file.WithAda();
        Assert.Equal(SetPasswordOutcome.Changed, writer.SetPassword(MailAddress.Parse("Ada@example.test"), NewPassword.OfHash(Hash)));
        Assert.Equal(SetPasswordOutcome.NoSuchAccount, writer.SetPassword(MailAddress.Parse("bob@example.test"), NewPassword.OfHash(Hash)));
        Assert.Equal(SetPasswordOutcome.UnknownHash, writer.SetPassword(MailAddress.Parse("ada@example.test"), NewPassword.OfHash("{SHA}x")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void A_password_that_no_client_could_send_is_not_hashed(string password) =>
        Assert.Throws<ArgumentException>(() => NewPassword.Of(password));

    [Fact]
    public void A_password_longer_than_crypt_takes_is_not_hashed()
    {
        Assert.Throws<ArgumentException>(() => NewPassword.Of(new string('a', AccountLimits.PasswordBytes + 1)));
        Assert.Throws<ArgumentException>(() => NewPassword.Of(new string('ä', AccountLimits.PasswordBytes / 2 + 1)));
        Assert.Equal("(secret)", NewPassword.Of(new string('a', AccountLimits.PasswordBytes)).ToString());
    }

    [Fact]
    public async Task An_import_adds_every_line()
    {
        var writer = _file.WithAda();
        var lines = $"# people\nbob@example.test\t{Hash}\t/m/bob\n\nCarol@example.test\t{Hash}\ndan@example.test\t*\t\n";
        var outcome = await writer.ImportAsync(new StringReader(lines), new MaildirTemplate("/mail/{domain}/{user}/Maildir"), CancellationToken.None);
        Assert.Equal(3, outcome.Added);
        Assert.Empty(outcome.Problems);
        Assert.Equal("/m/bob", writer.Find(MailAddress.Parse("bob@example.test"))!.Maildir);
        Assert.Equal("/mail/example.test/carol/Maildir", writer.Find(MailAddress.Parse("carol@example.test"))!.Maildir);
    }

    [Fact]
    public async Task An_import_with_problems_tells_them_all_and_adds_nothing()
    {
        var writer = _file.WithAda();
        var lines = $"""
            bob@example.test	{Hash}	/m/bob
            not an address	{Hash}	/m/x
            carol@other.test	{Hash}	/m/carol
            ADA@example.test	{Hash}	/m/ada
            dan@example.test	secret	/m/dan
            eve@example.test	{Hash}	m/eve
            fay@example.test
            gus@example.test	{Hash}
            BOB@example.test	{Hash}	/m/bob2
            """;
        var outcome = await writer.ImportAsync(new StringReader(lines), null, CancellationToken.None);
        Assert.Equal(0, outcome.Added);
        Assert.Equal(8, outcome.ProblemCount);
        Assert.Equal([2, 3, 4, 5, 6, 7, 8, 9], outcome.Problems.Select(problem => problem.Line));
        Assert.DoesNotContain(outcome.Problems, problem => problem.Problem.Contains("secret", StringComparison.Ordinal));
        Assert.Null(writer.Find(MailAddress.Parse("bob@example.test")));
        Assert.Single(writer.List());
    }

    [Fact]
    public async Task An_import_of_nothing_but_problems_shows_the_first_and_counts_the_rest()
    {
        var outcome = await _file.WithAda().ImportAsync(new StringReader(string.Concat(Enumerable.Repeat("x\n", 1000))), null, CancellationToken.None);
        Assert.Equal(1000, outcome.ProblemCount);
        Assert.Equal(AccountLimits.ImportProblemsShown, outcome.Problems.Length);
    }

    [Fact]
    public async Task Ten_thousand_accounts_are_imported_in_one_go()
    {
        var writer = _file.WithAda();
        var lines = string.Concat(Enumerable.Range(0, 10_000).Select(i => $"u{i}@example.test\t{Hash}\t/m/u{i}\n"));
        Assert.Equal(10_000, (await writer.ImportAsync(new StringReader(lines), null, CancellationToken.None)).Added);
        Assert.Equal(10_001, writer.List().Count);
    }

    [Fact]
    public void The_file_is_for_its_owner_alone()
    {
        _file.WithAda();
        var all = Directory.GetFiles(Path.GetDirectoryName(_file.Path)!);
        Assert.NotEmpty(all);
        Assert.All(all, path => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path)));
    }

    [Fact]
    public void Two_writers_opening_a_new_file_at_once_make_one_schema()
    {
        Parallel.For(0, 8, _ => new SqliteAccountWriter(_file.Path).Dispose());
        Assert.Equal(AddDomainOutcome.Added, _file.Writer().AddDomain("example.test"));
    }

    [Fact]
    public void A_file_of_a_newer_program_is_refused()
    {
        using (var database = new SqliteDatabase(_file.Path))
            database.Execute("PRAGMA user_version=99");
        Assert.Throws<InvalidDataException>(() => new SqliteAccountWriter(_file.Path));
    }

    [Theory]
    [InlineData("Ada@Example.test", "/mail/example.test/ada/Maildir")]
    [InlineData("a+b@example.test", "/mail/example.test/a+b/Maildir")]
    [InlineData("\"a b\"@example.test", "/mail/example.test/a b/Maildir")]
    [InlineData("\"../x\"@example.test", null)]
    [InlineData("\"..\"@example.test", null)]
    [InlineData("\".x\"@example.test", null)]
    [InlineData("a/b@example.test", null)]
    [InlineData("{user}@example.test", null)]
    [InlineData("\"\"@example.test", null)]
    public void A_template_gives_a_path_or_refuses_the_name(string address, string? path) =>
        Assert.Equal(path, new MaildirTemplate("/mail/{domain}/{user}/Maildir").For(MailAddress.Parse(address)));
}
