using System.Text;
using Courier.Mail.Mime;
using Courier.Mailboxes;
using Courier.Mailboxes.Content;

namespace Courier.Tests.Mailboxes;

/// <summary>What is made of the beginning of a long message is what would be made of all of it.</summary>
public sealed class FormsTests : IAsyncDisposable
{
    private const string Plain = "From: Ann <a@b>\nSubject: Re: x\nDate: Mon, 1 Jan 2024 10:00:00 +0000\nMessage-ID: <1@b>\nReferences: <0@b>\n <00@b>\nX: y\n\n";

    private readonly StoreFixture _fixture = new();

    public static TheoryData<string, bool> Headers() => new()
    {
        { Plain, true },
        { Plain.ReplaceLineEndings("\r\n"), true },
        { "Subject: folded\n over\n\tlines\nTo: a@b,\n c@d\nTo: e@f\nX-Long: " + new string('x', 3000) + "\n\n", true },
        { "\n", true },
        { "Subject: one line end\r\nFrom: a@b\n\r\n", true },
        { "Subject: stray\r\r\nFrom: a@b\n\n", true },
        { "Subject: no end of a header within the beginning\nX-Long: " + new string('x', 9000) + "\n\n", false },
        { "Subject: no end of a header at all\n", false },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task The_header_of_a_long_message_gives_the_same_envelope_and_keys_as_all_of_it(string header, bool isEnough)
    {
        var line = header.EndsWith("\n\n", StringComparison.Ordinal) || header.EndsWith("\r\n", StringComparison.Ordinal) || header == "\n" ? "content\n" : "X: content\n";
        var text = header + string.Concat(Enumerable.Repeat(line, 40_000 / line.Length));
        _fixture.Maildir.Drop(text, name: $"1700000000.M1P1.test,S={text.Length}", flags: "S", inCur: true);
        await using var inbox = await _fixture.InboxAsync();
        var some = (await inbox.FormsAsync(new Uid(1), FormsWanted.OfHeader, default))!.Value;
        Assert.Equal(isEnough, some.BodyStructure.IsEmpty);
        var all = (await inbox.FormsAsync(new Uid(1), FormsWanted.OfWhole, default))!.Value;
        Assert.Equal(Encoding.Latin1.GetString(all.Envelope.Span), Encoding.Latin1.GetString(some.Envelope.Span));
        Assert.Equal(Convert.ToHexString(all.Keys.Span), Convert.ToHexString(some.Keys.Span));
        Assert.StartsWith("(\"TEXT\" \"PLAIN\"", Encoding.ASCII.GetString(all.BodyStructure.Span), StringComparison.OrdinalIgnoreCase);
        // Both are kept, the later one counts.
        var kept = inbox.FormsAsync(new Uid(1), FormsWanted.OfWhole, default);
        Assert.True(kept.IsCompletedSuccessfully);
        Assert.False((await kept)!.Value.Body.IsEmpty);
    }

    [Fact]
    public async Task A_short_message_is_read_as_a_whole_at_once()
    {
        _fixture.Maildir.Drop(Plain, name: $"1700000000.M1P1.test,S={Plain.Length}", flags: "S", inCur: true);
        await using var inbox = await _fixture.InboxAsync();
        Assert.False((await inbox.FormsAsync(new Uid(1), FormsWanted.OfHeader, default))!.Value.BodyStructure.IsEmpty);
        Assert.True(inbox.FormsAsync(new Uid(1), FormsWanted.OfWhole, default).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Where_the_size_is_asked_for_too_a_long_message_is_read_once()
    {
        var text = Plain + string.Concat(Enumerable.Repeat("content\n", 5000));
        _fixture.Maildir.Drop(text, name: $"1700000000.M1P1.test,S={text.Length}", flags: "S", inCur: true);
        _fixture.Maildir.Drop(text, name: $"1700000001.M1P1.test,S={text.Length},W={text.Length + 5008}", flags: "S", inCur: true);
        await using var inbox = await _fixture.InboxAsync();
        Assert.False((await inbox.FormsAsync(new Uid(1), FormsWanted.OfHeaderWithSize, default))!.Value.BodyStructure.IsEmpty);
        Assert.True((await inbox.FormsAsync(new Uid(2), FormsWanted.OfHeaderWithSize, default))!.Value.BodyStructure.IsEmpty);
    }

    [Fact]
    public async Task What_is_made_ahead_is_what_was_asked_for()
    {
        var text = Plain + string.Concat(Enumerable.Repeat("content\n", 5000));
        for (var i = 0; i < 20; i++)
            _fixture.Maildir.Drop(text, name: $"17000000{i:00}.M1P1.test,S={text.Length}", flags: "S", inCur: true);
        await using var inbox = await _fixture.InboxAsync();
        await inbox.MakeFormsAheadAsync(inbox.Current, 0, 19, FormsWanted.OfHeader, default);
        Assert.True(inbox.FormsAsync(new Uid(7), FormsWanted.OfHeader, default).AsTask().IsCompletedSuccessfully);
        Assert.True((await inbox.FormsAsync(new Uid(7), FormsWanted.OfHeader, default))!.Value.BodyStructure.IsEmpty);
        await inbox.MakeFormsAheadAsync(inbox.Current, 0, 19, FormsWanted.OfWhole, default);
        var made = inbox.FormsAsync(new Uid(7), FormsWanted.OfWhole, default);
        Assert.True(made.IsCompletedSuccessfully);
        Assert.False((await made)!.Value.BodyStructure.IsEmpty);
    }

    public static TheoryData<string> Shapes() => new()
    {
        "",
        "\n",
        "Subject: x\n\n",
        "Subject: x\n\none\n\ntwo",
        "Subject: x\nContent-Type: text/plain;\n\tcharset=utf-8;\n name*0=a;\n name*1=b\nContent-Description: folded\n over\n\n1\n2\n3\n",
        "Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\none\n--b\nContent-Type: message/rfc822\n\nSubject: in\nFrom: a@b,\n c@d\n\ninner\n\n--b--\nepilogue\n",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\n--b\n\n\n--b\nX: y\n--b--",
        "Content-Type: multipart/digest; boundary=\"b b\"\n\n--b b\n\nSubject: one\n\n1\n--b b\n\n\n--b b--\n",
        "Content-Type: message/rfc822\n\nContent-Type: multipart/alternative; boundary=z\n\n--z\n\na\n\n--z\nContent-Type: text/html\nContent-Disposition: inline;\n filename=f\n\nb",
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void What_lies_on_the_disk_with_LF_has_the_forms_of_what_goes_over_the_wire(string text) => AssertSame(text);

    [Fact]
    public void So_has_anything_that_looks_like_a_message()
    {
        string[] lines =
        [
            "Content-Type: multipart/mixed; boundary=b", "Content-Type: multipart/mixed; boundary=bb", "Content-Type: message/rfc822", "Content-Type: text/html", "Subject: x",
            "\tfolded", "", "", "", "--b", "--bb", "--b--", "--bb--", "text", "Content-Transfer-Encoding: base64", "From: a@b", "Content-Disposition: attachment;", " filename=x",
        ];
        var random = new Random(4711);
        for (var i = 0; i < 5000; i++)
            AssertSame(string.Join('\n', Enumerable.Range(0, random.Next(1, 40)).Select(_ => lines[random.Next(lines.Length)])));
    }

    private static void AssertSame(string text)
    {
        var disk = FormsMaker.OfWhole(Encoding.Latin1.GetBytes(text), MimeLimits.Default, default);
        var wire = FormsMaker.OfWhole(Encoding.Latin1.GetBytes(text.ReplaceLineEndings("\r\n")), MimeLimits.Default, default);
        Assert.Equal(Text(wire), Text(disk));
    }

    private static string Text(in MessageForms forms) =>
        string.Join('\n', new[] { forms.Envelope, forms.BodyStructure, forms.Body }.Select(form => Encoding.Latin1.GetString(form.Span))) + Convert.ToHexString(forms.Keys.Span);

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();
}
