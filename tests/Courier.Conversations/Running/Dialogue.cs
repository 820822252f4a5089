using Courier.Conversations.Language;

namespace Courier.Conversations.Running;

/// <summary>One numbered connection of a script, in the terms of its protocol.</summary>
public abstract class Dialogue(int number, Transcript transcript, Bindings bindings) : IDisposable
{
    /// <summary>How long an answer may take. Generous, since the machine may be busy with other tests; a right server never waits for it.</summary>
    protected static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(15);

    protected Bindings Bindings { get; } = bindings;

    protected Template Template { get; } = new(bindings);

    protected Wire Wire { get; private set; } = null!;

    public int Number { get; } = number;

    public void Attach(Wire wire) => Wire = wire;

    /// <summary>Reads the greeting and makes the connection ready: EHLO, or login as this user.</summary>
    public abstract Task BeginAsync(string user, string password, CancellationToken ct);

    /// <summary>Sends the command that starts TLS and shakes hands.</summary>
    public abstract Task StartTlsAsync(CancellationToken ct);

    public virtual async Task SendAsync(Send step, CancellationToken ct)
    {
        await FlushExpectationsAsync();
        var text = Template.ForSending(step.Text, step.Block);
        await WriteAsync(text.EndsWith(Template.NoNewline) ? text[..^1] : text + "\r\n", ct);
    }

    public abstract Task ExpectAsync(Expect step);

    public abstract Task WithinAsync(Within step, CancellationToken ct);

    /// <summary>Checks expectations that wait for more lines of the script: they are complete now.</summary>
    public virtual Task FlushExpectationsAsync() => Task.CompletedTask;

    public async Task VerbAsync(string verb, string argument, string where, CancellationToken ct)
    {
        await FlushExpectationsAsync();
        switch (verb)
        {
            case "tls":
                await Wire.SecureAsync(ct);
                break;
            case "starttls":
                await StartTlsAsync(ct);
                break;
            case "close":
                Wire.Dispose();
                break;
            case "closed":
                if (await Wire.ReadLineAsync(new(AnswerTime)) is { } line)
                    throw new ScriptException($"expected the server to close, it said: {Show(line)}");
                break;
            case "silent":
                if (await Wire.HasInputWithinAsync(ScriptParser.Duration(argument, where, 0)))
                    throw new ScriptException($"expected silence, but {(Wire.IsClosed ? "the server closed" : "it said: " + Show(await Wire.ReadLineAsync(new(AnswerTime)) ?? ""))}");
                break;
            case "until":
                while (await ReadLineAsync(new(AnswerTime)) is var passed && passed != Template.ForSending(argument, null))
                    _ = passed ?? throw new ScriptException($"expected the line {argument}, but the server closed");
                break;
            default:
                throw new ScriptException($"no such verb: {verb}");
        }
    }

    protected async Task WriteAsync(string text, CancellationToken ct)
    {
        transcript.Add(Number, '>', text);
        await Wire.WriteAsync(text, ct);
    }

    protected async Task<string?> ReadLineAsync(Deadline deadline)
    {
        var line = await Wire.ReadLineAsync(deadline);
        transcript.Add(Number, '<', line ?? "(closed)");
        return line;
    }

    protected void Note(string text) => transcript.Add(Number, '<', text);

    /// <summary>Says a command of the runner's own and insists on the answer.</summary>
    protected async Task<string> AskAsync(string command, string begins, CancellationToken ct)
    {
        await WriteAsync(command + "\r\n", ct);
        return await ReadUntilAsync(begins);
    }

    protected async Task<string> ReadUntilAsync(string begins)
    {
        var deadline = new Deadline(AnswerTime);
        var stop = begins.Split(' ')[0] + " ";
        while (await ReadLineAsync(deadline) is { } line)
        {
            if (line.StartsWith(begins, StringComparison.OrdinalIgnoreCase))
                return line;
            if (line.StartsWith(stop, StringComparison.Ordinal) && stop != "* ")
                throw new ScriptException($"expected {begins}, got: {Show(line)}");
        }
        throw new ScriptException($"expected {begins}, but the server closed");
    }

    public static string Show(string wire) => Transcript.Readable(wire);

    public void Dispose()
    {
        Wire?.Dispose();
        GC.SuppressFinalize(this);
    }
}
