using Courier.IO.Files;

namespace Courier.Mailboxes.Upkeep;

/// <summary>The locks of an mbox that programs take (courier.md Appendix P, Q): a dot-lock beside it where the directory allows one, and a lock of the kernel on the
/// file itself.</summary>
internal sealed class MboxLock : IDisposable
{
    private static readonly ManualResetEvent Never = new(initialState: false);

    private readonly DotLock? _dot;
    private readonly OfdLock? _kernel;
    private readonly FileStream? _flock;

    private MboxLock(DotLock? dot, OfdLock? kernel, FileStream? flock) => (_dot, _kernel, _flock) = (dot, kernel, flock);

    internal static MboxLock Take(string path, TimeSpan limit)
    {
        DotLock? dot = null;
        OfdLock? kernel = null;
        try
        {
            dot = TryDot(path, limit);
            var until = TimeProvider.System.GetUtcNow() + limit;
            while (CanWrite(path) && (kernel = OfdLock.TryTake(path)) is null)
                Wait(path, until);
            while (true)
            {
                if (TryFlock(path) is { } flock)
                    return new MboxLock(dot, kernel, flock);
                Wait(path, until);
            }
        }
        catch
        {
            kernel?.Dispose();
            dot?.Dispose();
            throw;
        }
    }

    internal void Touch() => _dot?.Touch();

    public void Dispose()
    {
        _flock?.Dispose();
        _kernel?.Dispose();
        _dot?.Dispose();
    }

    private static DotLock? TryDot(string path, TimeSpan limit)
    {
        try
        {
            return DotLock.TryTake(path + ".lock", limit) ?? throw new IOException($"{path} is locked by another program ({path}.lock)");
        }
        catch (Exception e) when (e is UnauthorizedAccessException || (e is IOException && !Exists(path + ".lock") && !CanWriteDirectory(path)))
        {
            // A mailbox in a directory that is not ours: programs that cannot make a dot-lock there go without.
            return null;
        }
    }

    /// <summary>.NET's own sharing is flock(2): none but readers.</summary>
    private static FileStream? TryFlock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        }
        catch (IOException e) when (e is not FileNotFoundException and not DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static void Wait(string path, DateTimeOffset until)
    {
        const int pauseMs = 50;
        if (TimeProvider.System.GetUtcNow() > until)
            throw new IOException($"{path} is locked by another program");
        Never.WaitOne(pauseMs);
    }

    private static bool CanWrite(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool CanWriteDirectory(string path)
    {
        try
        {
            var probe = $"{path}.{UniqueName.Next()}";
            RawFile.Write(probe, default);
            File.Delete(probe);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool Exists(string path) => File.Exists(path);
}
