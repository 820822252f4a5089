using System.Net;
using System.Net.Sockets;
using Courier.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Net;

/// <summary>An operator sees the sessions there are and ends one; the others go on.</summary>
public sealed class SessionBoardTests
{
    [Fact]
    public async Task A_session_is_on_the_board_while_it_lasts_and_can_be_ended()
    {
        var board = new SessionBoard(TimeProvider.System);
        var ended = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var listener = Listener.Start(new("imap", new IPEndPoint(IPAddress.Loopback, 0)) { Board = board }, async (connection, stopping) =>
        {
            (connection.Account, connection.Doing) = ("demo@example.test", "INBOX");
            try
            {
                await Task.Delay(Timeout.Infinite, stopping);
            }
            catch (OperationCanceledException)
            {
                ended.SetResult(connection.IsDismissed);
            }
        }, NullLogger.Instance);
        using var first = new TcpClient();
        await first.ConnectAsync(listener.EndPoint);
        SessionView? seen = null;
        for (var i = 0; i < 500 && (seen = board.List().SingleOrDefault(session => session.Account is not null)) is null; i++)
            await Task.Delay(10);
        Assert.Equal(("imap", "demo@example.test", "INBOX"), (seen!.Service, seen.Account, seen.Doing));
        Assert.False(board.Dismiss(seen.Id + 1_000_000));
        Assert.True(board.Dismiss(seen.Id));
        Assert.True(await ended.Task.WaitAsync(TimeSpan.FromSeconds(10)));
        for (var i = 0; i < 500 && board.List().Count > 0; i++)
            await Task.Delay(10);
        Assert.Empty(board.List());
        using var second = new TcpClient();
        await second.ConnectAsync(listener.EndPoint);
        for (var i = 0; i < 500 && board.List().Count == 0; i++)
            await Task.Delay(10);
        Assert.Single(board.List());
    }
}
