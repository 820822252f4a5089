using Courier.IO.Files;

namespace Courier.Queue;

/// <summary>One server at a time works on the files of a state directory, whichever driver it uses.</summary>
public static class SpoolOwnership
{
    /// <summary>A program that was just started shares the lock until it has become itself: what looks like another server for a moment need not be one.</summary>
    private const int Tries = 10;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Words in the message of a refusal, for whoever has something else to do then.</summary>
    internal const string InUse = "is in use by another server";

    /// <summary>Whether an open failed because another server works there.</summary>
    public static bool IsInUse(IOException e) => e.Message.Contains(InUse, StringComparison.Ordinal);

    internal static OfdLock Take(string directory, string spool)
    {
        for (var made = 1; ; made++)
        {
            if (OfdLock.TryTake(Path.Combine(directory, "spool.lock")) is { } ownership)
                return ownership;
            if (made == Tries)
                throw new IOException($"the spool {spool} {InUse}");
            using var pause = new ManualResetEventSlim();
            pause.Wait(_pause);
        }
    }
}
