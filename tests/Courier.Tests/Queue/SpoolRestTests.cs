using Courier.Queue;
using Courier.Queue.Sqlite;
using Courier.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Queue;

/// <summary>A spool that nobody has used for a while holds no pages of its database.</summary>
public sealed class SpoolRestTests : IDisposable
{
    private const int Messages = 100;
    private const int BodyBytes = 20_000;

    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task Pages_are_kept_under_load_let_go_of_at_rest_and_read_again()
    {
        await using var spool = Open(restsAfter: TimeSpan.FromSeconds(1));
        await FillAsync(spool);
        if (spool.Writer.Rests == 0)
            Assert.True(spool.Writer.CachedBytes > 1_000_000 && spool.Reader.CachedBytes > 1_000_000, $"{spool.Writer.CachedBytes} and {spool.Reader.CachedBytes} octets under load");
        await Eventually.IsAsync("the rest", () => spool.Writer.Rests > 0);
        Assert.InRange(spool.Writer.CachedBytes, 0, 100_000);
        Assert.InRange(spool.Reader.CachedBytes, 0, 100_000);

        await FillAsync(spool);
        Assert.Equal(2 * Messages, (await spool.ListAsync(1000, CancellationToken.None)).Count);
        await Eventually.IsAsync("the next rest", () => spool.Writer.Rests > 1);
    }

    [Fact]
    public async Task It_rests_once_until_there_is_work_again()
    {
        await using var spool = Open(restsAfter: TimeSpan.FromMilliseconds(20));
        await Eventually.IsAsync("the rest", () => spool.Writer.Rests > 0);
        await Task.Delay(200);
        Assert.Equal(1, spool.Writer.Rests);
    }

    public void Dispose() => _directory.Dispose();

    private static async Task FillAsync(SqliteSpool spool)
    {
        var ids = new List<QueueId>();
        for (var i = 0; i < Messages; i++)
            ids.Add(await spool.SubmitAsync(Queue.Messages.Envelope("grace@example.com"), Queue.Messages.Bytes(BodyBytes)));
        foreach (var id in ids)
            Assert.NotNull(await spool.OpenAsync(id, CancellationToken.None));
    }

    private SqliteSpool Open(TimeSpan restsAfter) =>
        SqliteSpool.Open(new SpoolSettings { Directory = _directory.Path, RestsAfter = restsAfter }, TimeProvider.System, NullLogger.Instance);
}
