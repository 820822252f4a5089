using Courier.Mailboxes.Delivery;
using Courier.Tests.Queue;

namespace Courier.Tests.Mailboxes;

/// <summary>A quota that says no is counted anew where it may be wrong (courier.md §9.3).</summary>
public sealed class MailboxRoomTests : IDisposable
{
    private readonly TemporaryDirectory _maildir = new();
    private readonly ManualClock _clock = new();

    private string Quota
    {
        get => File.ReadAllText(_maildir.Path + "/maildirsize");
        set
        {
            File.WriteAllText(_maildir.Path + "/maildirsize", value);
            File.SetLastWriteTimeUtc(_maildir.Path + "/maildirsize", _clock.GetUtcNow().UtcDateTime);
        }
    }

    public void Dispose() => _maildir.Dispose();

    private void Put(string name, int octets)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_maildir.Path, name))!);
        File.WriteAllText(Path.Combine(_maildir.Path, name), new string('x', octets));
    }

    private bool IsFor(long octets) => MailboxRoom.IsFor(_maildir.Path, octets, _clock);

    [Fact]
    public void Without_a_quota_there_is_room() => Assert.True(IsFor(1L << 40));

    [Fact]
    public void A_fresh_sum_is_believed_and_an_old_one_counted_anew()
    {
        Quota = "1000S\n950 1\n";
        Put("cur/1.a,S=400:2,S", 1);
        Assert.True(IsFor(50));
        Assert.False(IsFor(51));
        _clock.Advance(TimeSpan.FromMinutes(16));
        Assert.True(IsFor(51));
        Assert.Equal("1000S\n400 1        \n", Quota);
    }

    [Fact]
    public void Lines_after_the_sum_are_counted_anew_before_they_refuse_anything()
    {
        Quota = "1000S,5C\n500 3\n500 1\n";
        Put("new/1.a,S=100", 1);
        Put("cur/2.b:2,", 30); // no size in its name
        Put("cur/3.c,S=900:2,ST", 1); // deleted
        Put(".Sent/cur/4.d,S=200:2,", 1);
        Put(".Trash/cur/5.e,S=900:2,", 1);
        Put(".NoFolder/6", 900);
        Put("courier/expunged/7.f,S=900", 1);
        Assert.True(IsFor(670));
        Assert.Equal("1000S,5C\n330 3        \n", Quota);
        Assert.False(IsFor(671));
    }

    [Fact]
    public void A_long_file_becomes_two_lines()
    {
        Quota = "1000000S\n" + string.Concat(Enumerable.Repeat("10 1         \n", 400));
        Put("cur/1.a,S=400:2,S", 1);
        Assert.True(IsFor(1));
        Assert.Equal("1000000S\n400 1        \n", Quota);
    }
}
