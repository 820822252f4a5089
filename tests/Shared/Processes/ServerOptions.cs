using System.Text;

namespace Courier.Testing.Processes;

/// <summary>The configuration a test starts the server with: every listener on a free loopback port, and what the test adds.</summary>
internal sealed class ServerOptions
{
    public static readonly IReadOnlyList<string> Protocols = ["smtp", "submission", "submissions", "lmtp", "imap", "imaps", "pop3", "pop3s"];

    public string Domain { get; init; } = "example.test";

    /// <summary>Where the listeners are.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>A program and its arguments that start the server elsewhere, as in a network namespace.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    /// <summary>never, loopback or always.</summary>
    public string CleartextLogins { get; init; } = "loopback";

    /// <summary>Where new accounts get their Maildir; the server's default when null.</summary>
    public string? Maildirs { get; init; }

    /// <summary>The subcommand: <c>imapd</c> for IMAP alone.</summary>
    public string Service { get; init; } = "serve";

    /// <summary>Whose rights the server has, and whose its files are; the caller's when null. Only root can say.</summary>
    public int? User { get; init; }

    /// <summary>Further lines, each with its section: <c>("relay", "next_hop = 127.0.0.1:2925")</c>.</summary>
    public IReadOnlyList<(string Section, string Line)> Extra { get; init; } = [];

    public IReadOnlyDictionary<string, int> Ports { get; init; } = Protocols.ToDictionary(p => p, _ => FreePorts.Next(), StringComparer.Ordinal);

    public string Text(string state)
    {
        var sections = new Dictionary<string, List<string>>(StringComparer.Ordinal)
        {
            ["server"] = [$"hostname = mail.{Domain}", $"state = {state}"],
            ["accounts"] = [$"default_domain = {Domain}", $"cleartext_logins = {CleartextLogins}"],
        };
        if (Maildirs is not null)
            sections["accounts"].Add($"maildirs = {Maildirs}");
        foreach (var (protocol, port) in Ports)
            sections[protocol] = [$"listen = {Address}:{port}"];
        foreach (var (section, line) in Extra)
        {
            if (!sections.TryGetValue(section, out var lines))
                sections[section] = lines = [];
            lines.Add(line);
        }

        var text = new StringBuilder();
        foreach (var (section, lines) in sections)
            text.Append('[').Append(section).Append("]\n").AppendJoin('\n', lines).Append('\n');
        return text.ToString();
    }
}
