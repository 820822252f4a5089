using System.Text.RegularExpressions;
using Courier.Conversations.Language;

namespace Courier.Conversations;

/// <summary>Every command that the servers know is said in some script, and every script says what it is about.</summary>
public sealed partial class CoverageTests
{
    public static TheoryData<string, string> Commands
    {
        get
        {
            var data = new TheoryData<string, string>();
            Add("imap", "CAPABILITY NOOP LOGOUT STARTTLS LOGIN AUTHENTICATE SELECT EXAMINE CREATE DELETE RENAME SUBSCRIBE UNSUBSCRIBE LIST LSUB STATUS " +
                "APPEND CHECK CLOSE EXPUNGE SEARCH FETCH STORE COPY IDLE UID");
            Add("smtp", "EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT XCLIENT XFORWARD ETRN RSET NOOP QUIT VRFY EXPN");
            Add("lmtp", "LHLO MAIL RCPT DATA RSET NOOP QUIT");
            Add("pop3", "USER PASS STLS CAPA STAT LIST RETR DELE NOOP RSET TOP UIDL QUIT AUTH");
            return data;

            void Add(string protocol, string words)
            {
                foreach (var word in words.Split(' '))
                    data.Add(protocol, word);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_is_said_in_a_script(string protocol, string command) =>
        Assert.Contains(Said(protocol), line => line.Equals(command, StringComparison.OrdinalIgnoreCase));

    [Theory]
    [InlineData("UID FETCH", "UID STORE", "UID SEARCH", "UID COPY")]
    [InlineData("FETCH 1 FAST", "FETCH 1 ALL", "FETCH 1 FULL", "FETCH 1 RFC822", "FETCH 1 RFC822.HEADER", "FETCH 1 RFC822.TEXT", "FETCH 1 ENVELOPE", "FETCH 1 BODYSTRUCTURE", "FETCH 1 BODY")]
    public void Every_form_is_said_in_a_script(params string[] forms)
    {
        ArgumentNullException.ThrowIfNull(forms);
        var sent = Sent("imap").ToList();
        Assert.All(forms, form => Assert.Contains(sent, line => line.Contains(form, StringComparison.OrdinalIgnoreCase)));
    }

    [Theory]
    [InlineData("ALL ANSWERED BCC BEFORE BODY CC DELETED DRAFT FLAGGED FROM HEADER KEYWORD LARGER NEW NOT OLD ON OR RECENT SEEN SENTBEFORE SENTON SENTSINCE " +
        "SINCE SMALLER SUBJECT TEXT TO UID UNANSWERED UNDELETED UNDRAFT UNFLAGGED UNKEYWORD UNSEEN CHARSET")]
    public void Every_search_key_is_said_in_a_script(string keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var words = Sent("imap").Where(line => line.Contains("SEARCH", StringComparison.Ordinal)).SelectMany(line => Words().Split(line)).ToHashSet(StringComparer.Ordinal);
        Assert.All(keys.Split(' '), key => Assert.Contains(key, words));
    }

    [Theory]
    [InlineData("SASL-IR ENABLE ID UTF8=ACCEPT NAMESPACE CHILDREN UNSELECT UIDPLUS MULTIAPPEND CATENATE BINARY REPLACE MOVE CONDSTORE QRESYNC ESEARCH SEARCHRES WITHIN SORT " +
        "SORT=DISPLAY ESORT CONTEXT=SEARCH CONTEXT=SORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES THREAD=REFS PARTIAL MULTISEARCH SEARCH=FUZZY I18NLEVEL=1 LIST-EXTENDED LIST-STATUS " +
        "LIST-METADATA SPECIAL-USE CREATE-SPECIAL-USE METADATA METADATA-SERVER NOTIFY COMPRESS=DEFLATE STATUS=SIZE SAVEDATE PREVIEW OBJECTID UIDONLY UIDBATCHES MESSAGELIMIT SAVELIMIT " +
        "LANGUAGE APPENDLIMIT INPROGRESS FILTERS UNAUTHENTICATE")]
    public void Every_extension_has_a_script_of_its_own(string words)
    {
        ArgumentNullException.ThrowIfNull(words);
        var names = ScriptFiles.All.Where(script => script.Protocol == "imap").Select(script => Path.GetFileNameWithoutExtension(script.Path)).ToHashSet(StringComparer.Ordinal);
        Assert.All(words.Split(' '), word => Assert.Contains("cap-" + word.Replace('=', '-').ToLowerInvariant(), names));
        // Those that are older than the others' names.
        Assert.Contains("append-literal-plus", names);
        Assert.Contains("idle", names);
    }

    [Fact]
    public void Every_script_begins_with_a_comment_that_cites_its_standard() =>
        Assert.Empty(ScriptFiles.All.Where(script => !Beginning().IsMatch(ScriptFiles.Text(script.Path))).Select(script => script.Path));

    private static IEnumerable<string> Sent(string protocol) => ScriptFiles.All.Where(script => script.Protocol == protocol)
        .SelectMany(script => script.Steps.OfType<Send>()).SelectMany(send => send.Text.Split(@"\r\n"));

    /// <summary>The command word of each line: the first, in IMAP the second.</summary>
    private static IEnumerable<string> Said(string protocol) => Sent(protocol).Select(line => line.Split(' ')).Where(words => words.Length > (protocol == "imap" ? 1 : 0))
        .Select(words => words[protocol == "imap" ? 1 : 0]);

    [GeneratedRegex(@"[ ()]")]
    private static partial Regex Words();

    [GeneratedRegex(@"\A# .*[.:] {4}(RFC \d+|Maildir\+\+)")]
    private static partial Regex Beginning();
}
