using Courier.IO.Platform;

namespace Courier.Tests.IO;

[Collection(WeighedAlone.Name)]
public sealed class InotifyTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("courier-inotify").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Names_that_come_are_told_of()
    {
        using var inotify = new Inotify();
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watch = inotify.Watch(_directory, (name, events) =>
        {
            if ((events & DirectoryEvents.Created) != 0)
                told.TrySetResult(name);
        });
        File.WriteAllText(Path.Combine(_directory, "neu"), "");
        Assert.Equal("neu", await told.Task.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Instances_are_given_back()
    {
        // 2026-11: every disposed instance kept its descriptor; after 128 nothing was told of any more.
        var before = OpenInstances();
        for (var i = 0; i < 300; i++)
        {
            using var inotify = new Inotify();
            using var watch = inotify.Watch(_directory, (_, _) => { });
            inotify.Dispose();
            Assert.True(SpinWait.SpinUntil(() => OpenInstances() < before + 16, TimeSpan.FromSeconds(30)), $"{OpenInstances()} open, {before} before");
        }
    }

    private static int OpenInstances() =>
        Directory.EnumerateFiles("/proc/self/fd").Count(file => new FileInfo(file).LinkTarget is "anon_inode:inotify");
}
