using System.Text.RegularExpressions;
using Courier.Conversations.Language;

namespace Courier.Conversations.Running;

/// <summary>SMTP and LMTP: a reply is read whole, and its lines may be expected in any order.</summary>
/// <remarks>
/// Consecutive expected lines `250-…` and the closing `250 …` belong to one reply. Each must be found among its lines (with either
/// separator, since the order of EHLO keywords is free); lines of the reply that nobody expects are allowed, `not 250 …` forbids one.
/// </remarks>
public sealed partial class SmtpDialogue(int number, Transcript transcript, Bindings bindings, bool lmtp) : Dialogue(number, transcript, bindings)
{
    private readonly List<Expect> _group = [];

    public override async Task BeginAsync(string user, string password, CancellationToken ct)
    {
        await ReadUntilAsync("220 ");
        await AskAsync(lmtp ? "LHLO client.example.test" : "EHLO client.example.test", "250 ", ct);
    }

    public override async Task StartTlsAsync(CancellationToken ct)
    {
        await AskAsync("STARTTLS", "220 ", ct);
        await Wire.SecureAsync(ct);
    }

    /// <summary>AUTH PLAIN, for `connect … as`.</summary>
    public async Task AuthenticateAsync(string user, string password, CancellationToken ct)
    {
        var response = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"\0{user}\0{password}"));
        await AskAsync("EHLO client.example.test", "250 ", ct);
        await AskAsync("AUTH PLAIN " + response, "235 ", ct);
    }

    public override async Task ExpectAsync(Expect step)
    {
        _group.Add(step);
        if (!step.Forbidden && (step.Text.Length <= 3 || step.Text[3] != '-'))
            await RunGroupAsync();
    }

    public override Task FlushExpectationsAsync() => _group.Count == 0 ? Task.CompletedTask : RunGroupAsync();

    private async Task RunGroupAsync()
    {
        var group = _group.ToList();
        _group.Clear();
        var reply = await ReadReplyAsync(group[^1].Text);
        foreach (var step in group)
        {
            var pattern = Same(Template.ForMatching(Loosened(step.Text), step.Block));
            var found = reply.Any(line => TextPattern.Match(pattern, Same(line), Bindings));
            if (found == step.Forbidden)
                throw new ScriptException($"{(step.Forbidden ? "must not come" : "expected")} {Show(pattern)}\n     got {string.Join("\n         ", reply.Select(Show))}");
        }
    }

    private async Task<List<string>> ReadReplyAsync(string waitedFor)
    {
        var deadline = new Deadline(AnswerTime);
        var reply = new List<string>();
        try
        {
            while (true)
            {
                var line = await ReadLineAsync(deadline) ?? throw new ScriptException($"expected {waitedFor}, but the server closed");
                if (line.Length < 3 || !line[..3].All(char.IsAsciiDigit) || (line.Length > 3 && line[3] is not (' ' or '-')))
                    throw new ScriptException($"not a reply: {Show(line)}");
                reply.Add(line);
                if (line[..3] != reply[0][..3])
                    throw new ScriptException($"the codes of one reply differ: {Show(reply[0])} and {Show(line)}");
                if (line.Length == 3 || line[3] == ' ')
                    return reply;
            }
        }
        catch (TimeoutException late)
        {
            throw new ScriptException($"expected {waitedFor}: {late.Message}", late);
        }
    }

    /// <summary>COURIER_TARGET_CODES=class, for servers without enhanced codes: a refusal is one, in whatever words.</summary>
    private static string Loosened(string expected) =>
        Environment.GetEnvironmentVariable("COURIER_TARGET_CODES") != "class" ? expected
        : expected is ['4' or '5', (>= '0' and <= '9') or '…', ..] ? $"{expected[0]}…"
        : EnhancedCode().Replace(expected, "$1 ");

    [GeneratedRegex("^(2[0-9][0-9])[ -]2[.](0[.]0|1[.][05]|7[.]0) ")]
    private static partial Regex EnhancedCode();

    private static string Same(string line) => line.Length > 3 && line[3] == '-' ? line[..3] + " " + line[4..] : line;

    public override Task WithinAsync(Within step, CancellationToken ct) =>
        throw new ScriptException("an SMTP server says nothing by itself; use maildir … to wait for a delivery");
}
