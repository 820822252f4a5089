using System.Text;

namespace Courier.Conversations.Language;

/// <summary>An IMAP response (or the pattern of one) in pieces, so that lists without an order can be compared as sets.</summary>
public abstract record ImapNode;

/// <summary>An atom, number, NIL or section such as BODY[HEADER.FIELDS (TO)].</summary>
public sealed record Word(string Text) : ImapNode;

/// <summary>A quoted string or literal: which of the two is the server's choice (RFC 3501 §4.3).</summary>
public sealed record Str(string Text) : ImapNode;

/// <summary>(…), or the [response code] of a status response.</summary>
public sealed record Group(char Open, IReadOnlyList<ImapNode> Items) : ImapNode
{
    public bool Equals(Group? other) => other is not null && Open == other.Open && Items.SequenceEqual(other.Items);

    public override int GetHashCode() => HashCode.Combine(Open, Items.Count);
}

/// <summary>Human text to the end of the line.</summary>
public sealed record Tail(string Text) : ImapNode;

/// <summary>Text → nodes. Strict about spaces: two in a row or one at the end make an empty word, which nothing matches.</summary>
public sealed class ImapTokenizer
{
    private static readonly string[] StatusWords = ["OK", "NO", "BAD", "BYE", "PREAUTH"];

    private readonly string _text;
    private int _at;

    private ImapTokenizer(string text) => _text = text;

    public static IReadOnlyList<ImapNode> Tokenize(string text) => new ImapTokenizer(text).Line();

    private List<ImapNode> Line()
    {
        var nodes = new List<ImapNode>();
        if (_text.StartsWith('+'))
            return [new Word("+"), new Tail(_text.Length > 1 ? _text[1..].TrimStart(' ') : "")];
        while (_at <= _text.Length)
        {
            nodes.Add(One());
            if (nodes is [_, Word { Text: var status }] && StatusWords.Contains(status, StringComparer.OrdinalIgnoreCase))
            {
                Status(nodes);
                return nodes;
            }
            if (_at >= _text.Length)
                return nodes;
            if (_text[_at] == ' ')
                _at++;
        }
        return nodes;
    }

    /// <summary>resp-text = ["[" resp-text-code "]" SP] text</summary>
    private void Status(List<ImapNode> nodes)
    {
        if (_at < _text.Length)
            _at++;
        if (_at < _text.Length && _text[_at] == '[')
        {
            nodes.Add(List('[', ']'));
            if (_at < _text.Length && _text[_at] == ' ')
                _at++;
        }
        nodes.Add(new Tail(_text[Math.Min(_at, _text.Length)..]));
    }

    private ImapNode One() => _at >= _text.Length ? new Word("") : _text[_at] switch
    {
        '(' => List('(', ')'),
        '"' => Quoted(),
        Template.LiteralStart or Template.LiteralPlusStart => Literal(),
        _ => Atom(),
    };

    private Group List(char open, char close)
    {
        var items = new List<ImapNode>();
        _at++;
        while (_at < _text.Length && _text[_at] != close)
        {
            items.Add(close == ']' ? CodeItem() : One());
            if (_at < _text.Length && _text[_at] == ' ')
            {
                _at++;
                if (_at < _text.Length && _text[_at] == close)
                    items.Add(new Word(""));
            }
        }
        _at++;
        return new(open, items);
    }

    private ImapNode CodeItem()
    {
        if (_text[_at] is '(' or '"')
            return One();
        var start = _at;
        while (_at < _text.Length && _text[_at] is not (' ' or ']'))
            _at++;
        return new Word(_text[start.._at]);
    }

    private Str Quoted()
    {
        var content = new StringBuilder();
        for (_at++; _at < _text.Length && _text[_at] != '"'; _at++)
        {
            if (_text[_at] == '\\' && _at + 1 < _text.Length)
                _at++;
            content.Append(_text[_at]);
        }
        _at++;
        return new(content.ToString());
    }

    private Str Literal()
    {
        var end = _text.IndexOf(Template.LiteralEnd, _at);
        var content = _text[(_at + 1)..end];
        _at = end + 1;
        return new(content);
    }

    private Word Atom()
    {
        var start = _at;
        while (_at < _text.Length && _text[_at] is not (' ' or '(' or ')' or '"' or Template.LiteralStart))
        {
            if (_text[_at] == '[')
            {
                // BODY[HEADER.FIELDS ("a" b)]: everything up to the closing bracket belongs to the item's name.
                var close = _text.IndexOf(']', _at);
                _at = close < 0 ? _text.Length : close + 1;
            }
            else
            {
                _at++;
            }
        }
        // A stray ")" would not advance: take it as a word of its own, which no pattern expects.
        if (_at == start && _at < _text.Length)
            _at++;
        return new(_text[start.._at]);
    }
}
