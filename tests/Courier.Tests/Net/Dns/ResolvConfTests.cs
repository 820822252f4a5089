using Courier.Net.Dns;
using Courier.Tests.Queue;

namespace Courier.Tests.Net.Dns;

public sealed class ResolvConfTests
{
    [Theory]
    [InlineData("nameserver 192.0.2.1\n# nameserver 192.0.2.2\nnameserver\t2001:db8::1", "192.0.2.1:53,[2001:db8::1]:53", 5, 2, false, false, false)]
    [InlineData("nameserver 192.0.2.1\noptions rotate timeout:1 attempts:4\noptions trust-ad use-vc edns0", "192.0.2.1:53", 1, 4, true, true, true)]
    [InlineData("options timeout:900 attempts:99 timeout:x attempts:0\nsearch example.test", "127.0.0.1:53", 30, 5, false, false, false)]
    [InlineData("nameserver nonsense\nnameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4", "192.0.2.1:53,192.0.2.2:53,192.0.2.3:53", 5, 2, false, false, false)]
    public void What_the_system_says_is_read(string text, string servers, int timeout, int attempts, bool rotate, bool tcp, bool trusted)
    {
        var read = ResolvConf.Parse(text.Split('\n'));
        Assert.Equal(servers, string.Join(',', read.Servers));
        Assert.Equal((timeout, attempts, rotate, tcp, trusted), ((int)read.Timeout.TotalSeconds, read.Attempts, read.Rotate, read.UseTcp, read.TrustsAuthentication));
    }

    [Fact]
    public void A_changed_file_is_read_again_and_rotation_begins_elsewhere_each_time()
    {
        var path = Path.Combine(Path.GetTempPath(), $"resolv-{Guid.NewGuid():N}");
        var clock = new ManualClock();
        try
        {
            File.WriteAllText(path, "nameserver 192.0.2.1\nnameserver 192.0.2.2\noptions rotate\n");
            var list = new ServerList(path, TimeSpan.FromSeconds(30), clock);
            Assert.Equal(["192.0.2.1:53", "192.0.2.2:53"], list.Next().Order.Select(server => server.ToString()));
            Assert.Equal(["192.0.2.2:53", "192.0.2.1:53"], list.Next().Order.Select(server => server.ToString()));
            File.WriteAllText(path, "nameserver 192.0.2.9\n");
            File.SetLastWriteTimeUtc(path, new DateTime(2031, 1, 1, 0, 0, 0, DateTimeKind.Utc));
            clock.Advance(TimeSpan.FromSeconds(6));
            Assert.Equal(["192.0.2.9:53"], list.Next().Order.Select(server => server.ToString()));
            File.Delete(path);
            clock.Advance(TimeSpan.FromSeconds(6));
            Assert.Equal(["192.0.2.9:53"], list.Next().Order.Select(server => server.ToString()));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
