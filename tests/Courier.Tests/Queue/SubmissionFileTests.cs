using System.Text;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Mail.Reports;
using Courier.Queue;
using Courier.Queue.Handover;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.Queue;

/// <summary>What local programs hand over: read as written, in whatever pieces it comes, and refused where it is not of the form.</summary>
public sealed class SubmissionFileTests
{
    private static async Task<(Envelope Envelope, string Message)> ReadAsync(byte[] file, int pieces = int.MaxValue, SubmissionFileLimits? limits = null)
    {
        using var message = new MessageBuffer(Path.GetTempPath(), 1 << 20);
        var envelope = await SubmissionFile.ReadAsync(new PiecesStream(file, pieces), message, limits ?? new SubmissionFileLimits(), CancellationToken.None);
        return (envelope, Encoding.Latin1.GetString(message.Memory.Span));
    }

    private static readonly Envelope _full = Messages.Envelope("grace@example.com", "joan@example.net") with
    {
        EnvelopeId = "QQ314159",
        ReturnFull = true,
        Is8Bit = true,
        IsVerp = true,
        SecureOnly = true,
        Recipients =
        [
            new EnvelopeRecipient(MailAddress.Parse("\"a b\"@example.com"), "rfc822;g@example.com", NotifyOn.Success | NotifyOn.Delay),
            new EnvelopeRecipient(MailAddress.Parse("joan@example.net"), null, NotifyOn.Never),
        ],
    };

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1)]
    [InlineData(7)]
    public async Task Everything_comes_back_as_it_was_written(int pieces)
    {
        byte[] file = [.. SubmissionFile.HeadOf(_full), .. "Subject: x\r\n\r\nbody\r\n"u8];
        var (envelope, message) = await ReadAsync(file, pieces);
        Assert.Equal(_full.Recipients, envelope.Recipients);
        Assert.Equal((_full.Sender, "QQ314159", true, false, true), (envelope.Sender, envelope.EnvelopeId, envelope.ReturnFull, envelope.ReturnHeaders, envelope.Is8Bit));
        Assert.Equal("Subject: x\r\n\r\nbody\r\n", message);
    }

    [Fact]
    public async Task The_null_path_stays_null() =>
        Assert.True((await ReadAsync(SubmissionFile.HeadOf(_full with { Sender = ReversePath.Null }))).Envelope.Sender.IsNull);

    [Theory]
    [InlineData("a\nb\n", "a\r\nb\r\n")]
    [InlineData("a\r\nb\rc", "a\r\nb\r\nc\r\n")]
    [InlineData("\n\n.\n", "\r\n\r\n.\r\n")]
    [InlineData("\r\r\n\n", "\r\n\r\n\r\n")]
    [InlineData("", "")]
    public async Task Line_ends_become_CRLF_in_any_pieces(string text, string expected)
    {
        byte[] file = [.. SubmissionFile.HeadOf(_full), .. Encoding.Latin1.GetBytes(text)];
        for (var pieces = 1; pieces < 5; pieces++)
            Assert.Equal(expected, (await ReadAsync(file, pieces)).Message);
    }

    [Theory]
    [InlineData("hello\nS a@b.test\nR c@d.test\n\n", "does not begin with")]
    [InlineData("courier-message 1\nS a@b.test\n\n", "no recipient")]
    [InlineData("courier-message 1\nR c@d.test\n\n", "no sender")]
    [InlineData("courier-message 1\nS a@b.test\nR not an address\n\n", "not a mail address")]
    [InlineData("courier-message 1\nS a@b.test\nR c@d.test\tX\n\n", "NOTIFY")]
    [InlineData("courier-message 1\nS a@b.test\nR c@d.test\tSN\n\n", "NEVER")]
    [InlineData("courier-message 1\nS a@b.test\nR c@d.test\nE a b\n\n", "not understood")]
    [InlineData("courier-message 1\nS a@b.test\nR c@d.test\nQ\n\n", "not understood")]
    [InlineData("courier-message 1\nS a@b.test\nR c@d.test\n", "no end")]
    [InlineData("", "no end")]
    public async Task What_is_not_of_the_form_is_refused(string file, string reason)
    {
        var e = await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(Encoding.UTF8.GetBytes(file)));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lengths_are_bounded()
    {
        byte[] file = [.. SubmissionFile.HeadOf(_full), .. new byte[2000]];
        Assert.Contains("larger than 1000 bytes", (await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(file, limits: new SubmissionFileLimits { MessageBytes = 1000 }))).Message, StringComparison.Ordinal);
        Assert.Contains("too many recipients", (await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(file, limits: new SubmissionFileLimits { Recipients = 1 }))).Message, StringComparison.Ordinal);
        Assert.Contains("too long", (await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(new byte[200_000], limits: new SubmissionFileLimits { HeadBytes = 1000 }))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_but_a_refusal_comes_of_broken_bytes() => Prop.ForAll<byte[], int>((noise, at) =>
    {
        byte[] file = [.. SubmissionFile.HeadOf(_full), .. "text\n"u8];
        var where = Math.Abs(at % file.Length);
        byte[] broken = [.. file[..where], .. noise, .. file[where..]];
        try
        {
            var whole = ReadAsync(broken).GetAwaiter().GetResult();
            var split = ReadAsync(broken, 3).GetAwaiter().GetResult();
            return whole.Message == split.Message && whole.Envelope.Recipients.SequenceEqual(split.Envelope.Recipients) && !whole.Message.Replace("\r\n", "", StringComparison.Ordinal).AsSpan().ContainsAny('\r', '\n');
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }).QuickCheckThrowOnFailure();

    /// <summary>Gives at most so many bytes for a read.</summary>
    private sealed class PiecesStream(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(buffer.Length, most)], cancellationToken);
    }
}
