using System.Threading.Channels;
using Courier.IO.Files;
using Courier.IO.Platform;
using Courier.Mta.Reception;
using Microsoft.Extensions.Logging;

namespace Courier.Hosting;

/// <summary>Where local programs leave messages while nobody answers at the socket: <c>STATE/drop</c>, in which everybody may put a file and nobody may
/// list or remove those of others (mode 3733). Taken up at start, and by inotify when something appears.</summary>
/// <remarks>A file is complete when it has a name that begins with <c>new.</c>; its owner is who the system says. It is deleted after the
/// message's commit: a crash between the two queues it twice, never not at all. What can never be accepted is kept in <c>STATE/refused</c>.</remarks>
internal sealed class DropDirectory : IAsyncDisposable
{
    internal const string ReadyPrefix = "new.";

    /// <summary>Sticky: files are their owners' to remove. Set-group: files get our group, so that a server without root may read them.</summary>
    private const UnixFileMode Mode = UnixFileMode.StickyBit | UnixFileMode.SetGroup
        | UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>A program that was writing and is no more: nobody writes one message for so long.</summary>
    private static readonly TimeSpan _strayAge = TimeSpan.FromHours(36);

    private static readonly TimeSpan _retry = TimeSpan.FromSeconds(30);

    private readonly string _directory;
    private readonly LocalReception _reception;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Inotify? _inotify;
    private readonly Task _loop;

    private DropDirectory(string directory, LocalReception reception, TimeProvider clock, ILogger logger)
    {
        (_directory, _reception, _clock, _logger) = (directory, reception, clock, logger);
        try
        {
            _inotify = new Inotify();
            _ = _inotify.Watch(directory, (name, events) =>
            {
                if (name.StartsWith(ReadyPrefix, StringComparison.Ordinal) || (events & DirectoryEvents.Overflow) != 0)
                    _signals.Writer.TryWrite(true);
            });
        }
        catch (IOException e)
        {
            Log.NoLocalDoor(logger, directory, e.Message);
        }

        _signals.Writer.TryWrite(true);
        _loop = RunAsync();
    }

    /// <summary>Null, after a line in the log, where the directory cannot be made: the rest of the server goes on.</summary>
    internal static DropDirectory? Start(string directory, LocalReception reception, TimeProvider clock, ILogger logger)
    {
        try
        {
            Directory.CreateDirectory(directory);
            File.SetUnixFileMode(directory, Mode);
            return new DropDirectory(directory, reception, clock, logger);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NoLocalDoor(logger, directory, e.Message);
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _inotify?.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _signals.Reader.WaitToReadAsync(_stop.Token))
            {
                _signals.Reader.TryRead(out _);
                if (await TryTakeAllAsync())
                    continue;
                await Task.Delay(_retry, _clock, _stop.Token);
                _signals.Writer.TryWrite(true);
            }
        }
        catch (OperationCanceledException)
        {
            // What is left is taken up at the next start.
        }
    }

    /// <returns>False when some must be tried again.</returns>
    private async Task<bool> TryTakeAllAsync()
    {
        var all = true;
        try
        {
            // In the order they came, as far as the clock tells.
            foreach (var file in new DirectoryInfo(_directory).EnumerateFiles().OrderBy(file => file.LastWriteTimeUtc).ToList())
            {
                if (file.Name.StartsWith(ReadyPrefix, StringComparison.Ordinal))
                    all &= await TryTakeAsync(file.FullName);
                else if (_clock.GetUtcNow().UtcDateTime - file.LastWriteTimeUtc > _strayAge)
                    file.Delete();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.DropFailed(_logger, _retry, e.Message);
            return false;
        }

        return all;
    }

    private async Task<bool> TryTakeAsync(string path)
    {
        using var file = ForeignFile.TryOpen(path);
        if (file is null)
        {
            // A link, a pipe, or gone already: nothing that a program of ours leaves.
            File.Delete(path);
            return true;
        }

        var reply = await _reception.AcceptAsync(file.Content, file.Owner, _stop.Token);
        if (reply.IsTransient)
        {
            Log.DropFailed(_logger, _retry, reply.Text);
            return false;
        }

        if (reply.Id is { } id)
        {
            File.Delete(path);
            Log.TookDropped(_logger, path, file.Owner, id.ToString());
            return true;
        }

        var refused = Path.Combine(Path.GetDirectoryName(_directory)!, "refused");
        Directory.CreateDirectory(refused, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var kept = Path.Combine(refused, UniqueName.Next());
        File.Move(path, kept);
        Log.RefusedDropped(_logger, path, file.Owner, reply.Text, kept);
        return true;
    }
}
