using Courier.Accounts;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;
using Courier.Net;

namespace Courier.Imap;

/// <summary>One connection: read a command, look it up, see whether it is allowed here, parse it, run it, say what changed meanwhile,
/// reply. What a command may cause stands in <see cref="CommandTable"/>; only this loop acts on it.</summary>
internal sealed class ImapSession : IAsyncDisposable
{
    private int _mistakes;
    private SessionTranscript? _transcript;

    public ImapSession(ImapServer server, Connection connection, CancellationToken stopping)
    {
        (Server, Connection) = (server, connection);
        Transport = new(connection, Limits, server.Clock, stopping);
        Writer = new(Transport, Limits);
        Reader = new(Transport, Writer, Limits);
        Record = new(this);
        Naming = MailboxNaming.Of(server.Settings.HasFolderPrefix, isUtf8: false);
    }

    public ImapServer Server { get; }

    public Connection Connection { get; }

    public ImapTransport Transport { get; }

    public ImapWriter Writer { get; }

    public CommandReader Reader { get; }

    public SessionRecord Record { get; }

    public ImapLimits Limits => Server.Settings.Limits;

    public Account? Account { get; private set; }

    public MailAccount Mailboxes { get; private set; } = null!; // set with Account: no command that needs it runs before

    public SelectedMailbox? Selected { get; private set; }

    public bool IsLoggedIn => Account is not null;

    /// <summary>What the client has enabled; only LOGOUT and UNAUTHENTICATE take it back.</summary>
    public Extensions Enabled { get; private set; }

    /// <summary>How names of mailboxes are written, as things stand.</summary>
    public MailboxNaming Naming { get; private set; }

    /// <summary>The tag of the command at hand, for responses that name it (RFC 4466 §2.6.2).</summary>
    public byte[] Tag { get; private set; } = [];

    /// <summary>What the client is told of by NOTIFY; null for a client that has never said it.</summary>
    public Notifications? Notifications { get; private set; }

    /// <summary>Messages that one command may put into a mailbox; 0 for any number.</summary>
    public int SavesMax => Limits.MessagesPerCommand > 0 ? Limits.MessagesPerCommand : Limits.SavesPerCommand;

    /// <summary>Set by LOGOUT and by whatever else ends the session.</summary>
    public bool IsEnding { get; set; }

    public ImapStates State => Selected is not null ? ImapStates.Selected : IsLoggedIn ? ImapStates.LoggedIn : ImapStates.NotLoggedIn;

    public void LogIn(Account account)
    {
        Mailboxes = Server.Store.Open(account.Maildir);
        Account = account;
        Transport.IsLoggedIn = true;
        _mistakes = 0;
        _transcript = SessionTranscript.Of(this, account.Maildir);
        Connection.Account = account.Address.ToString();
    }

    /// <summary>Forgets who it was (RFC 8437 §2): all is as it was before the login, but for TLS and compression.</summary>
    public async ValueTask LogOutAsync()
    {
        await SelectAsync(null);
        await NotifyAsync(null);
        Account = null;
        Mailboxes = null!;
        _transcript = null;
        Connection.Account = null;
        Enabled = Extensions.None;
        Naming = MailboxNaming.Of(Naming.HasPrefix, isUtf8: false);
        Transport.Forget();
    }

    /// <summary>Turns extensions on, and those that they bring with them.</summary>
    public void Enable(Extensions extensions)
    {
        if ((extensions & Extensions.Qresync) != 0)
            extensions |= Extensions.Condstore; // RFC 7162 §3.2.3
        Enabled |= extensions;
        if (Selected is { } selected)
            selected.HidesRecent = Has(Extensions.Rev2);
        Naming = MailboxNaming.Of(Naming.HasPrefix, (Enabled & (Extensions.Utf8 | Extensions.Rev2)) != 0);
    }

    public bool Has(Extensions extension) => (Enabled & extension) != 0;

    /// <summary>Leaves the mailbox and, unless null, enters another.</summary>
    public async ValueTask SelectAsync(SelectedMailbox? next)
    {
        var left = Selected;
        Selected = next;
        if (next is not null)
            next.HidesRecent = Has(Extensions.Rev2);
        Notifications?.Follow(left, next);
        Connection.Doing = next?.Name.Value;
        if (left is not null)
            await left.DisposeAsync();
    }

    /// <summary>Tells other things than before.</summary>
    public async ValueTask NotifyAsync(Notifications? next)
    {
        var before = Notifications;
        Notifications = next;
        next?.Follow(null, Selected);
        if (before is not null)
            await before.DisposeAsync();
    }

    /// <summary>OK for a command that has removed messages, with the mod-sequence that the client may go on from (RFC 7162 §3.2.7).</summary>
    public Completion Completed(string text, SelectedMailbox selected, MessageLimit limit = default)
    {
        if (!Has(Extensions.Qresync))
            return limit.Completed(text);
        limit.Tell(Writer);
        return Completion.Ok($"HIGHESTMODSEQ {selected.Mailbox.Current.HighestModSeq}", text);
    }

    /// <summary>Says what changed in the mailbox, as far as a command with these effects allows.</summary>
    public ValueTask WriteUpdatesAsync(CommandEffects effects, CancellationToken ct) => Selected is { } selected && (effects & CommandEffects.LeavesMailbox) == 0
        ? selected.WriteUpdatesAsync(this, FormOf(effects), ct)
        : default;

    /// <summary>Says what has happened, here and wherever the client watches.</summary>
    public async ValueTask TellAsync(CommandEffects effects, CancellationToken ct)
    {
        Selected?.Adopt();
        await WriteUpdatesAsync(effects, ct);
        if (Notifications is { } notifications)
            await notifications.WriteAsync(ct);
    }

    // RFC 5465 §3.1: once NOTIFY was said, only what was asked for is told; §5.1: and always with the UID.
    private UpdateForm FormOf(CommandEffects effects) => new((effects & CommandEffects.MaySendExpunge) != 0, (effects & CommandEffects.UsesUids) != 0 || Notifications is not null, Enabled)
    {
        Hidden = Notifications is { } notifications ? NotifyEvents.Messages & ~(notifications.OfSelected?.Events ?? NotifyEvents.None) : NotifyEvents.None,
        FollowsOwnRemoval = (effects & CommandEffects.RemovesMessages) != 0,
    };

    public async Task RunAsync()
    {
        try
        {
            Writer.Raw($"* OK [CAPABILITY {Capabilities.For(this)}] Courier is ready\r\n");
            while (!IsEnding)
                await StepAsync();
            await Writer.FlushAsync();
        }
        catch (OperationCanceledException)
        {
            if (Transport.TimedOut)
                await ByeAsync("[UNAVAILABLE] Nothing was heard for too long", "timeout");
            else if (Connection.IsDismissed)
                await ByeAsync("[UNAVAILABLE] An operator has ended this session", "ended by an operator");
            else
                await ByeAsync("[UNAVAILABLE] The server is going down", "server stops");
        }
        catch (MailboxReplacedException)
        {
            await ByeAsync("The mailbox has been deleted or replaced", "mailbox replaced");
        }
        catch (ConnectionLostException)
        {
            Record.Reason = "connection lost";
        }
    }

    public async ValueTask DisposeAsync()
    {
        Record.Write();
        Reader.Reset();
        await NotifyAsync(null);
        await SelectAsync(null);
        Transport.Dispose();
    }

    private async ValueTask StepAsync()
    {
        if (Notifications is { IsActive: true } notifications)
            await NotifyUntilInputAsync(notifications);
        switch (await Reader.ReadAsync())
        {
            case ReadStatus.End:
                (IsEnding, Record.Reason) = (true, "client left");
                break;
            case ReadStatus.TooMuch:
                await ByeAsync("That is more than is taken here", "too much input");
                break;
            case var status:
                await AnswerAsync(ReceivedCommand.Interpret(Reader.Text, status, State, Limits, Naming));
                break;
        }
    }

    // While the client says nothing, it is told what happens (RFC 5465 §3.1).
    private async ValueTask NotifyUntilInputAsync(Notifications notifications)
    {
        if (Transport.HasInput)
            return;
        await Writer.FlushAsync();
        var input = Transport.WaitAsync(Limits.Inactivity);
        while (await Task.WhenAny(input, notifications.Signal.WaitAsync()) != input)
        {
            notifications.Signal.Reset();
            await TellAsync(notifications.Effects, Transport.Token);
            await Writer.FlushAsync();
        }

        await input;
    }

    private async ValueTask AnswerAsync(ReceivedCommand received)
    {
        _transcript?.Heard(Reader.Text);
        var completion = received.Command is null ? Completion.Bad(received.Complaint) : await ExecuteAsync(received);
        completion.Write(Writer, received.Tag);
        _transcript?.Said($"{System.Text.Encoding.ASCII.GetString(received.Tag)} {completion.Status.ToString().ToUpperInvariant()} {(completion.Code is null ? "" : $"[{completion.Code}] ")}{completion.Text}");
        if (completion.Status == CompletionStatus.Bad)
            await CountMistakeAsync(completion.Text);
        else if (IsLoggedIn)
            _mistakes = 0;
        if (completion.Then is { } then && !IsEnding)
            await then();
        await Writer.FlushIfFullAsync();
    }

    /// <summary>Runs a command and says what changed. The only place where failures become replies.</summary>
    private async ValueTask<Completion> ExecuteAsync(ReceivedCommand received)
    {
        ImapMeter.Commands.Add(1, new KeyValuePair<string, object?>("command", received.Name));
        try
        {
            if (Has(Extensions.UidOnly) && (received.Entry!.Effects & CommandEffects.NeedsSequenceNumbers) != 0)
                return new(CompletionStatus.Bad, "UIDREQUIRED", "Sequence numbers are not in use any more");
            Selected?.Adopt();
            Tag = received.Tag;
            var completion = await received.Command!.RunAsync(this, Transport.Token);
            await WriteUpdatesAsync(received.Entry!.Effects, Transport.Token);
            if (Notifications is { } notifications)
                await notifications.WriteAsync(Transport.Token);
            return completion;
        }
        catch (ImapSyntaxException e)
        {
            return Completion.Bad(e.Message); // numbers that are wrong in this mailbox, and lines that belong to a command
        }
        catch (UndefinedFilterException e)
        {
            return Completion.No("UNDEFINED-FILTER " + e.Message, "There is no such filter"); // RFC 5466 §3.1
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && !Writer.IsMidResponse)
        {
            Log.StorageTrouble(Server.Logger, received.Name, Record.Account, Connection.Id, e);
            return Completion.No("UNAVAILABLE", "The storage cannot be reached for the moment");
        }
        catch (Exception e) when (e is not (OperationCanceledException or MailboxReplacedException or ConnectionLostException))
        {
            Log.Fault(Server.Logger, received.Name, Record.Account, Connection.Id, e);
            ImapMeter.Bugs.Add(1);
            await ByeAsync("[SERVERBUG] The server has made a mistake", "fault");
            throw new ConnectionLostException("A fault of ours ended the session", e);
        }
    }

    private async ValueTask CountMistakeAsync(string complaint)
    {
        Log.Mistake(Server.Logger, Connection.Remote.ToString(), complaint, Connection.Id);
        if (++_mistakes >= (IsLoggedIn ? Limits.BadCommands : Limits.PreAuthBadCommands))
            await ByeAsync("Too many mistakes", "too many mistakes");
    }

    /// <summary>The last word (RFC 3501 §7.1.5), unless a response is half said: then there is no place for it.</summary>
    public async ValueTask ByeAsync(string text, string reason)
    {
        (IsEnding, Record.Reason) = (true, reason);
        if (Writer.IsMidResponse)
            return;
        Writer.Raw($"* BYE {text}\r\n");
        await Writer.FlushLastAsync();
    }
}
