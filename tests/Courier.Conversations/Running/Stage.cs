using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Courier.Conversations.Language;
using Courier.Conversations.Targets;

namespace Courier.Conversations.Running;

/// <summary>Sets the stage through IMAP itself (CREATE, APPEND), so that it works with any server, and binds `$uid1…`.</summary>
public sealed partial class Stage : IDisposable
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(15);

    private readonly Wire _wire;
    private int _tag;

    private Stage(Wire wire) => _wire = wire;

    public static async Task<Stage> OpenAsync(IPEndPoint imap, bool tls, Person person, CancellationToken ct)
    {
        var stage = new Stage(await Wire.ConnectAsync(imap, tls, ct));
        await stage._wire.ReadLineAsync(new(AnswerTime));
        await stage.SayAsync($"LOGIN \"{person.User}\" \"{person.Password}\"", ct);
        return stage;
    }

    /// <summary>Makes an account as if new: INBOX empty, no other mailbox, no subscription.</summary>
    public static async Task EmptyAsync(IPEndPoint imap, Person person, CancellationToken ct)
    {
        using var stage = await OpenAsync(imap, tls: false, person, ct);
        foreach (var line in await stage.SayAsync("LSUB \"\" \"*\"", ct))
            await stage.SayAsync($"UNSUBSCRIBE {Name(line)}", ct, mayFail: true);
        var names = (await stage.SayAsync("LIST \"\" \"*\"", ct)).Select(Name).OrderByDescending(name => name.Length).ToList();
        foreach (var name in names.Where(name => !name.Trim('"').Equals("INBOX", StringComparison.OrdinalIgnoreCase)))
            await stage.SayAsync($"DELETE {name}", ct, mayFail: true);
        await stage.SayAsync("SELECT INBOX", ct);
        await stage.SayAsync("STORE 1:* +FLAGS.SILENT (\\Deleted)", ct, mayFail: true);
        await stage.SayAsync("CLOSE", ct);
    }

    public async Task SetAsync(GivenMailbox given, Bindings bindings, CancellationToken ct)
    {
        if (!IsInbox(given.Mailbox))
            await SayAsync($"CREATE {given.Mailbox}", ct);
        for (var i = 1; i <= given.Messages; i++)
            await AppendAsync(given.Mailbox, i <= given.Flags.Count ? given.Flags[i - 1] : "", "", Numbered(i), ct);
        if (given.Messages > 0)
            await BindUidsAsync(given.Mailbox, bindings, ct);
    }

    public async Task SetAsync(GivenMessage given, Bindings bindings, CancellationToken ct)
    {
        await AppendAsync(given.Mailbox, given.Flags, given.Date, new Template(bindings).BlockText(given.Body), ct);
        await BindUidsAsync(given.Mailbox, bindings, ct);
    }

    /// <summary>The text of message n of `given mailbox … with N messages`; README.md shows it.</summary>
    public static string Numbered(int n) => string.Create(CultureInfo.InvariantCulture, $"""
        From: Sender {n} <sender{n}@example.test>
        To: demo@example.test
        Subject: message {n}
        Date: Mon, {n % 28 + 1} Jan 2024 10:00:00 +0000
        Message-ID: <{n}@conversation.test>

        This is message {n}.

        """).ReplaceLineEndings("\r\n");

    private Task AppendAsync(string mailbox, string flags, string date, string message, CancellationToken ct) =>
        SayAsync($"APPEND {mailbox} {(flags.Length > 0 ? flags + " " : "")}{(date.Length > 0 ? date + " " : "")}{{{message.Length}}}", ct, message);

    /// <summary>INBOX binds `$uid1…`, another mailbox `$Name_uid1…`. EXAMINE, because \Recent must stay for the script.</summary>
    private async Task BindUidsAsync(string mailbox, Bindings bindings, CancellationToken ct)
    {
        await SayAsync($"EXAMINE {mailbox}", ct);
        var found = (await SayAsync("UID SEARCH ALL", ct)).FirstOrDefault(line => line.StartsWith("* SEARCH", StringComparison.Ordinal)) ?? "";
        var uids = found.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(2).Select(uid => uint.Parse(uid, CultureInfo.InvariantCulture)).Order().ToList();
        var prefix = IsInbox(mailbox) ? "" : NotWord().Replace(mailbox.Trim('"'), "_") + "_";
        for (var i = 0; i < uids.Count; i++)
            bindings.Set($"{prefix}uid{i + 1}", uids[i].ToString(CultureInfo.InvariantCulture));
        await SayAsync("CLOSE", ct);
    }

    private static bool IsInbox(string mailbox) => mailbox.Trim('"').Equals("INBOX", StringComparison.OrdinalIgnoreCase);

    private async Task<List<string>> SayAsync(string command, CancellationToken ct, string? literal = null, bool mayFail = false)
    {
        var tag = string.Create(CultureInfo.InvariantCulture, $"s{++_tag}");
        await _wire.WriteAsync($"{tag} {command}\r\n", ct);
        var untagged = new List<string>();
        var deadline = new Deadline(AnswerTime);
        while (await _wire.ReadLineAsync(deadline) is { } line)
        {
            if (line.StartsWith('+') && literal is not null)
                await _wire.WriteAsync(literal + "\r\n", ct);
            else if (!line.StartsWith(tag + " ", StringComparison.Ordinal))
                untagged.Add(line);
            else if (line.StartsWith(tag + " OK", StringComparison.OrdinalIgnoreCase) || mayFail)
                return untagged;
            else
                throw new ScriptException($"setting the stage: {command} → {line}");
        }
        throw new ScriptException($"setting the stage: {command} → the server closed");
    }

    private static string Name(string listLine) => LastName().Match(listLine).Value;

    [GeneratedRegex(@"(""(?:\\.|[^""])*""|\S+)\z")]
    private static partial Regex LastName();

    [GeneratedRegex(@"\W")]
    private static partial Regex NotWord();

    public void Dispose() => _wire.Dispose();
}
