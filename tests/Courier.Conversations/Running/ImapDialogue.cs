using System.Globalization;
using System.Text.RegularExpressions;
using Courier.Conversations.Language;

namespace Courier.Conversations.Running;

/// <summary>IMAP: literals in both directions, and untagged responses in any order before the tagged one.</summary>
/// <remarks>
/// Every expected untagged line must come, each from a response of its own. A response that no line expects is an error if it
/// changes or answers something (EXPUNGE, FETCH, SEARCH, LIST, LSUB, STATUS, BYE, NO, BAD, and EXISTS outside of SELECT and EXAMINE);
/// others, such as RECENT, FLAGS, CAPABILITY and OK, may come whenever the server likes. A line `* …` allows whatever is left over.
/// EXPUNGE lines are compared by the messages that they remove: a server may begin at either end, and its numbers shift accordingly.
/// </remarks>
public sealed partial class ImapDialogue(int number, Transcript transcript, Bindings bindings) : Dialogue(number, transcript, bindings)
{
    private static readonly string[] Loud = ["EXPUNGE", "FETCH", "SEARCH", "LIST", "LSUB", "STATUS", "BYE", "NO", "BAD", "EXISTS", "VANISHED", "ESEARCH", "UIDFETCH", "SORT", "THREAD", "METADATA", "QUOTA", "QUOTAROOT"];

    private readonly List<Expect> _untagged = [];
    private readonly Queue<string> _putBack = new();
    private bool _selecting;

    public override async Task BeginAsync(string user, string password, CancellationToken ct)
    {
        await ReadUntilAsync("* OK");
        await AskAsync($"login0 LOGIN \"{user}\" \"{password}\"", "login0 OK", ct);
    }

    public override async Task StartTlsAsync(CancellationToken ct)
    {
        await AskAsync("tls0 STARTTLS", "tls0 OK", ct);
        await Wire.SecureAsync(ct);
    }

    /// <summary>A synchronising literal waits for the server's `+`; if anything else comes, it stays for the script to expect.</summary>
    public override async Task SendAsync(Send step, CancellationToken ct)
    {
        await FlushExpectationsAsync();
        _selecting = SelectCommand().IsMatch(step.Text);
        await SendLiteralsAsync(Template.ForSending(step.Text, step.Block), ct);
    }

    private async Task SendLiteralsAsync(string text, CancellationToken ct)
    {
        var start = 0;
        while (text.IndexOfAny([Template.LiteralStart, Template.LiteralPlusStart], start) is var mark and >= 0)
        {
            var end = text.IndexOf(Template.LiteralEnd, mark);
            var content = text[(mark + 1)..end];
            var waits = text[mark] == Template.LiteralStart;
            var head = $"{text[start..mark]}{{{content.Length}{(waits ? "" : "+")}}}\r\n";
            await WriteAsync(waits ? head : head + content, ct);
            if (waits)
            {
                var answer = await ReadResponseAsync(new(AnswerTime)) ?? throw new ScriptException("the server closed instead of taking the literal");
                if (!answer.StartsWith('+'))
                {
                    _putBack.Enqueue(answer);
                    return;
                }
                await WriteAsync(content, ct);
            }
            start = end + 1;
        }
        await WriteAsync(text.EndsWith(Template.NoNewline) ? text[start..^1] : text[start..] + "\r\n", ct);
    }

    public override async Task ExpectAsync(Expect step)
    {
        _untagged.Add(step);
        if (!step.Forbidden && !step.Text.StartsWith('*'))
            await RunGroupAsync();
    }

    public override Task FlushExpectationsAsync() => _untagged.Count == 0 ? Task.CompletedTask : RunGroupAsync();

    private async Task RunGroupAsync()
    {
        var group = _untagged.ToList();
        _untagged.Clear();
        var last = group[^1] is { Forbidden: false } end && !end.Text.StartsWith('*') ? end : null;
        var forbidden = group.Where(step => step.Forbidden).Select(Pattern).ToList();
        var expected = group.Where(step => !step.Forbidden && step != last).Select(Pattern).ToList();
        var expunges = new ExpungeOrder(expected);
        var open = expected.RemoveAll(pattern => pattern == $"* {Template.Any}") > 0;
        var deadline = new Deadline(AnswerTime);
        while (expected.Count > 0 || expunges.IsWaiting || last is not null)
        {
            var response = await NextAsync(deadline, last is null ? expected.Concat(expunges.Missing).First() : Pattern(last));
            if (forbidden.Find(pattern => ImapPattern.Match(pattern, response, Bindings)) is { } wrong)
                throw new ScriptException($"must not come: {Show(wrong)}\n        came: {Show(response)}");
            if (!response.StartsWith("* ", StringComparison.Ordinal))
            {
                Finish(last, response, [.. expected, .. expunges.Missing]);
                return;
            }
            if (!expunges.Take(response))
                Take(response, expected, open);
        }
    }

    private async Task<string> NextAsync(Deadline deadline, string waitedFor)
    {
        try
        {
            return await ReadResponseAsync(deadline) ?? throw new ScriptException($"expected {Show(waitedFor)}, but the server closed");
        }
        catch (TimeoutException late)
        {
            throw new ScriptException($"expected {Show(waitedFor)}: {late.Message}", late);
        }
    }

    private void Finish(Expect? last, string response, List<string> expected)
    {
        if (last is null)
            throw new ScriptException($"expected {Show(expected[0])}\n     got {Show(response)}");
        if (!ImapPattern.Match(Pattern(last), response, Bindings))
            throw new ScriptException($"expected {Show(Pattern(last))}\n     got {Show(response)}");
        if (expected.Count > 0)
            throw new ScriptException($"did not come: {string.Join("\n              ", expected.Select(Show))}");
    }

    private void Take(string response, List<string> expected, bool open)
    {
        var match = expected.FindIndex(pattern => ImapPattern.Match(pattern, response, Bindings));
        if (match >= 0)
            expected.RemoveAt(match);
        else if (!open && IsLoud(response))
            throw new ScriptException($"unexpected: {Show(response)}{(expected.Count > 0 ? "\nexpected:   " + string.Join("\n            ", expected.Select(Show)) : "")}");
    }

    private bool IsLoud(string response)
    {
        var kind = ImapPattern.Kind(response);
        return Loud.Contains(kind, StringComparer.Ordinal) && !(kind == "EXISTS" && _selecting);
    }

    public override async Task WithinAsync(Within step, CancellationToken ct)
    {
        await FlushExpectationsAsync();
        var pattern = Template.ForMatching(step.Text, step.Block);
        var deadline = new Deadline(step.Time);
        if (step.Command is not null)
        {
            await RepeatAsync(step, pattern, deadline, ct);
            return;
        }
        while (true)
        {
            var response = await NextAsync(deadline, pattern);
            if (ImapPattern.Match(pattern, response, Bindings))
                return;
            if (!response.StartsWith("* ", StringComparison.Ordinal) || IsLoud(response))
                throw new ScriptException($"expected {Show(pattern)}\n     got {Show(response)}");
        }
    }

    /// <summary>Says the command until the line comes before its OK; other untagged responses belong to the waiting.</summary>
    private async Task RepeatAsync(Within step, string pattern, Deadline deadline, CancellationToken ct)
    {
        var command = Template.ForSending(step.Command!, null);
        var tag = command.Split(' ')[0] + " ";
        while (!deadline.IsOver)
        {
            await WriteAsync(command + "\r\n", ct);
            var found = false;
            while (await NextAsync(new(AnswerTime), pattern) is var response)
            {
                found |= ImapPattern.Match(pattern, response, Bindings);
                if (response.StartsWith(tag, StringComparison.Ordinal))
                    break;
            }
            if (found)
                return;
            await Task.Delay(50, ct);
        }
        throw new ScriptException($"did not come within {step.Time.TotalSeconds:0.#} s: {Show(pattern)}");
    }

    private string Pattern(Expect step) => Template.ForMatching(step.Text, step.Block);

    /// <summary>A whole response: a line, and while it ends in a literal, that and the next line.</summary>
    private async Task<string?> ReadResponseAsync(Deadline deadline)
    {
        if (_putBack.TryDequeue(out var earlier))
            return earlier;
        if (await Wire.ReadLineAsync(deadline) is not { } line)
        {
            Note("(closed)");
            return null;
        }
        var response = "";
        while (LiteralAtEnd().Match(line) is { Success: true } literal)
        {
            var content = await Wire.ReadExactlyAsync(int.Parse(literal.Groups[1].Value, CultureInfo.InvariantCulture), deadline);
            response += line[..literal.Index] + Template.LiteralStart + content + Template.LiteralEnd;
            line = await Wire.ReadLineAsync(deadline) ?? throw new ScriptException("the connection ended after a literal");
        }
        response += line;
        Note(response);
        return response;
    }

    [GeneratedRegex(@"\{(\d+)\}\z")]
    private static partial Regex LiteralAtEnd();

    [GeneratedRegex(@"^\S+ (?:SELECT|EXAMINE) ", RegexOptions.IgnoreCase)]
    private static partial Regex SelectCommand();
}
