using Courier.Queue;
using Courier.Queue.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Queue;

/// <summary>Commits write where the log's file has blocks already.</summary>
public sealed class LogRoomTests : IDisposable
{
    private const int Messages = 100;
    private const int BodyBytes = 20_000;

    private readonly TemporaryDirectory _directory = new();

    private SpoolSettings Settings => new() { Directory = _directory.Path, LogStepBytes = 1024 * 1024 };

    private string Log => Settings.DatabasePath + "-wal";

    [Fact]
    public async Task The_log_grows_ahead_of_the_commits_in_steps()
    {
        await using var spool = Open();
        var lengths = new HashSet<long>();
        for (var i = 0; i < Messages; i++)
        {
            await SubmitAsync(spool);
            lengths.Add(new FileInfo(Log).Length);
        }

        // Some 3 MB of frames in steps of 1 MiB; without room every commit makes the file longer.
        Assert.InRange(lengths.Count, 2, 6);
        Assert.True(lengths.Max() > Messages * BodyBytes, $"{lengths.Max()} bytes hold {Messages} bodies of {BodyBytes}");
    }

    [Fact]
    public async Task A_command_writes_into_the_room_and_nothing_is_lost()
    {
        await using var owner = Open();
        await SubmitAsync(owner);
        await using (var command = Open(SpoolAccess.Admin))
        {
            for (var i = 0; i < Messages; i++)
            {
                await command.ChangeAsync(QueueSelection.All, i % 2 == 0 ? new QueueChange.Hold() : new QueueChange.Release(), CancellationToken.None);
                await SubmitAsync(owner);
            }
        }

        Assert.Equal(Messages + 1, (await owner.ListAsync(1000, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task The_zeros_behind_the_last_frame_are_no_frames_for_the_next_start()
    {
        using var copy = new TemporaryDirectory();
        await using (var spool = Open())
        {
            for (var i = 0; i < 3; i++)
                await SubmitAsync(spool);
            foreach (var suffix in new[] { "", "-wal" })
                File.Copy(Settings.DatabasePath + suffix, Path.Combine(copy.Path, "spool.db" + suffix));
        }

        await using var next = SqliteSpool.Open(Settings with { Directory = copy.Path }, TimeProvider.System, NullLogger.Instance);
        await SubmitAsync(next);
        Assert.Equal(4, (await next.ListAsync(10, CancellationToken.None)).Count);
    }

    public void Dispose() => _directory.Dispose();

    private SqliteSpool Open(SpoolAccess access = SpoolAccess.Owner) => SqliteSpool.Open(Settings, TimeProvider.System, NullLogger.Instance, access);

    private static async Task SubmitAsync(SqliteSpool spool) =>
        await spool.SubmitAsync(Queue.Messages.Envelope("grace@example.com"), Queue.Messages.Bytes(BodyBytes));
}
