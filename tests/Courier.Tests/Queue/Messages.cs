using System.Text;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Queue;

namespace Courier.Tests.Queue;

/// <summary>A directory of its own that is gone after the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("courier-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Small messages to queue.</summary>
internal static class Messages
{
    internal static readonly byte[] Trace = "Received: from test\r\n"u8.ToArray();

    internal static Envelope Envelope(params string[] recipients) =>
        new(new ReversePath(MailAddress.Parse("ada@example.org")), [.. recipients.Select(address => new EnvelopeRecipient(MailAddress.Parse(address)))]);

    internal static Submission Submission(string spillDirectory, Envelope envelope, byte[]? body = null, int memoryLimit = 64 * 1024)
    {
        var buffer = new MessageBuffer(spillDirectory, memoryLimit);
        buffer.Write(body ?? "Subject: hello\r\n\r\nHello\r\n"u8);
        return new Submission(envelope, Trace, buffer, "192.0.2.1");
    }

    internal static async Task<QueueId> SubmitAsync(this ISubmission spool, Envelope envelope, byte[]? body = null, int memoryLimit = 64 * 1024)
    {
        var submission = Submission(System.IO.Path.GetTempPath(), envelope, body, memoryLimit);
        using (submission.Body)
            return await spool.SubmitAsync(submission, CancellationToken.None);
    }

    internal static byte[] ReadAll(this MessageBody body)
    {
        using var stream = body.OpenRead();
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    internal static byte[] Bytes(int length)
    {
        var bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("0123456789abcdef0123456789abcdef0123456789abcdef0123456789\r\n", (length / 60) + 1)));
        return bytes[..length];
    }
}
