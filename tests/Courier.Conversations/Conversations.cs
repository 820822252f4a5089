using Courier.Conversations.Targets;

// Conversations wait for their server most of the time, so more of them than there are processors run at once.
[assembly: CollectionBehavior(MaxParallelThreads = 8)]

namespace Courier.Conversations;

/// <summary>The server under test, shared by the classes below and ended with the last of them.</summary>
public sealed class SharedTarget : IAsyncLifetime
{
    private static readonly SemaphoreSlim Gate = new(1, 1);
    private static int _users;
    private static ITarget? _target;

    public ITarget Target => _target ?? throw new InvalidOperationException("no class uses the target");

    public async Task InitializeAsync()
    {
        await Gate.WaitAsync();
        if (_users++ == 0)
            _target = Targets.Target.Create();
        Gate.Release();
    }

    public async Task DisposeAsync()
    {
        await Gate.WaitAsync();
        if (--_users == 0)
            await Target.DisposeAsync();
        Gate.Release();
    }
}

public sealed class ImapConversations(SharedTarget shared) : IClassFixture<SharedTarget>
{
    [ScriptTheory("imap")]
    public Task Conversation(string script) => Running.Conversation.RunAsync(ScriptFiles.Find(script), shared.Target);
}

public sealed class SmtpConversations(SharedTarget shared) : IClassFixture<SharedTarget>
{
    [ScriptTheory("smtp")]
    public Task Conversation(string script) => Running.Conversation.RunAsync(ScriptFiles.Find(script), shared.Target);
}

public sealed class Pop3Conversations(SharedTarget shared) : IClassFixture<SharedTarget>
{
    [ScriptTheory("pop3")]
    public Task Conversation(string script) => Running.Conversation.RunAsync(ScriptFiles.Find(script), shared.Target);
}

public sealed class LmtpConversations(SharedTarget shared) : IClassFixture<SharedTarget>
{
    [ScriptTheory("lmtp")]
    public Task Conversation(string script) => Running.Conversation.RunAsync(ScriptFiles.Find(script), shared.Target);
}
