using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Courier.IO.Platform;

/// <summary>What happened in a watched directory.</summary>
[Flags]
public enum DirectoryEvents
{
    None = 0,
    Created = 0x100,
    Deleted = 0x200,
    MovedFrom = 0x40,
    MovedTo = 0x80,
    DirectoryGone = 0x400,

    /// <summary>The kernel's queue ran over: anything may have changed in any watched directory.</summary>
    Overflow = 0x4000,

    /// <summary>The watch ended.</summary>
    Ignored = 0x8000,

    /// <summary>Names came, went or changed.</summary>
    Names = Created | Deleted | MovedFrom | MovedTo,
}

/// <summary>Watches any number of directories with one descriptor and one thread. .NET's FileSystemWatcher takes an
/// instance of inotify each and fails after 128 of them.</summary>
public sealed class Inotify : IDisposable
{
    private const int CloseOnExec = 0x80000;
    private readonly SafeFileHandle _handle;
    private readonly Lock _gate = new();
    private readonly Dictionary<int, (string Path, List<Action<string, DirectoryEvents>> Listeners)> _watches = [];
    private readonly Dictionary<string, int> _byPath = new(StringComparer.Ordinal);
    private readonly Thread _thread;
    private volatile bool _stopped;


    public Inotify()
    {
        var descriptor = Posix.InotifyInit(CloseOnExec);
        if (descriptor < 0)
            throw Posix.Failure("inotify_init1", "");
        _handle = new SafeFileHandle(descriptor, ownsHandle: true);
        _thread = new Thread(ReadEvents) { IsBackground = true, Name = "inotify" };
        _thread.Start();
    }

    /// <summary>Calls <paramref name="onEvent"/> (on the inotify thread: be quick) with the name of the entry, empty for the directory itself.</summary>
    /// <returns>Dispose it to stop watching.</returns>
    public IDisposable Watch(string directory, Action<string, DirectoryEvents> onEvent)
    {
        const uint onlyDirectories = 0x01000000;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            if (!_byPath.TryGetValue(directory, out var watch))
            {
                watch = Posix.InotifyAddWatch((int)_handle.DangerousGetHandle(), directory, (uint)(DirectoryEvents.Names | DirectoryEvents.DirectoryGone) | onlyDirectories);
                if (watch < 0)
                    throw Posix.Failure("inotify_add_watch", directory);
                _byPath[directory] = watch;
                // Two paths of one directory share a watch descriptor.
                if (!_watches.ContainsKey(watch))
                    _watches[watch] = (directory, []);
            }

            _watches[watch].Listeners.Add(onEvent);
            return new Subscription(this, watch, directory, onEvent);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopped)
                return;
            _stopped = true;
            _watches.Clear();
            _byPath.Clear();
            // close(2) does not wake a thread that reads; the end of a watch does (IN_IGNORED). The reader closes the descriptor:
            // the kernel gives a user 128 instances, and one that is left open is lost until the process ends.
            var descriptor = (int)_handle.DangerousGetHandle();
            _ = Posix.InotifyRemoveWatch(descriptor, Posix.InotifyAddWatch(descriptor, "/", (uint)DirectoryEvents.Deleted));
        }
    }

    private void Unwatch(int watch, string directory, Action<string, DirectoryEvents> onEvent)
    {
        lock (_gate)
        {
            if (!_watches.TryGetValue(watch, out var entry) || !entry.Listeners.Remove(onEvent) || entry.Listeners.Count > 0)
                return;
            _watches.Remove(watch);
            foreach (var path in _byPath.Where(pair => pair.Value == watch).Select(pair => pair.Key).ToList())
                _byPath.Remove(path);
            _ = Posix.InotifyRemoveWatch((int)_handle.DangerousGetHandle(), watch);
        }
    }

    private void ReadEvents()
    {
        using (_handle)
            ReadUntilStopped();
    }

    private unsafe void ReadUntilStopped()
    {
        // struct inotify_event: int wd; uint32 mask, cookie, len; char name[len].
        const int headerBytes = 16;
        var buffer = stackalloc byte[64 * 1024];
        while (!_stopped)
        {
            var count = Posix.Read((int)_handle.DangerousGetHandle(), buffer, 64 * 1024);
            if (count <= 0)
            {
                if (count < 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == Posix.EINTR)
                    continue;
                return;
            }

            var events = new ReadOnlySpan<byte>(buffer, (int)count);
            while (events.Length >= headerBytes)
            {
                var watch = BinaryPrimitives.ReadInt32LittleEndian(events);
                var mask = (DirectoryEvents)BinaryPrimitives.ReadUInt32LittleEndian(events[4..]);
                var nameBytes = BinaryPrimitives.ReadInt32LittleEndian(events[12..]);
                Raise(watch, mask, Encoding.UTF8.GetString(events.Slice(headerBytes, nameBytes).TrimEnd((byte)0)));
                events = events[(headerBytes + nameBytes)..];
            }
        }
    }

    private void Raise(int watch, DirectoryEvents events, string name)
    {
        Action<string, DirectoryEvents>[] listeners;
        lock (_gate)
        {
            listeners = watch == -1
                ? [.. _watches.Values.SelectMany(entry => entry.Listeners)]
                : _watches.TryGetValue(watch, out var entry) ? [.. entry.Listeners] : [];
        }

        foreach (var listener in listeners)
            listener(name, events);
    }

    private sealed class Subscription(Inotify owner, int watch, string directory, Action<string, DirectoryEvents> onEvent) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
                owner.Unwatch(watch, directory, onEvent);
        }
    }
}
