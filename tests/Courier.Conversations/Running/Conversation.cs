using System.Net;
using System.Net.Sockets;
using Courier.Conversations.Language;
using Courier.Conversations.Targets;

namespace Courier.Conversations.Running;

/// <summary>Runs one script against one target: sets the stage, holds the connections, and says at which line it stopped being true.</summary>
public sealed class Conversation : IDisposable
{
    /// <summary>No conversation takes this long; a stuck server must not stop the suite.</summary>
    private static readonly TimeSpan WholeTime = TimeSpan.FromMinutes(2);

    /// <summary>How long the server may take to connect to its next hop: a retry or two, on a busy machine.</summary>
    private static readonly TimeSpan HopTime = TimeSpan.FromSeconds(20);

    private readonly Script _script;
    private readonly ITarget _target;
    private readonly Reservation _accounts;
    private readonly Bindings _bindings = new();
    private readonly Transcript _transcript = new();
    private readonly SortedDictionary<int, Dialogue> _dialogues = [];
    private readonly TcpListener? _hop;

    private Conversation(Script script, ITarget target, Reservation accounts)
    {
        (_script, _target, _accounts) = (script, target, accounts);
        foreach (var person in accounts.People)
        {
            var suffix = person.Name == "demo" ? "" : "_" + person.Name;
            _bindings.Set("user" + suffix, person.User);
            _bindings.Set("address" + suffix, person.Address);
        }
        _bindings.Set("password", accounts.People[0].Password);
        _bindings.Set("hop", script.HopDomain);
        _bindings.Set("domain", accounts.People[0].Address[(accounts.People[0].Address.IndexOf('@', StringComparison.Ordinal) + 1)..]);
        if (!script.HasHop)
            return;
        _hop = new TcpListener(target.Hop(script));
        _hop.Start();
    }

    public static async Task RunAsync(Script script, ITarget target)
    {
        using var limit = new CancellationTokenSource(WholeTime);
        using var accounts = await target.ReserveAsync(script, limit.Token);
        using var conversation = new Conversation(script, target, accounts);
        await conversation.RunAsync(limit.Token);
    }

    private async Task RunAsync(CancellationToken ct)
    {
        var line = 0;
        try
        {
            foreach (var step in _script.Steps)
            {
                line = step.Line;
                await RunStepAsync(step, ct);
            }
            foreach (var dialogue in _dialogues.Values)
                await dialogue.FlushExpectationsAsync();
        }
        catch (Exception error) when (error is ScriptException or TimeoutException or IOException or OperationCanceledException
            or SocketException or System.Security.Authentication.AuthenticationException)
        {
            throw new ScriptException($"{_script.Path}:{line}: {error.Message}\n--- the conversation so far ---\n{_transcript}", error);
        }
    }

    private async Task RunStepAsync(Step step, CancellationToken ct)
    {
        switch (step)
        {
            case GivenMailbox given:
                using (var stage = await StageAsync(given.Account, ct))
                    await stage.SetAsync(given, _bindings, ct);
                break;
            case GivenMessage given:
                using (var stage = await StageAsync(given.Account, ct))
                    await stage.SetAsync(given, _bindings, ct);
                break;
            case Verb { Name: "connect" } connect:
                await ConnectAsync(connect, ct);
                break;
            case Verb { Name: "hop" } hop:
                await AcceptAsync(hop, ct);
                break;
            case Verb verb:
                await (await DialogueAsync(verb.Connection, ct)).VerbAsync(verb.Name, verb.Argument, _script.Path, ct);
                break;
            case Send send when _target.HasPeers && XclientPeer(send.Text) is { } peer:
                await ReopenAsync(send.Connection, peer, ct);
                break;
            case Send send:
                await (await DialogueAsync(send.Connection, ct)).SendAsync(send, ct);
                break;
            case Expect expect:
                await (await DialogueAsync(expect.Connection, ct)).ExpectAsync(expect);
                break;
            case Within within:
                await (await DialogueAsync(within.Connection, ct)).WithinAsync(within, ct);
                break;
            case MaildirStep maildir:
                await new MaildirFiles(_bindings).RunAsync(maildir, _accounts.Find(maildir.Account), ct);
                break;
            default:
                break;      // what the stage and the target have dealt with
        }
    }

    private Task<Stage> StageAsync(string account, CancellationToken ct)
    {
        // A server with other settings is ours and may refuse logins in clear.
        var tls = _script.Server != "default";
        return Stage.OpenAsync(_target.Endpoint(_script.Server, tls ? "imaps" : "imap"), tls, _accounts.Find(account), ct);
    }

    /// <summary>A connection that is used without `connect` is made ready by itself: greeted, and logged in as demo.</summary>
    private async Task<Dialogue> DialogueAsync(int number, CancellationToken ct)
    {
        if (_dialogues.TryGetValue(number, out var known))
            return known;
        var dialogue = await OpenAsync(number, _script.Protocol, ct);
        await dialogue.BeginAsync(_accounts.People[0].User, _accounts.People[0].Password, ct);
        return dialogue;
    }

    /// <summary>`connect SERVICE` and nothing more, or `connect SERVICE as ACCOUNT`: greeted and logged in.</summary>
    private async Task ConnectAsync(Verb connect, CancellationToken ct)
    {
        var words = connect.Argument.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var service = words.Length > 0 ? words[0] : _script.Protocol;
        if (_dialogues.Remove(connect.Connection, out var before))
            before.Dispose();
        var dialogue = await OpenAsync(connect.Connection, service, ct);
        if (words is not [_, "as", var name])
            return;
        var person = _accounts.Find(name);
        await dialogue.BeginAsync(person.User, person.Password, ct);
        if (service == "submission")
            await dialogue.StartTlsAsync(ct);
        if (dialogue is SmtpDialogue smtp)
            await smtp.AuthenticateAsync(person.User, person.Password, ct);
    }

    /// <summary>Who XCLIENT says that the client is, where the command says no more than a server can see for itself.</summary>
    private static IPAddress? XclientPeer(string text) =>
        text.StartsWith("XCLIENT ADDR=", StringComparison.Ordinal) && IPAddress.TryParse(text["XCLIENT ADDR=".Length..].Split(' ')[0], out var peer) ? peer : null;

    /// <summary>For a server without XCLIENT: the session begins anew, from the address itself.</summary>
    private async Task ReopenAsync(int number, IPAddress peer, CancellationToken ct)
    {
        if (_dialogues.Remove(number, out var before))
            before.Dispose();
        await OpenAsync(number, _script.Protocol, ct, peer);
    }

    /// <summary>`hop`: waits until the server connects to hand something on.</summary>
    private async Task AcceptAsync(Verb hop, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(HopTime);
        var dialogue = new HopDialogue(hop.Connection, _transcript, _bindings);
        if (_dialogues.Remove(hop.Connection, out var before))
            before.Dispose();
        dialogue.Attach(Wire.Of(await _hop!.AcceptTcpClientAsync(limit.Token)));
        _dialogues.Add(hop.Connection, dialogue);
    }

    private async Task<Dialogue> OpenAsync(int number, string service, CancellationToken ct, IPAddress? from = null)
    {
        Dialogue dialogue = service switch
        {
            "imap" or "imaps" => new ImapDialogue(number, _transcript, _bindings),
            "pop3" or "pop3s" => new Pop3Dialogue(number, _transcript, _bindings),
            "smtp" or "submission" or "submissions" or "lmtp" => new SmtpDialogue(number, _transcript, _bindings, service == "lmtp"),
            _ => throw new ScriptException($"no such service: {service}"),
        };
        var tls = service is "imaps" or "pop3s" or "submissions";
        dialogue.Attach(await Wire.ConnectAsync(_target.Endpoint(_script.Server, service), tls, ct, from));
        _dialogues.Add(number, dialogue);
        return dialogue;
    }

    public void Dispose()
    {
        foreach (var dialogue in _dialogues.Values)
            dialogue.Dispose();
        _hop?.Dispose();
    }
}
