using Courier.Conversations.Language;
using Courier.Testing.Processes;

namespace Courier.Conversations;

/// <summary>The scripts that lie beside this project, read where they lie: a changed script needs no build.</summary>
public static class ScriptFiles
{
    public static readonly string[] Protocols = ["imap", "smtp", "pop3", "lmtp"];

    private static readonly Lazy<IReadOnlyList<Script>> Loaded = new(() =>
        [.. Protocols.SelectMany(protocol => Directory.GetFiles(Path.Combine(RepositoryPaths.Root, "tests", "Courier.Conversations", protocol), "*.txt").Order(StringComparer.Ordinal)
            .Select(file => ScriptParser.Parse($"{protocol}/{Path.GetFileName(file)}", File.ReadAllText(file))))]);

    public static IReadOnlyList<Script> All => Loaded.Value;

    /// <summary>Those that play a next hop, in the order of their paths.</summary>
    public static IEnumerable<Script> Hops => All.Where(script => script.HasHop).OrderBy(script => script.Path, StringComparer.Ordinal);

    public static string Text(string path) => File.ReadAllText(Path.Combine(RepositoryPaths.Root, "tests", "Courier.Conversations", path));

    public static Script Find(string path) => All.FirstOrDefault(script => script.Path == path) ?? throw new ScriptException($"no script {path}");
}
