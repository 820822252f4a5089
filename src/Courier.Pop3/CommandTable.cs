using System.Collections.Frozen;
using System.Text;
using Courier.Pop3.Commands;

namespace Courier.Pop3;

/// <summary>One command, read. It runs once.</summary>
internal abstract record Pop3Command
{
    /// <returns>The status line to send; null when the command has written its answer itself.</returns>
    internal abstract ValueTask<Pop3Reply?> RunAsync(Pop3Session session, CancellationToken ct);
}

/// <summary>When a command may come (RFC 1939 §3).</summary>
[Flags]
internal enum Pop3States
{
    Authorization = 1,
    Transaction = 2,
    Both = Authorization | Transaction,
}

/// <summary>One row for each command: when it may come, and how its arguments are read. A parser gives null for arguments
/// that are not of its grammar.</summary>
internal static class CommandTable
{
    internal delegate Pop3Command? Parser(ReadOnlySpan<byte> arguments);

    internal sealed record Row(Pop3States States, Parser Parse);

    internal static FrozenDictionary<string, Row> Rows { get; } = new Dictionary<string, Row>(StringComparer.Ordinal)
    {
        ["CAPA"] = new(Pop3States.Both, CapaCommand.Parse),
        ["STLS"] = new(Pop3States.Authorization, StlsCommand.Parse),
        ["USER"] = new(Pop3States.Authorization, UserCommand.Parse),
        ["PASS"] = new(Pop3States.Authorization, PassCommand.Parse),
        ["AUTH"] = new(Pop3States.Authorization, AuthCommand.Parse),
        ["STAT"] = new(Pop3States.Transaction, StatCommand.Parse),
        ["LIST"] = new(Pop3States.Transaction, ListCommand.Parse),
        ["UIDL"] = new(Pop3States.Transaction, UidlCommand.Parse),
        ["RETR"] = new(Pop3States.Transaction, RetrCommand.Parse),
        ["TOP"] = new(Pop3States.Transaction, TopCommand.Parse),
        ["DELE"] = new(Pop3States.Transaction, DeleCommand.Parse),
        ["RSET"] = new(Pop3States.Transaction, RsetCommand.Parse),
        ["NOOP"] = new(Pop3States.Transaction, NoopCommand.Parse),
        ["QUIT"] = new(Pop3States.Both, QuitCommand.Parse),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <returns>The command, or what is wrong with the line.</returns>
    internal static (Pop3Reply? Problem, Pop3Command? Command) Read(ReadOnlySpan<byte> line, bool isLoggedIn)
    {
        var space = line.IndexOf((byte)' ');
        var keyword = space < 0 ? line : line[..space];
        var arguments = space < 0 ? default : line[(space + 1)..];
        if (!Rows.TryGetValue(Keyword(keyword), out var row))
            return (Pop3Reply.Unknown, null);
        if (!row.States.HasFlag(isLoggedIn ? Pop3States.Transaction : Pop3States.Authorization))
            return (Pop3Reply.NotNow, null);
        return row.Parse(arguments) is { } command ? (null, command) : (Pop3Reply.BadArguments, null);
    }

    /// <summary>RFC 1939 §3: keywords are three or four characters, in any case.</summary>
    private static string Keyword(ReadOnlySpan<byte> text) =>
        text.Length is 3 or 4 && Ascii.IsValid(text) ? Encoding.ASCII.GetString(text).ToUpperInvariant() : "";
}
