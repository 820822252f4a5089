using System.Globalization;
using Courier.IO.Files;

namespace Courier.Queue.Handover;

/// <summary>Keeps a copy of every message that is taken in, in a directory for each day (Courier's ARCHIVEDIR): files of <see cref="SubmissionFile"/>, named by
/// queue id, which <c>courier queue import</c> reads.</summary>
/// <remarks>The copy is durable before the message is: nothing is acknowledged that is not archived. It gets its name afterwards; one that a crash left as
/// <c>new.…</c> is of a message that may or may not have been acknowledged. A copy that cannot be written refuses the message for now.</remarks>
/// <param name="inner">Who takes the message.</param>
/// <param name="directory">Where the days lie.</param>
/// <param name="clock">Which day it is, in UTC.</param>
public sealed class MessageArchive(ISubmission inner, string directory, TimeProvider clock) : ISubmission
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public async ValueTask<QueueId> SubmitAsync(Submission submission, CancellationToken ct)
    {
        var day = Path.Combine(directory, clock.GetUtcNow().UtcDateTime.ToString("yyyy.MM.dd", CultureInfo.InvariantCulture));
        var copy = Path.Combine(day, "new." + UniqueName.Next());
        try
        {
            Directory.CreateDirectory(day, OwnerOnly);
            await WriteAsync(submission, copy, ct);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            Discard(copy);
            throw new IOException($"the archive cannot be written: {e.Message}", e);
        }

        QueueId id;
        try
        {
            id = await inner.SubmitAsync(submission, ct);
        }
        catch
        {
            Discard(copy);
            throw;
        }

        // The copy is there whatever its name: the message is acknowledged.
        File.Move(copy, Path.Combine(day, id + ".message"), overwrite: true);
        return id;
    }

    private static async Task WriteAsync(Submission submission, string path, CancellationToken ct)
    {
        await using (var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            await file.WriteAsync(SubmissionFile.HeadOf(submission.Envelope), ct);
            await file.WriteAsync(submission.Trace, ct);
            await using (var body = submission.Body.OpenRead())
                await body.CopyToAsync(file, ct);
            DurableFile.Flush(file);
        }

        DurableFile.FlushDirectory(Path.GetDirectoryName(path)!);
    }

    private static void Discard(string copy)
    {
        try
        {
            File.Delete(copy);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            // It is of a message that was not taken: one copy too many.
        }
    }
}
