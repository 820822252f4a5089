using System.Text.RegularExpressions;
using Courier.Imap;
using Courier.Mail.Sasl;

namespace Courier.Tests.Imap;

/// <summary>docs/recipes/imap-command.md, checked: a command is a file, a row and a test.</summary>
public sealed partial class CommandTableTests
{
    private static readonly string _root = FindRoot();

    public static TheoryData<string> Names => new(CommandTable.Rows.Keys);

    [Fact]
    public void Every_command_of_RFC_3501_has_a_row()
    {
        string[] commands =
        [
            "CAPABILITY", "NOOP", "LOGOUT", "STARTTLS", "AUTHENTICATE", "LOGIN", "SELECT", "EXAMINE", "CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE",
            "LIST", "LSUB", "STATUS", "APPEND", "CHECK", "CLOSE", "EXPUNGE", "SEARCH", "FETCH", "STORE", "COPY", "UID FETCH", "UID STORE", "UID COPY", "UID SEARCH",
        ];
        Assert.Empty(commands.Except(CommandTable.Rows.Keys, StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_row_is_tried_by_a_test_or_a_script(string name) => Assert.Contains(Tests(), text => Regex.IsMatch(text, $@"\b{name}\b", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(5)));

    [Theory]
    [MemberData(nameof(Names))]
    public void Numbers_change_only_where_the_RFC_lets_them(string name)
    {
        var effects = CommandTable.Rows[name].Effects;
        Assert.Equal(name is "FETCH" or "STORE" or "SEARCH" or "SORT" or "THREAD", effects.HasFlag(CommandEffects.UsesSequenceNumbers)); // RFC 3501 §7.4.1
        Assert.False(effects.HasFlag(CommandEffects.UsesSequenceNumbers) && effects.HasFlag(CommandEffects.MaySendExpunge));
        Assert.Equal(name.StartsWith("UID ", StringComparison.Ordinal), effects.HasFlag(CommandEffects.UsesUids));
    }

    [Fact]
    public void Every_command_file_cites_its_RFC()
    {
        foreach (var file in Directory.GetFiles(Path.Combine(_root, "src", "Courier.Imap", "Commands"), "*.cs").Where(file => !file.EndsWith("ImapCommand.cs", StringComparison.Ordinal)))
            Assert.True(Cited().IsMatch(File.ReadAllText(file)), file);
    }

    [Fact]
    public void Every_capability_has_a_script_of_its_own_and_is_in_the_manual()
    {
        string[] byOtherNames = ["IMAP4rev1", "LITERAL+", "IDLE", "STARTTLS", "LOGINDISABLED", "AUTH=", .. SaslExchange.Mechanisms.Select(name => "AUTH=" + name)];
        var source = File.ReadAllText(Path.Combine(_root, "src", "Courier.Imap", "Capabilities.cs"));
        var manual = File.ReadAllText(Path.Combine(_root, "docs", "imap.md"));
        foreach (Match offered in Quoted().Matches(source))
        {
            var name = offered.Groups["name"].Value.ToLowerInvariant().Replace('=', '-').TrimEnd('-');
            var script = Path.Combine(_root, "tests", "Courier.Conversations", "imap", $"cap-{name}.txt");
            Assert.True(File.Exists(script) || byOtherNames.Contains(offered.Groups["name"].Value, StringComparer.Ordinal), script);
            Assert.Contains('`' + offered.Groups["name"].Value.TrimEnd('='), manual, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_capability_that_is_promised_is_offered_after_login()
    {
        const string promised =
            "IMAP4rev1 IMAP4rev2 SASL-IR LITERAL+ ENABLE ID UTF8=ACCEPT IDLE NAMESPACE CHILDREN UNSELECT UIDPLUS MULTIAPPEND CATENATE BINARY REPLACE MOVE CONDSTORE QRESYNC ESEARCH SEARCHRES WITHIN " +
            "SORT SORT=DISPLAY ESORT CONTEXT=SEARCH CONTEXT=SORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES THREAD=REFS PARTIAL MULTISEARCH SEARCH=FUZZY I18NLEVEL=1 LIST-EXTENDED LIST-STATUS " +
            "LIST-METADATA SPECIAL-USE CREATE-SPECIAL-USE METADATA METADATA-SERVER NOTIFY COMPRESS=DEFLATE STATUS=SIZE SAVEDATE PREVIEW OBJECTID UIDONLY UIDBATCHES LANGUAGE INPROGRESS FILTERS UNAUTHENTICATE";
        await using var host = new Courier.Shared.Imap.ImapHost();
        var client = await host.SelectAsync();
        var offered = Assert.Single((await client.AskAsync("CAPABILITY")).Untagged, line => line.StartsWith("* CAPABILITY ", StringComparison.Ordinal)).Split(' ');
        Assert.Empty(promised.Split(' ').Except(offered, StringComparer.Ordinal));
        Assert.Contains(offered, word => word.StartsWith("APPENDLIMIT=", StringComparison.Ordinal));
        // MESSAGELIMIT and SAVELIMIT say a limit, and there is none by default (RFC 9738): their scripts set one.
    }

    private static IEnumerable<string> Tests()
    {
        foreach (var folder in new[] { Path.Combine(_root, "tests", "Courier.Tests", "Imap"), Path.Combine(_root, "tests", "Courier.Conversations", "imap") }.Where(Directory.Exists))
        {
            foreach (var file in Directory.GetFiles(folder).Where(file => !file.EndsWith("CommandTableTests.cs", StringComparison.Ordinal)))
                yield return File.ReadAllText(file);
        }
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "Courier.slnx")))
            directory = directory.Parent;
        return directory.FullName;
    }

    [GeneratedRegex("RFC [0-9]{4,5} §", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Cited();

    [GeneratedRegex("\"(?<name>[A-Z][A-Za-z0-9+=-]{1,})[\"{]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Quoted();
}
