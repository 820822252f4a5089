using Courier.Conversations.Language;

namespace Courier.Conversations.Running;

/// <summary>The script is the next hop: it answers, and what is expected are the lines that our server sends, one by one and whole.</summary>
public sealed class HopDialogue(int number, Transcript transcript, Bindings bindings) : Dialogue(number, transcript, bindings)
{
    public override Task BeginAsync(string user, string password, CancellationToken ct) => Task.CompletedTask;

    public override Task StartTlsAsync(CancellationToken ct) => throw new ScriptException("a next hop does not begin TLS");

    public override async Task ExpectAsync(Expect step)
    {
        var line = await ReadLineAsync(new(AnswerTime)) ?? throw new ScriptException($"expected {step.Text}, but the server closed");
        var pattern = Template.ForMatching(step.Text, step.Block);
        if (TextPattern.Match(pattern, line, Bindings) == step.Forbidden)
            throw new ScriptException($"{(step.Forbidden ? "must not come" : "expected")} {Show(pattern)}\n     got {Show(line)}");
    }

    public override Task WithinAsync(Within step, CancellationToken ct) => throw new ScriptException("a next hop waits for each line anyway");
}
