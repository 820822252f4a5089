using System.CommandLine;
using System.Globalization;
using System.Text;
using Courier.CommandLine;
using Courier.Queue;
using Courier.Queue.Sqlite;
using Courier.Tests.Shared.Smtp;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Queue;

/// <summary>A page in the middle of the spool is not what was written there: what is readable is got out, the rest is named, and nothing else stands still.</summary>
public sealed class DamagedSpoolTests : IDisposable
{
    private const int Count = 60;

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualClock _clock = new();

    private static CancellationToken Ct => CancellationToken.None;

    private SpoolSettings Settings => new() { Directory = _directory.Path };

    public void Dispose() => _directory.Dispose();

    private async Task<List<QueueId>> FillAsync()
    {
        var ids = new List<QueueId>();
        await using var spool = SqliteSpool.Open(Settings, _clock, NullLogger.Instance);
        for (var n = 0; n < Count; n++)
            ids.Add(await spool.SubmitAsync(Messages.Envelope($"u{n}@example.com"), Encoding.ASCII.GetBytes($"Subject: token-{n}.\r\n\r\n{new string('x', 3000)}\r\n")));
        return ids;
    }

    /// <summary>Writes over the page on which this text stands.</summary>
    private void Damage(string text)
    {
        var file = File.ReadAllBytes(Settings.DatabasePath);
        var at = file.AsSpan().IndexOf(Encoding.ASCII.GetBytes(text));
        Assert.True(at > 0);
        var page = at - (at % Settings.PageSizeBytes);
        using var handle = File.OpenHandle(Settings.DatabasePath, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.Write(handle, Enumerable.Repeat((byte)0xa5, Settings.PageSizeBytes).ToArray(), page);
    }

    [Fact]
    public async Task What_can_be_read_is_exported_and_the_rest_is_named()
    {
        var ids = await FillAsync();
        Damage("token-30.");
        Assert.Contains("cannot be used", Assert.Throws<IOException>(() => SqliteSpool.Open(Settings, _clock, NullLogger.Instance)).Message, StringComparison.Ordinal);
        var conf = Path.Combine(_directory.Path, "courier.conf");
        await File.WriteAllTextAsync(conf, $"[server]\nstate = {_directory.Path}\n", Ct);
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        var to = Path.Combine(_directory.Path, "saved");
        var code = await CourierCommand.Create().Parse(["queue", "export", "--all", "--to", to, "--config", conf]).InvokeAsync(new InvocationConfiguration { Output = output, Error = error }, Ct);
        Assert.Equal(ExitCode.IOError, code);
        var saved = Directory.GetFiles(to).Select(file => Path.GetFileNameWithoutExtension(file)).ToHashSet(StringComparer.Ordinal);
        Assert.InRange(saved.Count, Count - 4, Count - 1);
        foreach (var id in ids)
            Assert.Contains($"{id}", saved.Contains(id.ToString()) ? output.ToString() : error.ToString(), StringComparison.Ordinal);
        Assert.Contains($"courier: {ids[30]} ", error.ToString(), StringComparison.Ordinal);
        foreach (var id in ids.Where(id => saved.Contains(id.ToString())))
            Assert.EndsWith(new string('x', 3000) + "\r\n", await File.ReadAllTextAsync(Path.Combine(to, id + ".message"), Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_is_damaged_while_the_server_runs_keeps_no_other_mail()
    {
        var ids = await FillAsync();
        var logger = new RecordingLogger();
        await using var spool = SqliteSpool.Open(Settings, _clock, logger);
        Damage("token-30.");
        var leased = (await spool.LeaseDueAsync(_clock.GetUtcNow(), 1000, Ct)).Select(entry => entry.Id).ToHashSet();
        Assert.InRange(leased.Count, Count - 4, Count - 1);
        Assert.DoesNotContain(ids[30], leased);
        Assert.All(ids.Where(id => !leased.Contains(id)), id => Assert.Contains(logger.Events, line => line.Contains($"Message {id} cannot be read", StringComparison.Ordinal)));
        Assert.Null(await spool.NextDueAsync(Ct));
        Assert.Empty(await spool.LeaseDueAsync(_clock.GetUtcNow(), 1000, Ct));
        var next = await spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.Equal(next, Assert.Single(await spool.LeaseDueAsync(_clock.GetUtcNow(), 1000, Ct)).Id);
    }
}
