using System.Globalization;
using Courier.IO.Files;
using Courier.Mailboxes.Maildir;

namespace Courier.Tests.Mailboxes;

public sealed class UidValiditySourceTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TempMaildir _maildir = new();
    private readonly MaildirFolder _main;

    public UidValiditySourceTests()
    {
        _main = new MaildirFolder(_maildir.Path);
        _main.Make(isMain: true);
    }

    private string FilePath => _main.Ours + "/uidvalidity";

    [Fact]
    public void Each_is_higher_than_the_one_before_and_not_before_the_clock()
    {
        var first = UidValiditySource.Next(_main, "monday", Noon);
        Assert.Equal(Noon.ToUnixTimeSeconds(), first);
        Assert.Equal(first + 1, UidValiditySource.Next(_main, "monday", Noon));
        Assert.Equal(first + 2, UidValiditySource.Next(_main, "monday", Noon.AddDays(-1)));
        Assert.Equal(first + 60, UidValiditySource.Next(_main, "monday", Noon.AddSeconds(60)));
        UidValiditySource.Note(_main, "monday", first + 10_000);
        Assert.Equal(first + 10_001, UidValiditySource.Next(_main, "monday", Noon));
        UidValiditySource.Note(_main, "monday", 5);
        Assert.Equal(first + 10_002, UidValiditySource.Next(_main, "monday", Noon));
    }

    [Fact]
    public void None_comes_again_after_a_power_cut_that_took_what_was_not_synced_and_set_the_clock_back()
    {
        var highest = 0u;
        var synced = 0;
        for (var i = 0; i < 50; i++)
        {
            highest = UidValiditySource.Next(_main, "monday", Noon.AddSeconds(i / 10));
            if (i == 0)
                synced = File.ReadAllBytes(FilePath).Length;
        }

        var whole = File.ReadAllBytes(FilePath);
        for (var length = synced; length <= whole.Length; length++)
        {
            RawFile.Write(FilePath, whole.AsSpan(0, length));
            Assert.True(UidValiditySource.Next(_main, "tuesday", Noon.AddYears(-10)) > highest);
        }
    }

    [Fact]
    public void More_than_one_reservation_holds_are_given_below_the_next()
    {
        var highest = UidValiditySource.Next(_main, "monday", Noon);
        for (var i = 0; i < 300; i++)
        {
            var next = UidValiditySource.Next(_main, "monday", Noon.AddSeconds(i * 40));
            Assert.True(next > highest);
            highest = next;
        }

        Assert.True(new FileInfo(FilePath).Length < 8192);
        Assert.True(UidValiditySource.Next(_main, "tuesday", Noon) > highest);
    }

    [Fact]
    public void A_damaged_line_ends_what_may_be_given_without_another_sync()
    {
        var first = UidValiditySource.Next(_main, "monday", Noon);
        UidValiditySource.Next(_main, "monday", Noon);
        var bytes = File.ReadAllBytes(FilePath);
        bytes[^5] ^= 1;
        RawFile.Write(FilePath, bytes);
        Assert.Equal(first + UidValiditySource.Block, UidValiditySource.Next(_main, "monday", Noon));
    }

    [Fact]
    public void A_file_of_one_number_is_the_highest_that_was_given()
    {
        RawFile.Write(FilePath, System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Noon.ToUnixTimeSeconds() + 7}\n")));
        Assert.Equal(Noon.ToUnixTimeSeconds() + 8, UidValiditySource.Next(_main, "monday", Noon));
    }

    public void Dispose() => _maildir.Dispose();
}
