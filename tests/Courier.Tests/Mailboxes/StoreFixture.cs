using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes;
using Courier.Mailboxes.Names;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Mailboxes;

/// <summary>A store over a temporary Maildir; a second store over the same Maildir stands for another process.</summary>
internal sealed class StoreFixture : IAsyncDisposable
{
    private readonly List<MailStore> _stores = [];

    internal TempMaildir Maildir { get; } = new();

    internal MailAccount Account => field ??= OpenAccount();

    internal MailStore Store(MailStoreSettings? settings = null)
    {
        var store = new MailStore(settings ?? new MailStoreSettings(), TimeProvider.System, NullLogger<MailStore>.Instance);
        _stores.Add(store);
        return store;
    }

    internal MailAccount OpenAccount(MailStoreSettings? settings = null) => Store(settings).Open(Maildir.Path);

    internal async Task<Mailbox> InboxAsync(MailAccount? account = null) => (await (account ?? Account).OpenAsync(MailboxName.Inbox, default))!;

    /// <summary>As a restart of the server: everything in memory is written and gone.</summary>
    internal async Task RestartAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        _stores.Clear();
    }

    internal static MailboxName Name(string text) => MailboxName.TryParse(text, out var name) ? name : throw new ArgumentException(text);

    internal static AppendMessage Message(string text, MessageFlags flags = MessageFlags.None, DateTimeOffset? date = null, params string[] keywords)
    {
        var buffer = new MessageBuffer(Path.GetTempPath(), 1 << 20);
        buffer.Write(Encoding.Latin1.GetBytes(text));
        return new AppendMessage(buffer, flags, [.. keywords], date);
    }

    internal static FlagChange Add(MessageFlags flags, params string[] keywords) => new(FlagChangeKind.Add, flags, [.. keywords]);

    internal static FlagChange Remove(MessageFlags flags, params string[] keywords) => new(FlagChangeKind.Remove, flags, [.. keywords]);

    internal static FlagChange Replace(MessageFlags flags, params string[] keywords) => new(FlagChangeKind.Replace, flags, [.. keywords]);

    internal static async Task<string?> TextAsync(Mailbox mailbox, Uid uid)
    {
        using var content = await mailbox.OpenMessageAsync(uid, default);
        return content is null ? null : Encoding.Latin1.GetString(content.Bytes.Span);
    }

    internal static string Describe(MailboxSnapshot snapshot) => string.Join(' ', Enumerable.Range(0, snapshot.Count).Select(i =>
        $"{snapshot[i].Uid}{(snapshot[i].IsUnclaimed ? "*" : "")}:{Letters(snapshot[i].Flags)}{string.Concat(snapshot[i].Keywords.Select(keyword => "+" + keyword))}"));

    public async ValueTask DisposeAsync()
    {
        await RestartAsync();
        Maildir.Dispose();
    }

    private static string Letters(MessageFlags flags) => string.Concat("DFRST".Where((_, bit) => ((int)flags & (1 << bit)) != 0));
}
