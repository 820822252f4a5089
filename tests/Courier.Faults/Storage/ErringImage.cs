using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Courier.Faults.Storage;

/// <summary>A file for the image of a disk whose writes fail with EIO when told to, and work again afterwards: a transient error of the device,
/// seen by the kernel as such. What a failed write held is gone; what was read or written before stays readable.</summary>
/// <remarks>It is a file system of one file, served over /dev/fuse by this process (Linux, include/uapi/linux/fuse.h; the numbers below are its).
/// The loop device on top passes each failure on to ext4, which drops the pages as it does for a real device.</remarks>
internal sealed partial class ErringImage : IDisposable
{
    /// <summary>What it takes, in the words of ToolFact.</summary>
    internal const string Device = "/dev/fuse";

    private const int HeaderIn = 40;
    private const int HeaderOut = 16;
    private const int WriteIn = 40;
    private const int MaxWrite = MaxPages * 4096;
    private const int MaxPages = 256;
    private const int EIO = 5;
    private const int ENODEV = 19;
    private const int EINTR = 4;
    private const int ENOSYS = 38;
    private const int ReadWriteCloseOnExec = 0x2 | 0x80000;

    private readonly string _backing;
    private readonly FileStream _file;
    private readonly int _device;
    private readonly Thread _server;
    private volatile Func<long, int, bool>? _fails;
    private int _failed;

    internal ErringImage(int megabytes)
    {
        _backing = LoopDisk.NewImage(megabytes, LoopDisk.OnDisk);
        _file = new FileStream(_backing, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        ImagePath = Path.ChangeExtension(_backing, null) + ".erring.img";
        File.Create(ImagePath).Dispose();
        _device = Open(Device, ReadWriteCloseOnExec);
        if (_device < 0)
            throw new IOException($"{Device}: {Marshal.GetLastPInvokeErrorMessage()}");
        if (Mount("courier-tests", ImagePath, "fuse", 0, $"fd={_device},rootmode=100600,user_id=0,group_id=0,allow_other") != 0)
            throw new IOException($"mount {ImagePath}: {Marshal.GetLastPInvokeErrorMessage()}");
        _server = new Thread(Serve) { IsBackground = true, Name = "erring image" };
        _server.Start();
    }

    internal string ImagePath { get; }

    /// <summary>Writes that have failed so far.</summary>
    internal int Failed => Volatile.Read(ref _failed);

    /// <summary>Sees every write before it is made: offset and content.</summary>
    internal Action<long, byte[]>? Seen { get; set; }

    /// <summary>From now on those writes fail that <paramref name="which"/> says by offset and length.</summary>
    internal void Fail(Func<long, int, bool> which) => _fails = which;

    internal void Mend() => _fails = null;

    private unsafe void Serve()
    {
        var request = new byte[MaxWrite + 4096];
        var answer = new byte[HeaderOut + MaxWrite];
        while (true)
        {
            nint count;
            fixed (byte* start = request)
                count = Read(_device, start, request.Length);
            if (count < 0 && Marshal.GetLastPInvokeError() is var error and not (EINTR or 2))
            {
                if (error != ENODEV)
                    Console.Error.WriteLine($"{Device}: error {error}");
                return;         // unmounted
            }

            if (count < HeaderIn)
                continue;
            if (Answer(request.AsSpan(0, (int)count), answer.AsSpan(HeaderOut)) is not { } length)
                continue;
            BinaryPrimitives.WriteInt32LittleEndian(answer, HeaderOut + Math.Max(length, 0));
            BinaryPrimitives.WriteInt32LittleEndian(answer.AsSpan(4), Math.Min(length, 0));
            request.AsSpan(8, 8).CopyTo(answer.AsSpan(8));
            fixed (byte* start = answer)
                _ = Write(_device, start, HeaderOut + Math.Max(length, 0));
        }
    }

    /// <summary>Octets of the answer, or an error as a negative number; null where none is expected.</summary>
    private int? Answer(Span<byte> request, Span<byte> answer)
    {
        var body = request[HeaderIn..];
        switch (BinaryPrimitives.ReadInt32LittleEndian(request[4..]))
        {
            case 2 or 36 or 42:                 // FORGET, INTERRUPT, BATCH_FORGET
                return null;
            case 26:                            // INIT
                return Greet(body, answer);
            case 3 or 4:                        // GETATTR, SETATTR
                return Describe(answer);
            case 14:                            // OPEN
                answer[..16].Clear();
                answer[8] = 1;                  // FOPEN_DIRECT_IO: nothing is kept in between
                return 16;
            case 15:                            // READ: handle, offset, size
                var wanted = BinaryPrimitives.ReadInt32LittleEndian(body[16..]);
                return RandomAccess.Read(_file.SafeFileHandle, answer[..wanted], BinaryPrimitives.ReadInt64LittleEndian(body[8..]));
            case 16:
                return Take(body, answer);
            case 17:                            // STATFS
                answer[..80].Clear();
                return 80;
            case 18 or 20 or 25 or 38:          // RELEASE, FSYNC (the file below loses no power), FLUSH, DESTROY
                return 0;
            default:
                return -ENOSYS;
        }
    }

    private int Take(Span<byte> body, Span<byte> answer)
    {
        var offset = BinaryPrimitives.ReadInt64LittleEndian(body[8..]);
        var size = BinaryPrimitives.ReadInt32LittleEndian(body[16..]);
        Seen?.Invoke(offset, body.Slice(WriteIn, size).ToArray());
        if (_fails is { } fails && fails(offset, size))
        {
            Interlocked.Increment(ref _failed);
            return -EIO;
        }

        RandomAccess.Write(_file.SafeFileHandle, body.Slice(WriteIn, size), offset);
        BinaryPrimitives.WriteInt64LittleEndian(answer, size);
        return 8;
    }

    private static int Greet(Span<byte> body, Span<byte> answer)
    {
        const int length = 64;
        const int bigWrites = 1 << 5, maxPages = 1 << 22;
        answer[..length].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(answer, 7);
        BinaryPrimitives.WriteInt32LittleEndian(answer[4..], 31);
        body.Slice(8, 4).CopyTo(answer[8..]);                   // what is read ahead: as it likes
        BinaryPrimitives.WriteInt32LittleEndian(answer[12..], bigWrites | maxPages);
        BinaryPrimitives.WriteInt32LittleEndian(answer[20..], MaxWrite);
        BinaryPrimitives.WriteInt32LittleEndian(answer[24..], 1);
        BinaryPrimitives.WriteInt16LittleEndian(answer[28..], MaxPages);
        return length;
    }

    private int Describe(Span<byte> answer)
    {
        const int length = 104;
        answer[..length].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(answer, 3600);                          // it changes by our hand alone
        BinaryPrimitives.WriteInt64LittleEndian(answer[16..], 1);
        BinaryPrimitives.WriteInt64LittleEndian(answer[24..], _file.Length);
        BinaryPrimitives.WriteInt64LittleEndian(answer[32..], _file.Length / 512);
        BinaryPrimitives.WriteInt32LittleEndian(answer[76..], 0x8180);                  // a file, 0600
        BinaryPrimitives.WriteInt32LittleEndian(answer[80..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(answer[96..], 4096);
        return length;
    }

    public void Dispose()
    {
        SystemCommand.Run("umount", "-l", ImagePath);
        _server.Join(TimeSpan.FromSeconds(10));
        _ = Close(_device);
        _file.Dispose();
        File.Delete(ImagePath);
        File.Delete(_backing);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string type, nuint flags, string data);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static unsafe partial nint Read(int descriptor, byte* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint Write(int descriptor, byte* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
