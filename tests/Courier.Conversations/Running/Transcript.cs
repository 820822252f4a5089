using System.Globalization;
using System.Text;
using Courier.Conversations.Language;

namespace Courier.Conversations.Running;

/// <summary>What was said, for the message of a script that fails.</summary>
public sealed class Transcript
{
    private const int ShownLines = 60;     // the end of a conversation explains most failures
    private const int ShownLength = 400;   // a megabyte of FETCH would not

    private readonly List<string> _lines = [];

    public void Add(int connection, char way, string text) => _lines.Add($"{connection}{way} {Readable(text)}");

    public override string ToString() => string.Join('\n', _lines.TakeLast(ShownLines));

    /// <summary>Wire text with its marks and control characters made visible.</summary>
    public static string Readable(string wire)
    {
        var text = new StringBuilder();
        foreach (var c in wire.Length > ShownLength ? wire[..ShownLength] : wire)
        {
            _ = c switch
            {
                Template.Any => text.Append('…'),
                Template.VariableStart => text.Append('$'),
                Template.VariableEnd => text,
                Template.LiteralStart or Template.LiteralPlusStart => text.Append("{literal:"),
                Template.LiteralEnd => text.Append('}'),
                '\r' => text.Append("\\r"),
                '\n' => text.Append("\\n"),
                < ' ' or >= (char)127 => text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => text.Append(c),
            };
        }
        return wire.Length > ShownLength ? $"{text}… ({wire.Length} bytes)" : text.ToString();
    }
}
