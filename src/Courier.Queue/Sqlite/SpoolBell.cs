using Courier.IO.Files;
using Courier.IO.Platform;

namespace Courier.Queue.Sqlite;

/// <summary>How a command tells the running server that it has changed the queue: it makes and deletes a file in
/// <c>spool/bell/</c>, which the owner watches with inotify. No polling, and nothing is lost when nobody listens: the rows
/// have changed already and are found at the next look.</summary>
internal sealed class SpoolBell(string bodyDirectory) : IDisposable
{
    private readonly string _directory = Path.Combine(bodyDirectory, "bell");
    private Inotify? _inotify;
    private IDisposable? _watch;

    /// <returns>Null, or why nobody will hear.</returns>
    internal string? Listen(Action rung)
    {
        try
        {
            Directory.CreateDirectory(_directory);
            foreach (var left in Directory.EnumerateFiles(_directory))
                File.Delete(left);
            _inotify = new Inotify();
            _watch = _inotify.Watch(_directory, (_, events) =>
            {
                if ((events & (DirectoryEvents.Created | DirectoryEvents.Overflow)) != 0)
                    rung();
            });
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    internal void Ring()
    {
        try
        {
            Directory.CreateDirectory(_directory);
            var path = Path.Combine(_directory, UniqueName.Next());
            File.Create(path).Dispose();
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The change itself is committed; the owner finds it at its next look instead of now.
        }
    }

    public void Dispose()
    {
        _watch?.Dispose();
        _inotify?.Dispose();
    }
}
