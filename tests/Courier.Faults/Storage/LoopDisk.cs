using System.Runtime.InteropServices;

namespace Courier.Faults.Storage;

/// <summary>A journalled ext4 of its own, on a loop device, whose power can be cut.</summary>
/// <remarks>
/// FS_IOC_SHUTDOWN with NOLOGFLUSH (include/uapi/linux/fs.h, fs/ext4/ioctl.c) makes the file system forget everything that no fsync
/// has made durable: neither dirty pages nor the journal's running transaction reach the image. <see cref="LoopDiskTests"/> proves it.
/// </remarks>
public sealed partial class LoopDisk : IDisposable
{
    /// <summary>The right to mount, in the words of ToolFact.</summary>
    public const string Root = "root";

    private const uint ShutdownRequest = 0x8004587d;
    private const uint NoLogFlush = 2;

    private readonly string _image;
    private readonly bool _isOurs;
    private bool _isMounted;                        // /proc/mounts leaves lines out while others mount and unmount

    /// <param name="megabytes">Size of the image; it is sparse.</param>
    /// <param name="directory">Where the image lies; null: on the disk.</param>
    public LoopDisk(int megabytes, string? directory = null)
        : this(NewImage(megabytes, directory ?? OnDisk), isOurs: true)
    {
    }

    /// <param name="image">A file of the size that the disk is to have; it stays when the disk goes.</param>
    /// <param name="options">For mkfs.ext4.</param>
    internal LoopDisk(string image, params string[] options)
        : this(image, isOurs: false, options)
    {
    }

    private LoopDisk(string image, bool isOurs, params string[] options)
    {
        (_image, _isOurs) = (image, isOurs);
        MountPoint = Path.ChangeExtension(image, null);
        Directory.CreateDirectory(MountPoint);
        SystemCommand.Run("mkfs.ext4", ["-q", "-F", "-O", "has_journal", "-m", "0", .. options, _image]);
        Mount();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
    }

    /// <summary>Not a tmpfs: an image must be as slow to sync as a disk is.</summary>
    internal static string OnDisk => Environment.GetEnvironmentVariable("TMPDIR") is { Length: > 0 } named ? named : "/var/tmp";

    public string MountPoint { get; }

    internal static string NewImage(int megabytes, string directory)
    {
        var path = Path.Combine(directory, $"courier-disk-{Environment.ProcessId}-{Guid.NewGuid():N}.img");
        using var image = File.Create(path);
        image.SetLength(megabytes * 1024L * 1024);
        return path;
    }

    /// <summary>Cuts the power: from now on every access fails, and what was not synced is lost.</summary>
    /// <remarks>Whoever writes to the disk must be frozen by then: an fdatasync that runs while the ioctl shuts the file system down may
    /// return 0 and yet lose its data (measured on Linux 6.18: 4 times in 25 cuts; never one that returned before the ioctl began).</remarks>
    public void CutPower()
    {
        var directory = Open(MountPoint, 0);
        if (directory < 0)
            throw new IOException($"open {MountPoint}: {Marshal.GetLastPInvokeErrorMessage()}");
        var how = NoLogFlush;
        var failed = Ioctl(directory, ShutdownRequest, ref how) < 0;
        var message = Marshal.GetLastPInvokeErrorMessage();
        _ = Close(directory);
        if (failed)
            throw new IOException($"FS_IOC_SHUTDOWN: {message}");
    }

    /// <summary>What an error of the device ends in on a usual mount: from now on everything can be read and nothing written.</summary>
    public void GoReadOnly() => File.WriteAllText($"/sys/fs/ext4/{Device}/trigger_fs_error", "a test");

    private string Device
    {
        get
        {
            var numbers = SystemCommand.Run("mountpoint", "-d", MountPoint).Trim();
            return Path.GetFileName(File.ResolveLinkTarget($"/sys/dev/block/{numbers}", returnFinalTarget: true)!.FullName);
        }
    }

    /// <summary>After <see cref="CutPower"/> or <see cref="GoReadOnly"/>, when nobody has the disk open: replays the journal as a boot would.</summary>
    public void PowerOn()
    {
        Unmount();
        // 0: clean, 1: corrected. More would be damage that ext4 promises not to have.
        SystemCommand.Run("e2fsck", ["-p", _image], code => code is 0 or 1);
        Mount();
    }

    /// <summary>Everything so far is durable.</summary>
    public void Sync() => SystemCommand.Run("sync", "-f", MountPoint);

    public long FreeBytes => new DriveInfo(MountPoint).AvailableFreeSpace;

    private void Mount()
    {
        SystemCommand.Run("mount", "-o", "loop,data=ordered,errors=remount-ro", _image, MountPoint);
        _isMounted = true;
        // The loop device takes half a write for a whole one: each of its requests has to be one write of the image (ErringImage).
        if (!_isOurs)
            File.WriteAllText($"/sys/block/{Device}/queue/max_sectors_kb", "128");
    }

    private void Unmount()
    {
        // The kernel lets go of a killed process's files a little after it is gone; a busy machine takes its time.
        Retry($"cannot unmount {MountPoint}", () =>
        {
            if (!_isMounted)
                return false;
            using var umount = SystemCommand.Start("umount", MountPoint);
            umount.WaitForExit();
            return _isMounted = umount.ExitCode != 0;
        });
        // A mount namespace that was made meanwhile has a mount of its own of this disk. While it lives, so does the file system as it was: mounted again, it
        // would still be without power.
        Retry($"another mount namespace holds {MountPoint}", () => SystemCommand.Run("losetup", "-j", _image).Length > 0);
    }

    private static void Retry(string failure, Func<bool> isNotYet)
    {
        for (var attempt = 1; isNotYet(); attempt++)
        {
            if (attempt == 1000)
                throw new IOException(failure);
            using var wait = new ManualResetEventSlim();
            wait.Wait(50);
        }
    }

    public void Dispose()
    {
        if (!Directory.Exists(MountPoint))
            return;
        Unmount();
        Directory.Delete(MountPoint);
        if (_isOurs)
            File.Delete(_image);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(int descriptor, nuint request, ref uint argument);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
