using System.Net;
using Courier.Mail.Addresses;
using Courier.Mta.Reception;
using Courier.Mta.Reception.Access;
using Courier.Mta.Reception.Greylisting;
using Microsoft.Extensions.Logging.Abstractions;
using static Courier.Tests.Mta.Reception.ReceptionBench;

namespace Courier.Tests.Mta.Reception.Greylisting;

public sealed class GreylistTests : IDisposable
{
    private readonly ReceptionBench _bench = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("courier-greylist-").FullName;
    private readonly GreylistSettings _settings;

    public GreylistTests() => _settings = new GreylistSettings(Path.Combine(_directory, "greylist"));

    public void Dispose()
    {
        _bench.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void Who_comes_back_after_the_delay_passes_and_goes_on_passing()
    {
        using var greylist = Open();
        Assert.False(Admits(greylist));
        After(TimeSpan.FromMinutes(4));
        Assert.False(Admits(greylist));
        After(TimeSpan.FromMinutes(1));
        Assert.True(Admits(greylist));
        After(TimeSpan.FromDays(35));
        Assert.True(Admits(greylist));
        After(TimeSpan.FromDays(35));
        Assert.True(Admits(greylist));
        After(TimeSpan.FromDays(37));
        Assert.False(Admits(greylist));
    }

    [Fact]
    public void Who_comes_back_too_late_waits_anew()
    {
        using var greylist = Open();
        Assert.False(Admits(greylist));
        After(TimeSpan.FromDays(3));
        Assert.False(Admits(greylist));
        After(TimeSpan.FromMinutes(5));
        Assert.True(Admits(greylist));
    }

    [Theory]
    [InlineData("192.0.2.200", "eve@example.net", "ada@example.test", true)]
    [InlineData("192.0.3.1", "eve@example.net", "ada@example.test", false)]
    [InlineData("192.0.2.1", "eva@example.net", "ada@example.test", false)]
    [InlineData("192.0.2.1", "EVE@example.net", "ADA@example.test", true)]
    [InlineData("192.0.2.1", "eve@example.net", "bob@example.test", false)]
    [InlineData("192.0.2.1", null, "ada@example.test", false)]
    public void The_network_the_sender_and_the_recipient_are_known_together(string peer, string? sender, string recipient, bool passes)
    {
        using var greylist = Open();
        Admits(greylist);
        After(TimeSpan.FromMinutes(5));
        Assert.Equal(passes, Admits(greylist, peer, sender, recipient));
    }

    [Fact]
    public void Numbers_in_a_sender_are_one_sender()
    {
        using var greylist = Open();
        Assert.False(Admits(greylist, sender: "list-bounces-1234-5@example.net"));
        After(TimeSpan.FromMinutes(5));
        Assert.True(Admits(greylist, sender: "list-bounces-99-677@example.net"));
    }

    [Fact]
    public void A_network_that_came_back_often_enough_is_not_put_off_any_more()
    {
        using var greylist = Open();
        for (var i = 0; i < 5; i++)
        {
            // One message to three recipients is one success.
            foreach (var recipient in new[] { "ada", "bob", "eve" })
                Assert.False(Admits(greylist, sender: $"{(char)('a' + i)}@example.net", recipient: $"{recipient}@example.test"));
            After(TimeSpan.FromMinutes(6));
            foreach (var recipient in new[] { "ada", "bob", "eve" })
                Assert.True(Admits(greylist, sender: $"{(char)('a' + i)}@example.net", recipient: $"{recipient}@example.test"));
        }

        Assert.True(Admits(greylist, "192.0.2.77", "new@example.net"));
        Assert.False(Admits(greylist, "192.0.3.77", "new@example.net"));
        After(TimeSpan.FromDays(37));
        Assert.False(Admits(greylist, "192.0.2.77", "newer@example.net"));
    }

    [Fact]
    public void A_restart_forgets_nothing_and_a_torn_file_little()
    {
        using (var greylist = Open())
        {
            Admits(greylist, sender: "one@example.net");
            Admits(greylist, sender: "two@example.net");
        }

        var bytes = File.ReadAllBytes(_settings.File);
        Assert.Equal(2 * GreylistFile.RecordBytes, bytes.Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_settings.File));
        bytes[3] ^= 1;
        File.WriteAllBytes(_settings.File, [.. bytes, 1, 2, 3]);
        After(TimeSpan.FromMinutes(5));
        using (var greylist = Open())
            Assert.Single(new[] { "one", "two" }, name => Admits(greylist, sender: name + "@example.net"));
        using (var greylist = Open())
            Assert.Equal(3, greylist.Entries);
    }

    [Fact]
    public void It_is_saved_by_itself_and_the_file_does_not_grow_without_end()
    {
        var clock = new Queue.ManualClock();
        using var greylist = new Greylist(_settings with { EntriesMax = 1000 }, clock, NullLogger.Instance);
        for (var round = 0; round < 40; round++)
        {
            for (var i = 0; i < 500; i++)
                Admits(greylist, $"10.{round}.{i % 250}.1", $"{(char)('a' + (i / 250))}@example.net");
            clock.Advance(_settings.SaveInterval);
            Assert.InRange(new FileInfo(_settings.File).Length, 1, 3 * 1000 * GreylistFile.RecordBytes);
        }
    }

    [Fact]
    public void What_is_remembered_has_a_bound_and_who_passed_stays()
    {
        using var greylist = Open(_settings with { EntriesMax = 1000 });
        Admits(greylist);
        After(TimeSpan.FromMinutes(5));
        Assert.True(Admits(greylist));
        for (var i = 0; i < 20_000; i++)
        {
            Assert.False(Admits(greylist, $"10.{i / 250}.{i % 250}.1"));
            Assert.InRange(greylist.Entries, 1, 1000);
        }

        Assert.True(Admits(greylist));
    }

    [Fact]
    public void A_directory_that_cannot_be_written_is_no_reason_to_stop()
    {
        using var greylist = Open(_settings with { File = "/proc/nowhere/greylist" });
        Assert.False(Admits(greylist));
        greylist.Save();
        After(TimeSpan.FromMinutes(5));
        Assert.True(Admits(greylist));
    }

    [Theory]
    [InlineData("192.0.2.1", null, "ada@example.test", "451 4.7.1")]
    [InlineData("192.0.2.1", null, "nobody@example.test", "550 5.1.1")]
    [InlineData("192.0.2.1", "ada@example.test", "ada@example.test", "250 2.1.5")]
    [InlineData("10.1.1.1", null, "ada@example.test", "250 2.1.5")]
    [InlineData("10.2.1.1", null, "ada@example.test", "250 2.1.5")]
    [InlineData("10.3.1.1", null, "ada@example.test", "250 2.1.5")]
    [InlineData("127.0.0.1", null, "ada@example.test", "250 2.1.5")]
    public async Task Users_and_peers_that_are_known_are_never_put_off(string peer, string? user, string recipient, string reply)
    {
        using var greylist = Open();
        AccessRule Rule(string network, string entry) => new(AccessScope.Parse(network)!, AccessEntry.Parse(entry, out _)!);
        var access = new AccessPolicy(
            new AccessSettings("mx.example.test") { Rules = [Rule("10.2", "relay"), Rule("10.3", "allow"), Rule("*", "allow")] }, _bench.Clock, NullLogger.Instance);
        var relay = new RelayReception(
            _bench.Settings with { Greylist = greylist, Access = access, Networks = [IPNetwork.Parse("10.1.0.0/16")] },
            _bench.Accounts, _bench.Queue, _bench.Clock, NullLogger<RelayReception>.Instance);
        var (answer, _) = await relay.AddRecipientAsync(Begin(PeerAt(peer, user)), MailAddress.Parse(recipient), CancellationToken.None);
        Assert.Equal(reply, $"{answer.Code} {answer.Status}");
    }

    private Greylist Open(GreylistSettings? settings = null) => new(settings ?? _settings, _bench.Clock, NullLogger.Instance);

    private void After(TimeSpan time) => _bench.Clock.Advance(time);

    private static bool Admits(Greylist greylist, string peer = "192.0.2.1", string? sender = "eve@example.net", string recipient = "ada@example.test") =>
        greylist.Admits(IPAddress.Parse(peer), sender is null ? ReversePath.Null : new ReversePath(MailAddress.Parse(sender)), MailAddress.Parse(recipient));
}
