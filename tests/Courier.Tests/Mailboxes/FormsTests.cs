using System.Text;
using Courier.Mailboxes;

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
        Assert.True(inbox.FormsAsync(new Uid(1), FormsWanted.OfWhole, default).IsCompletedSuccessfully);
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
        Assert.True(inbox.FormsAsync(new Uid(7), FormsWanted.OfHeader, default).IsCompletedSuccessfully);
        Assert.True((await inbox.FormsAsync(new Uid(7), FormsWanted.OfHeader, default))!.Value.BodyStructure.IsEmpty);
        await inbox.MakeFormsAheadAsync(inbox.Current, 0, 19, FormsWanted.OfWhole, default);
        var made = inbox.FormsAsync(new Uid(7), FormsWanted.OfWhole, default);
        Assert.True(made.IsCompletedSuccessfully);
        Assert.False((await made)!.Value.BodyStructure.IsEmpty);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();
}
