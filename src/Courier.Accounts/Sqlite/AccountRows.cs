using Courier.IO.Sqlite;
using Courier.Mail.Addresses;

namespace Courier.Accounts.Sqlite;

/// <summary>An account with what proves its owner.</summary>
internal sealed record AccountRow(Account Account, string Hash);

/// <summary>The questions that the directory asks the file. Every statement is reset at once: an open one would hold its
/// view of the file, and with it the write-ahead log.</summary>
internal static class AccountRows
{
    internal static long DataVersion(SqliteDatabase database) => One(database.Prepare("PRAGMA data_version"), row => row.Int64(0));

    internal static AccountRow? Find(SqliteDatabase database, MailAddress address) =>
        One(database.Prepare("SELECT address, hash, maildir FROM account WHERE key = ?").Bind(1, address.Key),
            row => new AccountRow(new Account(MailAddress.Parse(row.Text(0)), row.Text(2)), row.Text(1)));

    internal static List<string> Domains(SqliteDatabase database) => All(database.Prepare("SELECT name FROM domain ORDER BY name"), row => row.Text(0));

    internal static List<Account> Accounts(SqliteDatabase database) =>
        All(database.Prepare("SELECT address, maildir FROM account ORDER BY domain, key"), row => new Account(MailAddress.Parse(row.Text(0)), row.Text(1)));

    /// <summary>Hashes that passwords of unknown names are checked against.</summary>
    internal static List<string> SampleHashes(SqliteDatabase database) =>
        All(database.Prepare($"SELECT hash FROM account WHERE hash NOT LIKE '*%' AND hash NOT LIKE '!%' LIMIT {AccountLimits.DummyHashes}"), row => row.Text(0));

    internal static T? One<T>(SqliteStatement statement, Func<SqliteStatement, T> read)
    {
        try
        {
            return statement.Step() ? read(statement) : default;
        }
        finally
        {
            statement.Reset();
        }
    }

    private static List<T> All<T>(SqliteStatement statement, Func<SqliteStatement, T> read)
    {
        var rows = new List<T>();
        try
        {
            while (statement.Step())
                rows.Add(read(statement));
            return rows;
        }
        finally
        {
            statement.Reset();
        }
    }
}
