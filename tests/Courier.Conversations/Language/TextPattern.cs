using System.Text;
using System.Text.RegularExpressions;

namespace Courier.Conversations.Language;

/// <summary>Compares one run of text with a pattern that may hold `…` and variables.</summary>
public static class TextPattern
{
    public static bool Match(string pattern, string text, Bindings bindings, bool ignoreCase = false)
    {
        var names = new List<string>();
        var expression = Translate(pattern, bindings, names);
        var options = RegexOptions.Singleline | RegexOptions.CultureInvariant | (ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None);
        var match = Regex.Match(text, expression, options, TimeSpan.FromSeconds(5));
        if (!match.Success)
            return false;
        foreach (var name in names)
            bindings.Set(name, match.Groups[name].Value);
        return true;
    }

    private static string Translate(string pattern, Bindings bindings, List<string> names)
    {
        var expression = new StringBuilder("^");
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == Template.Any)
            {
                expression.Append(".*?");
            }
            else if (pattern[i] == Template.VariableStart)
            {
                var end = pattern.IndexOf(Template.VariableEnd, i);
                var name = pattern[(i + 1)..end];
                i = end;
                if (bindings.Find(name) is { } known)
                    expression.Append(Regex.Escape(known));
                else if (names.Contains(name))
                    expression.Append(@"\k<").Append(name).Append('>');
                else
                    expression.Append("(?<").Append(name).Append(@">[^\s\])]+?)");
                if (bindings.Find(name) is null && !names.Contains(name))
                    names.Add(name);
            }
            else
            {
                expression.Append(Regex.Escape(pattern[i].ToString()));
            }
        }
        return expression.Append(@"\z").ToString();
    }
}
