using Courier.Accounts;
using Courier.IO.Wire;
using Courier.Net;

namespace Courier.Pop3;

/// <summary>One POP3 connection (RFC 1939): read a line, look its command up, see whether it is for now, parse, run, answer. The
/// state is derived from what is there: without a maildrop AUTHORIZATION, with one TRANSACTION; UPDATE is within QUIT.</summary>
internal sealed class Pop3Session : IAsyncDisposable
{
    private readonly CancellationToken _stopping;
    private readonly long _began;
    private int _badCommands;
    private int _loginFailures;
    private bool _isClosing;

    internal Pop3Session(Pop3Server server, Connection connection, CancellationToken stopping)
    {
        (Server, Connection, _stopping) = (server, connection, stopping);
        Wire = new Pop3Wire(connection, server.Settings.Limits, stopping);
        _began = server.Clock.GetTimestamp();
    }

    internal Pop3Server Server { get; }

    internal Connection Connection { get; }

    internal Pop3Wire Wire { get; }

    internal Pop3Limits Limits => Server.Settings.Limits;

    internal string PeerName => Connection.Remote.Address.ToString();

    /// <summary>Of USER; dropped by STLS (RFC 2595 §4).</summary>
    internal string? Name { get; set; }

    internal Account? Account { get; private set; }

    /// <summary>Set by the login, for good.</summary>
    internal Maildrop? Maildrop { get; private set; }

    internal Traffic Traffic { get; } = new();

    /// <summary>What Courier adds to a line of a session under TLS.</summary>
    private string Stls => Connection.IsSecure ? ", stls=1" : "";

    internal async Task RunAsync()
    {
        try
        {
            Wire.Write(Pop3Reply.Ok($"{Server.Settings.HostName} POP3 ready"));
            while (!_isClosing)
            {
                // RFC 2449 §6.6: answers to commands that came together leave together.
                if (!Wire.HasBufferedLine)
                    await Wire.FlushAsync();
                var status = await Wire.ReadLineAsync();
                if (status == LineStatus.End)
                    break;
                if (await AnswerAsync(status) is { } reply)
                    Wire.Write(reply);
            }

            await Wire.FlushAsync();
        }
        catch (SessionEndedException e)
        {
            if (e.Farewell == Pop3Reply.TimedOut)
                Traffic.Event = "TIMEOUT";
            await PartAsync(Connection.IsDismissed ? Pop3Reply.Dismissed : e.Farewell);
        }
    }

    /// <summary>A password may be sent now.</summary>
    internal bool AllowsLogin => Connection.IsSecure || Server.Settings.CleartextLogins.Allows(Connection.Remote.Address);

    /// <summary>Opens the maildrop of somebody whose password was right, or refuses and counts.</summary>
    internal async ValueTask<Pop3Reply> EnterAsync(Account? account, string name, CancellationToken ct)
    {
        if (account is null)
            return await RefuseLoginAsync(name);
        Maildrop = await Maildrop.OpenAsync(Server.Store, account.Maildir, ct);
        Account = account;
        Connection.Account = account.Address.ToString();
        Log.LoggedIn(Server.Logger, Connection.Account, PeerName, Connection.Remote.Port, Stls, Maildrop.Count, Connection.Id);
        return Pop3Reply.LoggedIn;
    }

    /// <summary>The connection ends after the answer.</summary>
    internal Pop3Reply Close(Pop3Reply reply)
    {
        _isClosing = true;
        return reply;
    }

    public async ValueTask DisposeAsync()
    {
        Wire.Dispose();
        if (Maildrop is not { } maildrop)
            return;
        try
        {
            // A connection that broke removes nothing (RFC 1939 §6), but what was read was read.
            await maildrop.MarkSeenAsync(CancellationToken.None);
        }
        catch (IOException e)
        {
            Log.LocalTrouble(Server.Logger, PeerName, e);
        }
        finally
        {
            await maildrop.DisposeAsync();
            Log.LoggedOut(
                Server.Logger, Traffic.Event, Account!.Address.ToString(), PeerName, Connection.Remote.Port, Traffic.TopOctets, Traffic.Octets - Traffic.TopOctets, Wire.BytesIn, Wire.BytesOut,
                (long)Server.Clock.GetElapsedTime(_began).TotalSeconds, Stls, Traffic.Retrieved, Traffic.Previewed, Traffic.Removed, Connection.Id);
        }
    }

    private async ValueTask<Pop3Reply?> AnswerAsync(LineStatus status)
    {
        try
        {
            if (status == LineStatus.TooLong)
                return Bad(Pop3Reply.LineTooLong);
            var (problem, command) = CommandTable.Read(Wire.Line, isLoggedIn: Maildrop is not null);
            return problem is null ? await command!.RunAsync(this, _stopping) : Bad(problem);
        }
        catch (IOException e)
        {
            // Our disk or directory, not their mistake: let them try again.
            Log.LocalTrouble(Server.Logger, PeerName, e);
            return Pop3Reply.Trouble;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return Close(Pop3Reply.ShuttingDown);
        }
        catch (Exception e) when (e is not SessionEndedException)
        {
            Log.SessionFault(Server.Logger, PeerName, e);
            return Close(Pop3Reply.Trouble);
        }
    }

    private Pop3Reply Bad(Pop3Reply reply) => ++_badCommands < Limits.BadCommands ? reply : Close(Pop3Reply.TooManyErrors);

    private async ValueTask<Pop3Reply> RefuseLoginAsync(string name)
    {
        Counters.LoginFailures.Add(1);
        Log.LoginFailed(Server.Logger, string.Concat(name.Select(c => char.IsControl(c) ? '?' : c)), PeerName, Connection.Remote.Port, Connection.Id);
        await Task.Delay(Limits.LoginFailureDelay, Server.Clock, _stopping);
        return ++_loginFailures < Limits.LoginFailures ? Pop3Reply.LoginFailed : Close(Pop3Reply.LoginFailed);
    }

    private async ValueTask PartAsync(Pop3Reply? farewell)
    {
        if (farewell is null)
            return;
        try
        {
            Wire.Write(farewell);
            await Wire.FlushAsync();
        }
        catch (SessionEndedException)
        {
            // Nobody listens any more.
        }
    }
}

/// <summary>What went over one connection, for the log.</summary>
internal sealed class Traffic
{
    /// <summary>How Courier calls the end of the session.</summary>
    internal string Event { get; set; } = "DISCONNECTED";

    internal int Retrieved { get; set; }

    internal int Previewed { get; set; }

    internal int Removed { get; set; }

    internal long Octets { get; set; }

    /// <summary>Those of TOP among them.</summary>
    internal long TopOctets { get; set; }
}
