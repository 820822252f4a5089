using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Courier.Hosting;
using Courier.IO.Files;
using Courier.Queue;
using Courier.Queue.Handover;

namespace Courier.Sendmail;

/// <summary>Hands a message to the server: through its socket while it runs, through the drop directory while it does not. Neither needs any
/// right but to be a user of this machine.</summary>
internal sealed class HandIn(string socketPath, string dropDirectory)
{
    private static readonly TimeSpan _timeout = TimeSpan.FromMinutes(5);

    /// <summary>The reply: 250 once it is durable.</summary>
    internal async Task<(int Code, string Text)> SendAsync(Envelope envelope, Func<Stream, Task> writeMessage, CancellationToken ct)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), ct);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // Nobody there: nothing of the message has been used up.
            return await DropAsync(envelope, writeMessage, ct);
        }

        var answer = await AskAsync(socket, async stream =>
        {
            await stream.WriteAsync(SubmissionFile.HeadOf(envelope), ct);
            await writeMessage(stream);
        }, ct);
        return ReplyOf(answer);
    }

    /// <summary>A question about the queue; null when no server answers.</summary>
    internal async Task<string?> AskAsync(string request, CancellationToken ct)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), ct);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return null;
        }

        return await AskAsync(socket, async stream => await stream.WriteAsync(Encoding.UTF8.GetBytes(request), ct), ct);
    }

    private static async Task<string> AskAsync(Socket socket, Func<Stream, Task> write, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_timeout);
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        try
        {
            await write(stream);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // The server has said no before it read all: its answer says why.
        }

        try
        {
            using var reader = new StreamReader(stream, Encoding.UTF8);
            return await reader.ReadToEndAsync(limit.Token);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private async Task<(int Code, string Text)> DropAsync(Envelope envelope, Func<Stream, Task> writeMessage, CancellationToken ct)
    {
        // Nobody can list the directory, and nobody can guess the name.
        const int nameBytes = 16;
        var name = Convert.ToHexString(RandomNumberGenerator.GetBytes(nameBytes));
        var temporary = Path.Combine(dropDirectory, "tmp." + name);
        var ready = Path.Combine(dropDirectory, DropDirectory.ReadyPrefix + name);
        try
        {
            await using var file = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead,
            });
            await file.WriteAsync(SubmissionFile.HeadOf(envelope), ct);
            await writeMessage(file);
            DurableFile.Flush(file);
            File.Move(temporary, ready);
            // The directory is not ours to sync; syncing the file again makes its new name durable with it.
            DurableFile.Flush(file);
            return (250, "2.0.0 left for the server's next start");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
            TryDelete(ready);
            return (451, "4.3.0 no server answers, and the message cannot be left for it: " + e.Message);
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The server sweeps what was begun and left.
        }
    }

    private static (int Code, string Text) ReplyOf(string answer) =>
        answer.Length > 4 && int.TryParse(answer.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? (code, answer[4..].TrimEnd())
            : (451, "4.4.2 the server ended the conversation");
}
