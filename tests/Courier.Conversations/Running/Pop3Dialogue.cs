using Courier.Conversations.Language;

namespace Courier.Conversations.Running;

/// <summary>POP3: line by line; a line `…` alone stands for any number of lines; the list of CAPA may come in any order.</summary>
public sealed class Pop3Dialogue(int number, Transcript transcript, Bindings bindings) : Dialogue(number, transcript, bindings)
{
    private bool _skipping;
    private List<string>? _capabilities;
    private bool _asksCapabilities;

    public override async Task BeginAsync(string user, string password, CancellationToken ct)
    {
        await ReadUntilAsync("+OK");
        await AskAsync("USER " + user, "+OK", ct);
        await AskAsync("PASS " + password, "+OK", ct);
    }

    public override async Task StartTlsAsync(CancellationToken ct)
    {
        await AskAsync("STLS", "+OK", ct);
        await Wire.SecureAsync(ct);
    }

    public override async Task SendAsync(Send step, CancellationToken ct)
    {
        await base.SendAsync(step, ct);
        _asksCapabilities = step.Text.Equals("CAPA", StringComparison.OrdinalIgnoreCase);
        _capabilities = null;
        _skipping = false;
    }

    public override async Task ExpectAsync(Expect step)
    {
        if (step.Text == "…" && !step.Forbidden)
        {
            _skipping = true;
            return;
        }
        var pattern = Template.ForMatching(step.Text, step.Block);
        if (_asksCapabilities && !step.Text.StartsWith('+') && !step.Text.StartsWith('-'))
        {
            await ExpectCapabilityAsync(step, pattern);
            return;
        }
        if (step.Block is not null && step.Text == "${block}")
        {
            foreach (var line in step.Block.Lines)
                await ExpectLineAsync(Template.ForMatching(line, null));
            return;
        }
        await ExpectLineAsync(pattern);
    }

    private async Task ExpectLineAsync(string pattern)
    {
        var deadline = new Deadline(AnswerTime);
        while (true)
        {
            var line = await NextAsync(deadline, pattern);
            if (TextPattern.Match(pattern, line, Bindings))
                break;
            if (!_skipping)
                throw new ScriptException($"expected {Show(pattern)}\n     got {Show(line)}");
        }
        _skipping = false;
    }

    private async Task ExpectCapabilityAsync(Expect step, string pattern)
    {
        if (_capabilities is null)
        {
            _capabilities = [];
            while (_capabilities is not [.., "."])
                _capabilities.Add(await NextAsync(new(AnswerTime), pattern));
        }
        if (_capabilities.Any(line => TextPattern.Match(pattern, line, Bindings)) == step.Forbidden)
            throw new ScriptException($"{(step.Forbidden ? "must not come" : "expected")} {Show(pattern)} in the list\n{string.Join('\n', _capabilities)}");
    }

    private async Task<string> NextAsync(Deadline deadline, string waitedFor)
    {
        try
        {
            return await ReadLineAsync(deadline) ?? throw new ScriptException($"expected {Show(waitedFor)}, but the server closed");
        }
        catch (TimeoutException late)
        {
            throw new ScriptException($"expected {Show(waitedFor)}: {late.Message}", late);
        }
    }

    public override Task WithinAsync(Within step, CancellationToken ct) =>
        throw new ScriptException("a POP3 server says nothing by itself; use maildir … to wait for a delivery");
}
