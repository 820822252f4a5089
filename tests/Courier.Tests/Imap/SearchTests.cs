using Courier.Shared.Imap;

namespace Courier.Tests.Imap;

/// <summary>SEARCH over messages as people send them.</summary>
public sealed class SearchTests : IAsyncLifetime, IAsyncDisposable
{
    private static readonly string[] _messages =
    [
        "From: =?ISO-8859-1?Q?J=F6rg?= <joerg@example.org>\r\nTo: Ann <ann@example.org>\r\nSubject: =?UTF-8?B?R3LDvMOfZQ==?= aus\r\n =?UTF-8?Q?M=C3=BCnchen?=\r\n"
            + "Date: Fri, 3 Jan 2020 23:30:00 -0800\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nDie Stra=DFe ist la=\r\nng.\r\n",
        "From: Bob <bob@example.net>\r\nCc: carol@example.com\r\nBcc: dave@example.com\r\nSubject: plain words\r\nX-Priority: 1 (Highest)\r\n\r\nThe quick brown fox.\r\n",
        "From: Eve <eve@example.net>\r\nSubject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=sep\r\n\r\n--sep\r\nContent-Type: text/html; charset=utf-8\r\n"
            + "Content-Transfer-Encoding: base64\r\n\r\nPGI+aGlkZGVuIHRyZWFzdXJlPC9iPg==\r\n--sep\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nYmluYXJ5IG5lZWRsZQ==\r\n"
            + "--sep\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?UTF-8?Q?inner_subj=C3=A9ct?=\r\n\r\ninner body\r\n--sep--\r\n",
    ];

    private ImapHost _host = null!;
    private ImapClient _client = null!;

    public async Task InitializeAsync()
    {
        _host = new ImapHost();
        _client = await _host.SelectAsync();
        string[] arguments = ["(\\Seen) \"10-Jan-2020 12:00:00 +0000\"", "(\\Flagged Work) \"20-Jan-2020 12:00:00 +0000\"", "(\\Deleted) \"30-Jan-2020 12:00:00 +0000\""];
        for (var i = 0; i < _messages.Length; i++)
            await _client.AppendAsync("INBOX", _messages[i], arguments[i]);
    }

    Task IAsyncLifetime.DisposeAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("ALL", "1 2 3")]
    [InlineData("SEEN", "1")]
    [InlineData("KEYWORD work", "2")]
    [InlineData("UNKEYWORD Work", "1 3")]
    [InlineData("NOT (OR SEEN FLAGGED)", "3")]
    [InlineData("RECENT", "1 2 3")]
    [InlineData("OLD", "")]
    [InlineData("BEFORE 20-Jan-2020", "1")]
    [InlineData("ON 20-Jan-2020", "2")]
    [InlineData("SINCE 20-Jan-2020", "2 3")]
    [InlineData("SENTON 3-Jan-2020", "1")] // as written there, whatever the zone
    [InlineData("SENTBEFORE 1-Jan-2030", "1")] // the others have no date
    [InlineData("NOT SENTSINCE 1-Jan-2000", "2 3")]
    [InlineData("2:*", "2 3")]
    [InlineData("UID 3", "3")]
    [InlineData("LARGER 100000", "")]
    [InlineData("SMALLER 100000", "1 2 3")]
    [InlineData("CHARSET UTF-8 FROM {5+}\r\nJ\u00c3\u00b6rg", "1")]
    [InlineData("CHARSET UTF-8 SUBJECT {6+}\r\ngr\u00c3\u00bc\u00c3\u009f", "1")]
    [InlineData("CHARSET UTF-8 SUBJECT {14+}\r\naus M\u00c3\u00bcnchen", "1", "aus M\u00c3\u00bcnchen")]
    [InlineData("CHARSET UTF-8 BODY {7+}\r\nSTRA\u00c3\u009fe", "1")]
    [InlineData("BODY \"lang.\"", "1")] // across a soft line break
    [InlineData("BODY \"QUICK brown\"", "2")]
    [InlineData("BODY Highest", "")]
    [InlineData("TEXT highest", "2")]
    [InlineData("TEXT \"X-Priority: 1\"", "2")]
    [InlineData("BODY \"hidden treasure\"", "3")]
    [InlineData("BODY needle", "")] // not text
    [InlineData("BODY \"inner body\"", "3")]
    [InlineData("BODY {14+}\r\ninner subj\u00c3\u00a9ct", "3", "inner subj\u00c3\u00a9ct")]
    [InlineData("CC carol BCC dave", "2")]
    [InlineData("TO ann", "1")]
    [InlineData("HEADER X-Priority \"\"", "2")]
    [InlineData("HEADER X-Missing \"\"", "")]
    [InlineData("OR FROM bob FROM eve", "2 3")]
    [InlineData("NOT BODY fox", "1 3")]
    [InlineData("FLAGGED BODY fox", "2")]
    [InlineData("OR FLAGGED BODY nothing-such", "2")]
    public async Task Finds(string keys, string found, string? literal = null)
    {
        // The length of a literal counts octets: here it is worked out from what is sent.
        if (keys.IndexOf('{', StringComparison.Ordinal) is var brace and >= 0)
        {
            literal ??= keys[(keys.IndexOf('\n', StringComparison.Ordinal) + 1)..];
            keys = keys[..brace] + $"{{{literal.Length}+}}\r\n{literal}";
        }

        var reply = await _client.AskAsync("SEARCH " + keys);
        Assert.True(reply.IsOk, reply.ToString());
        Assert.Equal(("* SEARCH " + found).TrimEnd(), Assert.Single(reply.Untagged));
    }
}
