using System.Net;
using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.Mta.Delivery.Remote;
using Courier.Tests.Shared;

namespace Courier.Tests.Program;

public sealed class SettingsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("courier-settings").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Every_problem_is_reported_at_once_with_file_and_line()
    {
        var file = Write("courier.conf", """
            hostname = early
            [server]
            state = /tmp/x
            hostname = not_a_host!
            colour = blue
            [smtp]
            listen = 127.0.0.1
            nonsense
            [nowhere]
            key = value
            """);

        var (settings, problems) = Settings.Load(new NativeFile(file));

        Assert.Null(settings);
        Assert.Equal([1, 8, 4, 5, 7, 10], problems.Select(problem => problem.Origin.Line));
        Assert.All(problems, problem => Assert.Equal(file, problem.Origin.Source));
        Assert.Contains("[server] hostname: found “not_a_host!”, expected a host name", problems[2].ToString(), StringComparison.Ordinal);
        Assert.Contains("expected one of hostname, state", problems[3].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_required_value_is_a_problem() =>
        Assert.Contains(Settings.Load().Problems, problem => problem.Key == "[server] state");

    [Theory]
    [InlineData("state = /a # the rest", "/a")]
    [InlineData("state = \"/a # b\"", "/a # b")]
    [InlineData("state=/a#b", "/a#b")]
    [InlineData("  state   =   /a b  ", "/a b")]
    public void Values_are_trimmed_and_comments_dropped(string line, string expected) =>
        Assert.Equal(expected, Load("[server]\n" + line).Defaults.Get(ServerKeys.State));

    [Fact]
    public void Later_sources_win()
    {
        var file = Write("courier.conf", "[server]\nstate = /file\n[queue]\nretry_first = 1s\n");
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["COURIER_SERVER__STATE"] = "/environment", ["COURIER_QUEUE__RETRY_FIRST"] = "2s" };

        var (settings, _) = Settings.Load(new NativeFile(file), new EnvironmentSource(environment), new CommandLineSource(["server.state=/line"]));

        Assert.Equal("/line", settings!.Defaults.Get(ServerKeys.State));
        Assert.Equal(TimeSpan.FromSeconds(2), settings.Defaults.Get(QueueKeys.RetryFirst));
        Assert.Equal("command line", settings.Defaults.Find(ServerKeys.State)!.Origin.ToString());
    }

    [Fact]
    public void Includes_are_read_where_they_stand_and_circles_end()
    {
        Write("more.conf", "[queue]\nexpire = 3d\n");
        Write("circle.conf", "include = circle.conf\n");

        Assert.Equal(TimeSpan.FromDays(3), Load("[server]\nstate = /x\ninclude = more.conf\n").Defaults.Get(QueueKeys.QueueTime));
        Assert.Contains(Settings.Load(new NativeFile(Path.Combine(_directory, "circle.conf"))).Problems, problem => problem.Key == "include");
    }

    [Fact]
    public void Conditional_sections_hold_only_in_their_context()
    {
        var settings = Load("""
            [server]
            state = /x
            hostname = mail.example.test
            [server @ address 192.0.2.1]
            hostname = mail.example.org
            [limits @ listener submission]
            message_size = 1MiB
            """);

        var here = settings.For(new SettingsContext { Listener = "submission", LocalAddress = IPAddress.Parse("192.0.2.1") });

        Assert.Equal("mail.example.org", here.Get(ServerKeys.HostName));
        Assert.Equal(1024 * 1024, here.Get(LimitKeys.MessageSize));
        Assert.Equal("mail.example.test", settings.Defaults.Get(ServerKeys.HostName));
        Assert.Equal(50 * 1024 * 1024, settings.For(new SettingsContext { Listener = "smtp" }).Get(LimitKeys.MessageSize));
        Assert.Same(here, settings.For(new SettingsContext { Listener = "submission", LocalAddress = IPAddress.Parse("192.0.2.1"), Domain = "a.test" }));
    }

    [Fact]
    public void A_key_of_the_whole_server_is_refused_in_a_conditional_section() =>
        Assert.Contains(Settings.Load(new NativeFile(Write("c.conf", "[server]\nstate = /x\n[queue @ listener smtp]\nexpire = 1d\n"))).Problems, problem => problem.Origin.Line == 4);

    [Fact]
    public void Routes_are_a_family_and_the_last_of_a_domain_wins()
    {
        var routes = Load("[server]\nstate = /x\n[relay]\nroute.A.test = 127.0.0.1:1\nroute.a.test = 127.0.0.1:2\nroute.b.test = [::1]:3\n")
            .Defaults.Family(RelayKeys.Route).ToDictionary(StringComparer.Ordinal);

        Assert.Equal(new NextHop("127.0.0.1", 2), routes["a.test"]);
        Assert.Equal(new NextHop("::1", 3), routes["b.test"]);
    }

    [Theory]
    [InlineData("512KiB", true, 512 * 1024)]
    [InlineData("10", true, 10)]
    [InlineData("10 MiB", true, 10 * 1024 * 1024)]
    [InlineData("-1", false, 0)]
    [InlineData("10MB", false, 0)]
    [InlineData("99999999999TiB", false, 0)]
    public void Sizes_have_binary_units(string text, bool valid, long expected)
    {
        Assert.Equal(valid, SettingTypes.Size.TryParse(text, out var value));
        if (valid)
            Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("5min", 300_000)]
    [InlineData("4h", 14_400_000)]
    public void Durations_have_units(string text, int milliseconds)
    {
        Assert.True(SettingTypes.Duration.TryParse(text, out var value));
        Assert.Equal(milliseconds, value.TotalMilliseconds);
        Assert.False(SettingTypes.Duration.TryParse("5", out _));
    }

    [Fact]
    public void Every_default_is_accepted_by_its_own_type() =>
        Assert.All(SettingTable.All.Where(setting => setting.Default is not null), setting => Assert.True(setting.Accepts(setting.Default!), $"[{setting.Section}] {setting.Key}"));

    [Fact]
    public void The_manual_is_fresh()
    {
        var path = RepositoryRoot.Combine("docs", "reference", "courier.conf.5.md");
        if (Environment.GetEnvironmentVariable("COURIER_UPDATE_DOCS") == "1")
            File.WriteAllText(path, SettingsManual.Render());
        Assert.Equal(SettingsManual.Render(), File.ReadAllText(path));
    }

    private Settings Load(string text)
    {
        var (settings, problems) = Settings.Load(new NativeFile(Write("courier.conf", text)));
        Assert.Empty(problems);
        return settings!;
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllText(path, text);
        return path;
    }
}
