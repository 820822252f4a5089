using System.Text;

namespace Courier.Tests.Mailboxes.FullText;

/// <summary>Messages of any script, charset and encoding, and texts to look for in them. Octets stand as characters up to 255.</summary>
internal sealed class RandomMail(int seed)
{
    private static readonly (string Charset, string[] Words)[] Languages =
    [
        ("us-ascii", ["budget", "meeting", "at", "I", "throughput", "latency", "of", "a", "re-sent", "x=1", "kernel", "ok"]),
        ("utf-8", ["Straße", "ΣΊΣΥΦΟΣ", "σίσυφος", "İstanbul", "ılık", "会議", "資料確認", "お願いします", "안녕하세요", "привет", "😀😀", "𐐨𐐩", "ǆ", "ﬁn", "K", "–", "cafe\u0301", "a\u0301\u0323b", "Ａｎｎ", "각", "½", "ᾳ\u0345"]),
        ("utf-8", ["budget", "naïve", "café", "meeting"]),
        ("iso-8859-1", ["grüße", "MÜNCHEN", "réunion", "señor", "plain"]),
        ("iso-8859-15", ["œuvre", "€uro"]),
        ("windows-1252", ["“quoted”", "naïve"]),
        ("windows-1251", ["ПРИВЕТ", "встреча", "отчёт"]),
        ("koi8-r", ["привет", "сервер", "ПРОЕКТ"]),
        ("iso-2022-jp", ["会議", "資料", "確認", "報告書", "mail"]),
        ("shift_jis", ["会議", "テスト", "メール"]),
        ("euc-jp", ["報告書", "ございます"]),
        ("gb18030", ["会议", "报告", "你好世界"]),
        ("big5", ["會議", "報告"]),
        ("euc-kr", ["회의", "보고서"]),
        ("utf-16", ["wide", "широко"]),
        ("x-unknown", ["unknown", "charset"]),
    ];

    private readonly Random _random = new(seed);
    private readonly List<string> _texts = [];

    static RandomMail() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>A message; what it says is remembered for <see cref="Pattern"/>.</summary>
    internal string Next()
    {
        var header = new StringBuilder();
        header.Append("From: ").Append(Pick("Ann <ann@example.org>", "\"Smith, J.\" <j.smith@example.net>", Encoded(2) + " <x@example.com>", "bob@example.org")).Append("\r\n");
        header.Append("To: ").Append(Pick("demo@example.test", "Ann <ann@example.org>,\r\n Bob <bob@example.org>")).Append("\r\n");
        header.Append("Subject: ").Append(Pick(Words("us-ascii", 4), Encoded(3), Encoded(2) + "\r\n " + Encoded(2), Raw(Sentence(3), "utf-8"))).Append("\r\n");
        header.Append("Message-ID: <").Append(_random.Next()).Append(".id@example.org>\r\n");
        if (_random.Next(3) == 0)
            header.Append("X-Note:").Append(Encoded(2)).Append("\r\n");
        if (_random.Next(4) > 0)
            header.Append("Date: ").Append(_random.Next(1, 28)).Append(" Jan 2024 23:30:00 ").Append(Pick("-0800", "+0000", "+1300")).Append("\r\n");
        return header.Append(Body(0)).ToString();
    }

    /// <summary>Part of a text that some message has, or nearly.</summary>
    internal string Pattern()
    {
        var text = _texts[_random.Next(_texts.Count)];
        var start = _random.Next(text.Length);
        var pattern = text.Substring(start, Math.Min(text.Length - start, 1 + _random.Next(_random.Next(2) == 0 ? 4 : 24)));
        pattern = _random.Next(3) switch
        {
            0 => pattern.ToUpperInvariant(),
            1 => pattern.ToLowerInvariant(),
            _ => pattern,
        };
        // What cannot be sent in UTF-8 cannot be asked for.
        pattern = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(pattern)).Replace("\ufffd", "", StringComparison.Ordinal);
        return pattern.Length == 0 ? "the" : _random.Next(12) == 0 ? pattern + "q" : pattern;
    }

    private string Body(int depth) => _random.Next(depth < 2 ? 6 : 3) switch
    {
        3 => Multipart("alternative", depth),
        4 => Multipart("mixed", depth),
        5 => "Content-Type: message/rfc822\r\n\r\nSubject: " + Encoded(2) + "\r\n" + Body(depth + 1),
        _ => Text(),
    };

    private string Multipart(string subtype, int depth)
    {
        var boundary = "b" + _random.Next();
        var text = new StringBuilder($"Content-Type: multipart/{subtype}; boundary={boundary}\r\n\r\npreamble\r\n");
        for (var i = _random.Next(1, 4); i > 0; i--)
            text.Append("--").Append(boundary).Append("\r\n").Append(Body(depth + 1)).Append("\r\n");
        if (_random.Next(2) == 0)
            text.Append("--").Append(boundary).Append("\r\nContent-Type: application/octet-stream\r\n\r\n").Append(Words("us-ascii", 5)).Append("\r\n");
        return text.Append("--").Append(boundary).Append("--\r\n").ToString();
    }

    private string Text()
    {
        var (charset, words) = Languages[_random.Next(Languages.Length)];
        var lines = string.Concat(Enumerable.Range(0, _random.Next(1, 8)).Select(_ => Sentence(words, _random.Next(1, 9)) + "\r\n"));
        Remember(lines);
        var octets = Raw(lines, charset);
        var (encoding, body) = _random.Next(3) switch
        {
            0 => ("base64", Convert.ToBase64String(Encoding.Latin1.GetBytes(octets), Base64FormattingOptions.InsertLineBreaks)),
            1 => ("quoted-printable", string.Concat(octets.Select((c, i) => c is '\r' or '\n' || (c is > ' ' and < (char)127 && c != '=' && i % 9 != 0) ? c.ToString() : $"={(int)c:X2}"))),
            _ => ("8bit", octets),
        };
        return $"Content-Type: text/{Pick("plain", "html")}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n";
    }

    private string Encoded(int words)
    {
        var text = Sentence(words);
        var octets = Encoding.UTF8.GetBytes(text);
        return _random.Next(2) == 0 ? $"=?utf-8?B?{Convert.ToBase64String(octets)}?=" : "=?utf-8?Q?" + string.Concat(octets.Select(octet => $"={octet:X2}")) + "?=";
    }

    private string Words(string charset, int count) => Sentence(Languages.First(language => language.Charset == charset).Words, count);

    private string Sentence(int count) => Sentence(Languages[_random.Next(Languages.Length)].Words, count);

    private string Sentence(string[] words, int count)
    {
        var text = string.Join(Pick(" ", " ", ", ", "-", ""), Enumerable.Range(0, count).Select(_ => words[_random.Next(words.Length)]));
        Remember(text);
        return text;
    }

    private void Remember(string text)
    {
        if (text.Length > 0)
            _texts.Add(text);
    }

    private static string Raw(string text, string charset)
    {
        var encoding = charset == "x-unknown" ? Encoding.UTF8 : Encoding.GetEncoding(charset);
        return Encoding.Latin1.GetString(encoding.GetBytes(text));
    }

    private string Pick(params string[] choices) => choices[_random.Next(choices.Length)];
}
