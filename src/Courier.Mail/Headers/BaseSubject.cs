using System.Text;

namespace Courier.Mail.Headers;

/// <summary>What is left of a subject without "Re:", "Fwd:", "[list]" and their like: the base subject of RFC 5256 §2.1, for sorting and
/// threads. The one place where it is found out.</summary>
/// <param name="Text">The base subject; its case is kept.</param>
/// <param name="IsReplyOrForward">Whether something was taken away that replies and forwarded messages have.</param>
public readonly record struct BaseSubject(string Text, bool IsReplyOrForward)
{
    /// <summary>Of a decoded subject.</summary>
    public static BaseSubject Of(string subject)
    {
        // Step 1: tabs and folds are spaces, and several are one.
        var text = Collapse(subject).AsSpan();
        var isReply = false;
        while (true)
        {
            isReply |= TrimTrailers(ref text);
            isReply |= TrimLeaders(ref text);
            // Step 6: "[fwd:" … "]" around the rest; then all again.
            if (!text.StartsWith("[fwd:", StringComparison.OrdinalIgnoreCase) || text[^1] != ']')
                return new(text.ToString(), isReply);
            text = text["[fwd:".Length..^1];
            isReply = true;
        }
    }

    // Step 2: subj-trailer = "(fwd)" / WSP
    private static bool TrimTrailers(ref ReadOnlySpan<char> text)
    {
        const string forwarded = "(fwd)";
        var found = false;
        while (true)
        {
            text = text.TrimEnd(' ');
            if (!text.EndsWith(forwarded, StringComparison.OrdinalIgnoreCase))
                return found;
            text = text[..^forwarded.Length];
            found = true;
        }
    }

    // Steps 3 to 5: subj-leader = (*subj-blob subj-refwd) / WSP, and blobs that leave something behind.
    private static bool TrimLeaders(ref ReadOnlySpan<char> text)
    {
        var found = false;
        while (true)
        {
            text = text.TrimStart(' ');
            var rest = text;
            while (TryBlob(ref rest))
            {
            }

            if (TryReplyOrForward(ref rest))
            {
                text = rest;
                found = true;
                continue;
            }

            rest = text;
            if (!TryBlob(ref rest) || IsEmptyBase(rest))
                return found;
            text = rest;
        }
    }

    // Step 4: a blob goes only where a base is left.
    private static bool IsEmptyBase(ReadOnlySpan<char> text) => text.Trim(' ').IsEmpty;

    // subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
    private static bool TryReplyOrForward(ref ReadOnlySpan<char> text)
    {
        var rest = text;
        if (rest.StartsWith("re", StringComparison.OrdinalIgnoreCase))
            rest = rest[2..];
        else if (rest.StartsWith("fwd", StringComparison.OrdinalIgnoreCase))
            rest = rest[3..];
        else if (rest.StartsWith("fw", StringComparison.OrdinalIgnoreCase))
            rest = rest[2..];
        else
            return false;
        rest = rest.TrimStart(' ');
        TryBlob(ref rest);
        if (rest.IsEmpty || rest[0] != ':')
            return false;
        text = rest[1..];
        return true;
    }

    // subj-blob = "[" *BLOBCHAR "]" *WSP ; BLOBCHAR is anything but brackets
    private static bool TryBlob(ref ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text[0] != '[')
            return false;
        var end = text[1..].IndexOfAny('[', ']') + 1;
        if (end == 0 || text[end] != ']')
            return false;
        text = text[(end + 1)..].TrimStart(' ');
        return true;
    }

    private static string Collapse(string subject)
    {
        var text = new StringBuilder(subject.Length);
        foreach (var c in subject)
        {
            var isSpace = c is ' ' or '\t' or '\r' or '\n';
            if (!isSpace)
                text.Append(c);
            else if (text.Length == 0 || text[^1] != ' ')
                text.Append(' ');
        }

        return text.ToString();
    }
}
