using System.Net.Sockets;
using System.Text;
using Courier.CommandLine;
using Courier.IO.Platform;
using Courier.Mta.Reception;
using Courier.Net;
using Courier.Queue;
using Courier.Queue.Handover;
using Courier.Queue.Scheduling;
using Microsoft.Extensions.Logging;

namespace Courier.Hosting;

/// <summary>The socket for local programs, <c>STATE/submit.sock</c>: who speaks there is known by the system's word (SO_PEERCRED). A connection carries one
/// request: a message (<see cref="SubmissionFile"/>) and the answer as an SMTP reply, or a question about the queue.</summary>
/// <remarks>Root and the server's own user see all of the queue; anybody else sees and cancels what they handed in.</remarks>
internal sealed class LocalDoor : IAsyncDisposable
{
    internal const string ListRequest = "courier-list 1";
    internal const string CancelRequest = "courier-cancel 1";

    // As long as the question about the queue: how long a request is cannot be known before.
    internal const string SessionsRequest = "courier-sess 1";
    internal const string KickRequest = "courier-kick 1";
    internal const string ShowRequest = "courier-show 1";
    internal const string ClearRequest = "courier-free 1";

    /// <summary>Programs at once; more wait in the kernel's line.</summary>
    private const int SessionsMax = 64;

    private const int Backlog = 256;
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    /// <summary>One request, from the first byte to the last: a local program does not think while it sends.</summary>
    private static readonly TimeSpan _requestTimeout = TimeSpan.FromMinutes(5);

    private readonly string _path;
    private readonly Socket _socket;
    private readonly LocalReception _reception;
    private readonly ISpool _spool;
    private readonly SessionBoard _board;
    private readonly TroubledRecipients _trouble;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _places = new(SessionsMax);
    private readonly Task _accepting;

    private LocalDoor(string path, Socket socket, LocalReception reception, ISpool spool, SessionBoard board, TroubledRecipients trouble, ILogger logger)
    {
        (_path, _socket, _reception, _spool, _board, _trouble, _logger) = (path, socket, reception, spool, board, trouble, logger);
        _accepting = AcceptAsync();
    }

    /// <summary>Null, after a line in the log, where there can be none: programs use the drop directory then.</summary>
    internal static LocalDoor? Start(string path, LocalReception reception, ISpool spool, SessionBoard board, TroubledRecipients trouble, ILogger logger)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // The spool's lock says that no other server lives: what lies there is left over.
            File.Delete(path);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            const UnixFileMode everybody = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
            File.SetUnixFileMode(path, everybody);
            socket.Listen(Backlog);
            return new LocalDoor(path, socket, reception, spool, board, trouble, logger);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            socket.Dispose();
            Log.NoLocalDoor(logger, path, e.Message);
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        await _accepting;
        // Sessions under way end by the token.
        for (var place = 0; place < SessionsMax; place++)
            await _places.WaitAsync();
        File.Delete(_path);
        _places.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                await _places.WaitAsync(_stop.Token);
                try
                {
                    _ = ServeAsync(await _socket.AcceptAsync(_stop.Token));
                }
                catch
                {
                    _places.Release();
                    throw;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        uint user = 0;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            limit.CancelAfter(_requestTimeout);
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            user = UserOf(socket);
            var answer = await AnswerAsync(stream, user, limit.Token);
            await stream.WriteAsync(Encoding.UTF8.GetBytes(answer), limit.Token);
            socket.Shutdown(SocketShutdown.Send);
            await DrainAsync(stream, limit.Token);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Log.LocalSessionFailed(_logger, user, e.Message);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Closing a socket with something left to read takes the answer back that is on its way.</summary>
    private static async Task DrainAsync(NetworkStream stream, CancellationToken ct)
    {
        var rest = new byte[DrainBytes];
        while (await stream.ReadAsync(rest, ct) > 0)
        {
            // What comes after the answer is of no interest.
        }
    }

    private const int DrainBytes = 64 * 1024;

    private async Task<string> AnswerAsync(NetworkStream stream, uint user, CancellationToken ct)
    {
        var start = new byte[SubmissionFile.FirstLine.Length];
        await stream.ReadExactlyAsync(start.AsMemory(0, ListRequest.Length), ct);
        var isQuestion = Encoding.ASCII.GetString(start, 0, ListRequest.Length) == ListRequest;
        if (isQuestion)
            return MailqText.Batch(await MessagesOfAsync(user, ct));
        var first = Encoding.ASCII.GetString(start, 0, ListRequest.Length);
        if (first is SessionsRequest or KickRequest)
            return !SeesAll(user) ? "530 only root and the server's own user may know of sessions\n" : first == KickRequest ? SessionDesk.Kick(_board, await RestAsync(stream, ct)) : SessionDesk.List(_board);
        if (first is ShowRequest or ClearRequest)
            return !SeesAll(user) ? "530 only for root and the server's own user\n" : first == ShowRequest ? TroubleDesk.List(_trouble) : TroubleDesk.Clear(_trouble, (await RestAsync(stream, ct)).Trim());
        await stream.ReadExactlyAsync(start.AsMemory(ListRequest.Length), ct);
        var text = Encoding.ASCII.GetString(start);
        if (text.StartsWith(CancelRequest, StringComparison.Ordinal))
            return await CancelAsync(text[CancelRequest.Length..], stream, user, ct);
        await using var whole = new Continuation(start, stream, () => RequireWaiting(stream.Socket));
        return (await _reception.AcceptAsync(whole, user, ct)).ToString() + "\n";
    }

    /// <summary>Who has sent all waits for the answer. Who was killed in the middle looks the same to a reader; but nothing can be sent to him any more.</summary>
    private static void RequireWaiting(Socket socket)
    {
        try
        {
            _ = socket.Send(ReadOnlySpan<byte>.Empty);
        }
        catch (SocketException e)
        {
            throw new IOException("The program was gone before it had sent all of the message", e);
        }
    }

    private async Task<IReadOnlyList<QueueEntry>> MessagesOfAsync(uint user, CancellationToken ct)
    {
        var all = await _spool.ListAsync(QueueSelection.All, int.MaxValue, ct);
        return SeesAll(user) ? all : [.. all.Where(entry => entry.Origin == LocalReception.OriginOf(user))];
    }

    private async Task<string> CancelAsync(string start, NetworkStream stream, uint user, CancellationToken ct)
    {
        var words = (start + await RestAsync(stream, ct)).Trim().Split(' ', 2);
        if (!QueueId.TryParse(words[0], out var id) || await _spool.FindAsync(id, ct) is not { } entry || (!SeesAll(user) && entry.Origin != LocalReception.OriginOf(user)))
            return "550 there is no such message of yours in the queue\n";
        await _spool.ChangeAsync(QueueSelection.Of(id), new QueueChange.Cancel(words.ElementAtOrDefault(1) ?? "by its sender"), ct);
        return $"250 {id} cancelled\n";
    }

    private static async Task<string> RestAsync(NetworkStream stream, CancellationToken ct)
    {
        using var reader = new StreamReader(stream, leaveOpen: true);
        var rest = new char[MessageWords];
        return new string(rest, 0, await reader.ReadBlockAsync(rest, ct)).Trim();
    }

    /// <summary>Id and reason of a cancellation.</summary>
    private const int MessageWords = 1024;

    private static bool SeesAll(uint user) => user == 0 || user == PeerIdentity.Own;

    private static uint UserOf(Socket socket)
    {
        // struct ucred: pid, uid, gid.
        Span<byte> credentials = stackalloc byte[12];
        if (socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) < credentials.Length)
            throw new IOException("the system does not say who it is");
        return BitConverter.ToUInt32(credentials[4..]);
    }
}
