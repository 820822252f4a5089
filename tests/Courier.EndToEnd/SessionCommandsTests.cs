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
        var sessions = await WhoAsync(server, 2);
        var one = sessions.Single(session => session.GetProperty("account").GetString() == server.Address("demo"));
        Assert.Equal(("imap", "INBOX"), (one.GetProperty("service").GetString(), one.GetProperty("at").GetString()));
        var table = (await RunAsync(server, "who", server.Address("other"))).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, table.Length);
        Assert.StartsWith("ID ", table[0], StringComparison.Ordinal);
        Assert.Contains(server.Address("other"), table[1], StringComparison.Ordinal);

        var kicked = await RunAsync(server, "kick", server.Address("demo"));
        Assert.Equal((0, "1 ended"), (kicked.ExitCode, kicked.Output.Trim()));
        await Assert.ThrowsAnyAsync<Exception>(() => demo.OkAsync("NOOP"));
        await other.OkAsync("NOOP");
        var left = Assert.Single(await WhoAsync(server, 1));
        Assert.Equal(server.Address("other"), left.GetProperty("account").GetString());
        Assert.Equal(67, (await RunAsync(server, "kick", "nobody@example.test")).ExitCode);
        Assert.Equal(0, (await RunAsync(server, "kick", left.GetProperty("id").GetRawText())).ExitCode);
        await Assert.ThrowsAnyAsync<Exception>(() => other.OkAsync("NOOP"));
        Assert.Empty(await WhoAsync(server, 0));
        Assert.Equal(0, await server.StopAsync());
        Assert.Equal(69, (await RunAsync(server, "who")).ExitCode);
        Assert.Equal(69, (await RunAsync(server, "kick", "1")).ExitCode);
    }

    /// <summary>The sessions, once there are so many of users: one that was sent away may still be leaving.</summary>
    private static Task<List<JsonElement>> WhoAsync(ServerProcess server, int count) => Eventually.GetAsync($"{count} sessions", async () =>
    {
        using var list = JsonDocument.Parse((await RunAsync(server, "who", "--json")).Output);
        List<JsonElement> sessions = [.. list.RootElement.EnumerateArray().Select(element => element.Clone())];
        return sessions.Count == count && sessions.TrueForAll(session => session.GetProperty("account").ValueKind == JsonValueKind.String) ? sessions : null;
    });

    private static Task<RunResult> RunAsync(ServerProcess server, params string[] words) =>
        ExternalProgram.RunAsync(RepositoryPaths.Program, ["--config", server.ConfigFile, .. words]);
}
