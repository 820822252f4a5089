using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Courier.Mail.Mime;

namespace Courier.Fuzz;

/// <summary>What must hold for any input of the mail parsers.</summary>
internal static partial class MailOracles
{
    /// <summary>Parts lie inside their parents, in order, without overlap, and count their lines right.</summary>
    public static void AssertTree(ReadOnlySpan<byte> message, MimePart part, int start, int end)
    {
        Assert.InRange(part.HeaderStart, start, end);
        Assert.Equal(part.HeaderStart + part.HeaderLength, part.BodyStart);
        Assert.InRange(part.HeaderLength, 0, end - part.HeaderStart);
        Assert.InRange(part.BodyLength, 0, end - part.BodyStart);
        Assert.Equal(message.Slice(part.BodyStart, part.BodyLength).Count((byte)'\n'), part.BodyLines);
        Assert.True(part.IsMultipart || part.IsMessage || part.Children.Count == 0);
        if (part.IsMessage)
            Assert.Equal(part.BodyStart, Assert.Single(part.Children).HeaderStart);
        var position = part.BodyStart;
        foreach (var child in part.Children)
        {
            AssertTree(message, child, position, part.BodyStart + part.BodyLength);
            position = child.BodyStart + child.BodyLength;
        }
    }

    /// <summary>Reads body and envelope as RFC 3501 §9 writes them, by a reader of its own; fails on anything else.</summary>
    public static void AssertImap(ReadOnlySpan<byte> text)
    {
        var position = 0;
        List(text, ref position, 0);
        Assert.Equal(text.Length, position);
    }

    /// <summary>"(" value *([SP] value) ")" where lists may touch.</summary>
    private static void List(ReadOnlySpan<byte> text, ref int position, int depth)
    {
        Assert.InRange(depth, 0, 2 * MimeLimits.Default.Depth + 10);
        Assert.Equal((byte)'(', text[position++]);
        Assert.NotEqual((byte)')', text[position]);
        while (text[position] != ')')
        {
            if (text[position] == '(')
                List(text, ref position, depth + 1);
            else
                Value(text, ref position);
            if (text[position] == ' ')
            {
                position++;
                Assert.NotEqual((byte)')', text[position]);
            }
            else
                Assert.True(text[position] is (byte)')' or (byte)'(');
        }
        position++;
    }

    private static void Value(ReadOnlySpan<byte> text, ref int position)
    {
        if (text[position..].StartsWith("NIL"u8))
            position += 3;
        else if (text[position] == '{')
        {
            var end = text[position..].IndexOf("}\r\n"u8);
            var length = int.Parse(text.Slice(position + 1, end - 1), CultureInfo.InvariantCulture);
            position += end + 3;
            Assert.False(text.Slice(position, length).Contains((byte)0));
            position += length;
        }
        else if (text[position] == '"')
        {
            for (position++; text[position] != '"'; position++)
            {
                if (text[position] == '\\')
                    Assert.True(text[++position] is (byte)'"' or (byte)'\\');
                Assert.True(text[position] is > 0 and < 128 and not ((byte)'\r' or (byte)'\n'));
            }
            position++;
        }
        else
        {
            var start = position;
            while (char.IsAsciiDigit((char)text[position]))
                position++;
            Assert.NotEqual(start, position);
        }
    }

    /// <summary>Twice the input costs less than three times the processor time. The best of several runs counts, since caches and
    /// collections come in between; what is too quick to measure is linear enough.</summary>
    public static void AssertLinear(Func<int, byte[]> make, int size, Action<byte[]> run)
    {
        var (small, large) = (make(size), make(2 * size));
        Assert.InRange(large.Length, small.Length * 3 / 2, small.Length * 5 / 2);
        run(small);
        var (best1, best2) = (long.MaxValue, long.MaxValue);
        for (var attempt = 0; attempt < 12; attempt++)
        {
            best1 = Math.Min(best1, Microseconds(run, small));
            best2 = Math.Min(best2, Microseconds(run, large));
            if (best2 < best1 * 3 + 1_000)
                return;
        }
        Assert.Fail($"{small.Length} octets took {best1} µs, {large.Length} took {best2} µs: {Encoding.Latin1.GetString(small[..60])}…");
    }

    /// <summary>Allocation stays within so many octets for each of the input.</summary>
    public static void AssertBounded(byte[] input, int perOctet, Action<byte[]> run)
    {
        run([]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        run(input);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (long)input.Length * perOctet + 1_000_000);
    }

    /// <summary>Of this thread alone: the machine does other things, and so do other tests.</summary>
    private static long Microseconds(Action<byte[]> run, byte[] input)
    {
        var start = ThreadTime();
        run(input);
        return ThreadTime() - start;
    }

    private static long ThreadTime()
    {
        Assert.Equal(0, ClockGetTime(ThreadCpuTime, out var time));
        return time.Seconds * 1_000_000 + time.Nanoseconds / 1_000;
    }

    private const int ThreadCpuTime = 3; // CLOCK_THREAD_CPUTIME_ID

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out Time time);

    private readonly struct Time
    {
        public readonly nint Seconds;
        public readonly nint Nanoseconds;
    }
}
