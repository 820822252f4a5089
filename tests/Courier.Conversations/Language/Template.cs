using System.Globalization;
using System.Text;

namespace Courier.Conversations.Language;

/// <summary>Expands what stands in a script line into wire text: one char per byte, plus the marks below for what is not fixed.</summary>
/// <remarks>Wire text never goes past U+00FF, so marks from the private use area cannot be confused with it.</remarks>
public sealed class Template(Bindings bindings)
{
    /// <summary>`…`: any text.</summary>
    public const char Any = '\uE000';

    /// <summary>Begins the name of a variable that has no value yet.</summary>
    public const char VariableStart = '\uE001';
    public const char VariableEnd = '\uE002';

    /// <summary>Brackets the content of an IMAP literal, sent or expected, synchronising or not.</summary>
    public const char LiteralStart = '\uE003';
    public const char LiteralPlusStart = '\uE005';
    public const char LiteralEnd = '\uE004';

    /// <summary>`\c` at the end of a line: no CRLF is sent after it.</summary>
    public const char NoNewline = '\uE006';

    // These begin like escapes.
    private static readonly string[] LowerCaseFlags = ["recent", "noselect", "noinferiors", "nonexistent"];

    /// <summary>What is sent: every variable must have a value.</summary>
    public string ForSending(string text, Block? block)
    {
        var expanded = Expand(text, block);
        return expanded.IndexOfAny([Any, VariableStart]) < 0
            ? expanded
            : throw new ScriptException($"cannot be sent, something has no value yet: {text}");
    }

    /// <summary>What is expected: unknown variables and `…` stay as marks for the matcher.</summary>
    public string ForMatching(string text, Block? block) => Expand(text, block);

    /// <summary>The lines of a block with CRLF after each.</summary>
    public string BlockText(Block block) => string.Concat(block.Lines.Select(line => Expand(line, null) + "\r\n"));

    private string Expand(string text, Block? block)
    {
        var output = new StringBuilder();
        for (var i = 0; i < text.Length;)
        {
            if (text[i] == '…')
                (output, i) = (output.Append(Any), i + 1);
            else if (text[i] == '\\' && Escape(text, ref i) is { } escaped)
                output.Append(escaped);
            else if (text[i] == '$' && i + 1 < text.Length && text[i + 1] == '{')
                output.Append(Call(Braced(text, ref i), block));
            else if (text[i] == '$' && i + 1 < text.Length && char.IsAsciiLetter(text[i + 1]))
                output.Append(Variable(text, ref i));
            else
                AppendBytes(output, text, ref i);
        }
        return output.ToString();
    }

    /// <summary>\r \n \0 \xHH and a closing \c; any other backslash is itself, as in \Seen and quoted strings.</summary>
    private static string? Escape(string text, ref int i)
    {
        var next = i + 1 < text.Length ? text[i + 1] : '\0';
        if (next == 'x' && i + 3 < text.Length &&
            byte.TryParse(text.AsSpan(i + 2, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value))
        {
            i += 4;
            return ((char)value).ToString();
        }
        var found = next switch
        {
            'r' => "\r",
            'n' => "\n",
            '0' => "\0",
            'c' when i + 2 == text.Length => NoNewline.ToString(),
            _ => null,
        };
        var word = text[(i + 1)..];
        if (found is null || LowerCaseFlags.Any(flag => word.StartsWith(flag, StringComparison.Ordinal)))
            return null;
        i += 2;
        return found;
    }

    private string Call(string call, Block? block)
    {
        var colon = call.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? call : call[..colon];
        var argument = colon < 0 ? null : call[(colon + 1)..];
        switch (name)
        {
            case "literal" or "literal+":
                var content = argument is not null ? Expand(argument, null)
                    : BlockText(block ?? throw new ScriptException("${literal} needs a block below the line"));
                return (name == "literal" ? LiteralStart : LiteralPlusStart) + content + LiteralEnd;
            case "block":
                return BlockText(block ?? throw new ScriptException("${block} needs a block below the line"));
            case "base64":
                return Convert.ToBase64String(Encoding.Latin1.GetBytes(ForSending(argument ?? "", null)));
            case "bdat" or "bdatlast":
                var octets = ForSending(argument ?? "", null);
                return string.Create(CultureInfo.InvariantCulture, $"BDAT {octets.Length}{(name == "bdatlast" ? " LAST" : "")}\r\n{octets}");
            case "repeat":
                var parts = (argument ?? "").Split(':', 2);
                var once = Expand(parts[1], null);
                return new StringBuilder().Insert(0, once, int.Parse(parts[0], CultureInfo.InvariantCulture)).ToString();
            default:
                throw new ScriptException($"no such function: ${{{call}}}");
        }
    }

    private static string Braced(string text, ref int i)
    {
        var start = i + 2;
        var depth = 1;
        for (i = start; i < text.Length; i++)
        {
            if (text[i] == '{')
                depth++;
            else if (text[i] == '}' && --depth == 0)
                return text[start..i++];
        }
        throw new ScriptException($"no closing brace: {text}");
    }

    private string Variable(string text, ref int i)
    {
        var start = ++i;
        while (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] == '_'))
            i++;
        var name = text[start..i];
        return bindings.Find(name) ?? VariableStart + name + VariableEnd;
    }

    private static void AppendBytes(StringBuilder output, string text, ref int i)
    {
        var length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
        foreach (var value in Encoding.UTF8.GetBytes(text.Substring(i, length)))
            output.Append((char)value);
        i += length;
    }
}

/// <summary>Values of `$name`, bound by the stage or by the first answer that shows them.</summary>
public sealed class Bindings
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    public Bindings()
    {
    }

    private Bindings(Dictionary<string, string> values) => _values = new(values, StringComparer.Ordinal);

    public string? Find(string name) => _values.GetValueOrDefault(name);

    public void Set(string name, string value) => _values[name] = value;

    /// <summary>A copy to try a match on, so that a failed attempt binds nothing.</summary>
    public Bindings Copy() => new(_values);

    /// <summary>Forgets what was bound since the copy was taken.</summary>
    public void Restore(Bindings copy)
    {
        _values.Clear();
        Take(copy);
    }

    public void Take(Bindings other)
    {
        foreach (var (name, value) in other._values)
            _values[name] = value;
    }
}
