using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Delivery;

namespace Courier.Tests.Mailboxes;

public sealed class StagedMessageTests : IDisposable
{
    private const string Name = "1700000000.M5Q1AR0.host";
    private readonly TempMaildir _maildir = new();

    [Fact]
    public void A_staged_message_is_published_with_LF_and_its_sizes_in_the_name()
    {
        var staged = Stage("Subject: x\r\n\r\nbody\r\n");
        Assert.Equal(_maildir.Path + "/courier/staging/" + Name + ",S=22,W=26", staged.Path);
        StagedMessage.Sync([staged]);
        Assert.True(staged.Publish());
        StagedMessage.SyncPublished([staged]);
        var published = Assert.Single(_maildir.Names("new"));
        Assert.Equal("R: 1\nSubject: x\n\nbody\n", File.ReadAllText($"{_maildir.Path}/new/{published}"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode($"{_maildir.Path}/new/{published}"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode($"{_maildir.Path}/courier/staging"));
    }

    [Fact]
    public void Publishing_again_writes_no_second_copy_even_after_the_user_deleted_the_first()
    {
        var staged = Stage("x");
        Assert.True(staged.Publish());
        Assert.True(staged.Publish());
        Assert.Single(_maildir.Names("new"));
        File.Delete($"{_maildir.Path}/new/{_maildir.Names("new")[0]}");
        Assert.True(new StagedMessage(staged.Path).Publish());
        Assert.Empty(_maildir.Names("new"));
    }

    [Fact]
    public void A_missing_new_directory_is_made_and_the_message_not_lost()
    {
        var staged = Stage("x");
        Directory.Delete($"{_maildir.Path}/new");
        Assert.True(staged.Publish());
        Assert.Single(_maildir.Names("new"));
    }

    [Fact]
    public void Staging_again_after_a_crash_replaces_the_copy_and_discarding_takes_it_back()
    {
        Stage("x");
        var staged = Stage("x");
        Assert.Single(_maildir.Names("courier/staging"));
        staged.Discard();
        Assert.Empty(_maildir.Names("courier/staging"));
    }

    [Fact]
    public void A_message_from_a_file_is_the_same_as_one_from_memory()
    {
        var text = string.Concat(Enumerable.Range(0, 40_000).Select(line => $"line {line} of a message over one megabyte, long enough\r\n"));
        var inline = Stage(text);
        var file = Path.Combine(_maildir.Path, "body");
        File.WriteAllText(file, text);
        var streamed = StagedMessage.Write(_maildir.Path, Name + "2", "R: 1\r\n"u8, MessageBody.OfFile(file, text.Length));
        Assert.Equal(Path.GetFileName(inline.Path).Replace(Name, Name + "2", StringComparison.Ordinal), Path.GetFileName(streamed.Path));
        Assert.Equal(File.ReadAllBytes(inline.Path), File.ReadAllBytes(streamed.Path));
        Assert.Equal(2, _maildir.Names("courier/staging").Length);
    }

    [Fact]
    public void Maildirsize_is_kept_where_it_exists_and_never_made()
    {
        Stage("one").Publish();
        Assert.False(File.Exists(_maildir.Path + "/maildirsize"));
        File.WriteAllText(_maildir.Path + "/maildirsize", "1000S\n");
        Stage("two").Publish();
        Assert.Equal("1000S\n8 1          \n", File.ReadAllText(_maildir.Path + "/maildirsize"));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("a:2,S")]
    [InlineData(".x")]
    public void A_name_that_would_not_stay_one_message_in_new_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => StagedMessage.Write(_maildir.Path, name, default, MessageBody.OfBytes(default)));

    public void Dispose() => _maildir.Dispose();

    private StagedMessage Stage(string body) => StagedMessage.Write(_maildir.Path, Name, "R: 1\r\n"u8, MessageBody.OfBytes(Encoding.ASCII.GetBytes(body)));
}
