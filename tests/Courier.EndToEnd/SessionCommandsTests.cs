using System.Text.Json;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>`courier who` shows the sessions, `courier kick` ends them; the log has a line for each as Courier writes it.</summary>
public sealed class SessionCommandsTests
{
    [Fact]
    public async Task Who_is_there_can_be_seen_and_sent_away()
    {
        await using var server = await ServerProcess.StartAsync(new(), "demo", "other");
        await using var demo = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("demo"), "demo");
        await demo.OkAsync("SELECT INBOX");
        await using var other = await ImapProbe.LoginAsync(server.Port("imap"), server.Address("other"), "other");
        var sessions = await WhoAsync(server);
        Assert.Equal(2, sessions.Count);
        var one = sessions.Single(session => session.GetProperty("account").GetString() == server.Address("demo"));
        Assert.Equal(("imap", "INBOX"), (one.GetProperty("service").GetString(), one.GetProperty("at").GetString()));

        var kicked = await RunAsync(server, "kick", server.Address("demo"));
        Assert.Equal((0, "1 ended"), (kicked.ExitCode, kicked.Output.Trim()));
        await Assert.ThrowsAnyAsync<Exception>(() => demo.OkAsync("NOOP"));
        await other.OkAsync("NOOP");
        Assert.Equal(server.Address("other"), Assert.Single(await WhoAsync(server)).GetProperty("account").GetString());
        Assert.Equal(67, (await RunAsync(server, "kick", "nobody@example.test")).ExitCode);
        Assert.Contains(server.Address("other"), (await RunAsync(server, "who")).Output, StringComparison.Ordinal);
        Assert.Equal(0, await server.StopAsync());
        Assert.Equal(69, (await RunAsync(server, "who")).ExitCode);
    }

    private static async Task<List<JsonElement>> WhoAsync(ServerProcess server)
    {
        List<JsonElement> sessions = [];
        // The one that was sent away may still be leaving.
        for (var i = 0; i < 50; i++)
        {
            using var list = JsonDocument.Parse((await RunAsync(server, "who", "--json")).Output);
            sessions = [.. list.RootElement.EnumerateArray().Select(element => element.Clone())];
            if (sessions.TrueForAll(session => session.GetProperty("account").ValueKind == JsonValueKind.String))
                break;
            await Task.Delay(100);
        }

        return sessions;
    }

    private static Task<RunResult> RunAsync(ServerProcess server, params string[] words) =>
        ExternalProgram.RunAsync(RepositoryPaths.Program, ["--config", server.ConfigFile, .. words]);
}
