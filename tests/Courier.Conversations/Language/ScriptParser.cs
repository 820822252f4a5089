using System.Globalization;
using System.Text.RegularExpressions;

namespace Courier.Conversations.Language;

/// <summary>Text of a script → <see cref="Script"/>. The language is described in README.md beside the scripts.</summary>
/// <remarks>Knows no protocol: what `1>` sends and how `1&lt;` is compared is decided when the script runs.</remarks>
public static partial class ScriptParser
{
    private static readonly string[] Verbs = ["connect", "hop", "starttls", "tls", "close", "closed", "silent", "until"];

    public static Script Parse(string path, string text)
    {
        var lines = text.Split('\n');
        var steps = new List<Step>();
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd('\r');
            if (line.Trim().Length == 0 || line.StartsWith('#'))
                continue;
            if (line.StartsWith('|'))
                throw Wrong(path, i + 1, "a block needs a line above it that uses it");
            var number = i + 1;
            var block = ReadBlock(lines, ref i);
            var columns = ColumnGap().Split(line).Select(column => column.Trim(' ')).Where(column => column.Length > 0).ToArray();
            if (block is not null && columns.Length > 1)
                throw Wrong(path, number, "a line with a block has one column");
            foreach (var column in columns)
                steps.AddRange(ParseStep(path, number, column, block));
        }
        return new(path, steps);
    }

    private static Block? ReadBlock(string[] lines, ref int at)
    {
        var block = new List<string>();
        while (at + 1 < lines.Length && lines[at + 1].StartsWith('|'))
        {
            var line = lines[++at].TrimEnd('\r');
            block.Add(line.StartsWith("| ", StringComparison.Ordinal) ? line[2..] : line[1..]);
        }
        return block.Count == 0 ? null : new(block);
    }

    private static IEnumerable<Step> ParseStep(string path, int line, string text, Block? block)
    {
        if (ConnectionLine().Match(text) is { Success: true } said)
        {
            var connection = int.Parse(said.Groups["n"].Value, CultureInfo.InvariantCulture);
            var rest = said.Groups["rest"].Value;
            if (said.Groups["way"].Value == ">")
                return [new Send(line, connection, rest, block)];
            var forbidden = rest.StartsWith("not ", StringComparison.Ordinal);
            return [new Expect(line, connection, forbidden ? rest[4..] : rest, forbidden, block)];
        }
        if (WithinLine().Match(text) is { Success: true } within)
        {
            var command = within.Groups["command"];
            return [new Within(line, Number(within, "n"), Duration(within.Groups["time"].Value, path, line),
                command.Success ? command.Value : null, within.Groups["text"].Value, block)];
        }
        if (TimesLine().Match(text) is { Success: true } times)
            return Enumerable.Repeat(new Expect(line, Number(times, "n"), times.Groups["text"].Value, false, block), Number(times, "count"));
        if (VerbLine().Match(text) is { Success: true } verb && Verbs.Contains(verb.Groups["verb"].Value))
            return [new Verb(line, Number(verb, "n"), verb.Groups["verb"].Value, verb.Groups["argument"].Value.Trim())];
        var (word, remainder) = SplitWord(text);
        return word switch
        {
            "given" => Given(path, line, remainder, block),
            "maildir" => [Maildir(path, line, remainder, block)],
            "only" when remainder.StartsWith("ours ", StringComparison.Ordinal) => [new OnlyOurs(line, remainder[5..].TrimStart(':', ' '))],
            "needs" => [new Needs(line, remainder)],
            "server" => [new UseServer(line, remainder)],
            _ => throw Wrong(path, line, $"not understood: {text}"),
        };
    }

    private static IEnumerable<Step> Given(string path, int line, string text, Block? block)
    {
        foreach (var item in GivenComma().Split(text))
        {
            if (GivenMessageItem().Match(item) is { Success: true } message)
            {
                yield return new GivenMessage(line, message.Groups["mailbox"].Value, Account(message), message.Groups["flags"].Value,
                    message.Groups["date"].Value, block ?? throw Wrong(path, line, "a given message needs a block with its text"));
            }
            else if (GivenMailboxItem().Match(item) is { Success: true } mailbox)
            {
                var flags = Parenthesised().Matches(mailbox.Groups["flags"].Value).Select(match => match.Value).ToArray();
                var count = mailbox.Groups["count"];
                yield return new GivenMailbox(line, mailbox.Groups["mailbox"].Value, Account(mailbox),
                    count.Success ? int.Parse(count.Value, CultureInfo.InvariantCulture) : 0, flags);
            }
            else if (item.StartsWith("account ", StringComparison.Ordinal))
            {
                yield return new GivenAccount(line, item["account ".Length..].Trim());
            }
            else
            {
                throw Wrong(path, line, $"not understood as a given thing: {item}");
            }
        }
    }

    private static MaildirStep Maildir(string path, int line, string text, Block? block)
    {
        var parts = text.Split(' ', 3);
        return parts.Length == 3
            ? new(line, parts[0], parts[1], parts[2], block)
            : throw Wrong(path, line, "maildir ACCOUNT MAILBOX ACTION");
    }

    private static string Account(Match match) => match.Groups["account"] is { Success: true } account ? account.Value : "demo";

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    private static (string Word, string Remainder) SplitWord(string text)
    {
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? (text, "") : (text[..space], text[(space + 1)..].Trim());
    }

    /// <summary>`5s` or `300ms`.</summary>
    public static TimeSpan Duration(string text, string path, int line)
    {
        if (text.EndsWith("ms", StringComparison.Ordinal) && int.TryParse(text[..^2], CultureInfo.InvariantCulture, out var milliseconds))
            return TimeSpan.FromMilliseconds(milliseconds);
        if (text.EndsWith('s') && int.TryParse(text[..^1], CultureInfo.InvariantCulture, out var seconds))
            return TimeSpan.FromSeconds(seconds);
        throw Wrong(path, line, $"a time is 5s or 300ms, not {text}");
    }

    private static ScriptException Wrong(string path, int line, string what) => new($"{path}:{line}: {what}");

    // Two columns on one line: three spaces or more before the next connection's number.
    [GeneratedRegex(@"\s{3,}(?=\d+[<>] )")]
    private static partial Regex ColumnGap();

    [GeneratedRegex(@"^(?<n>\d+)(?<way>[<>])(?: (?<rest>.*))?$")]
    private static partial Regex ConnectionLine();

    [GeneratedRegex(@"^(?<n>\d+) within (?<time>\w+)(?: > (?<command>.+?))? < (?<text>.+)$")]
    private static partial Regex WithinLine();

    [GeneratedRegex(@"^(?<n>\d+) times (?<count>\d+) < (?<text>.+)$")]
    private static partial Regex TimesLine();

    [GeneratedRegex(@"^(?<n>\d+) (?<verb>[a-z]+)(?<argument>.*)$")]
    private static partial Regex VerbLine();

    [GeneratedRegex(@",\s*(?=(?:account|mailbox|message) )")]
    private static partial Regex GivenComma();

    [GeneratedRegex(@"^message in (?<mailbox>""[^""]*""|\S+)(?: of (?<account>\w+))?(?: (?<flags>\([^)]*\)))?(?: (?<date>""[^""]*""))?$")]
    private static partial Regex GivenMessageItem();

    [GeneratedRegex(@"^mailbox (?<mailbox>""[^""]*""|\S+)(?: of (?<account>\w+))?(?: with (?<count>\d+) messages?(?<flags>( \([^)]*\))*))?$")]
    private static partial Regex GivenMailboxItem();

    [GeneratedRegex(@"\([^)]*\)")]
    private static partial Regex Parenthesised();
}
