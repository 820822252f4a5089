using System.Globalization;

namespace Courier.Mta.Reception.Access;

/// <summary>A list of domains as Courier has them: <c>example.org</c>; <c>.example.org</c> for all below it, not for itself; <c>!not.example.org</c> is an
/// exception to what comes after it; <c>*</c> is this host, <c>*.example.org</c> this host's first label below that domain. The first that fits counts.</summary>
public sealed class DomainSet
{
    private static readonly IdnMapping _idn = new();

    private readonly Dictionary<string, (int Place, bool IsIn)> _patterns = new(StringComparer.OrdinalIgnoreCase);

    public static DomainSet None { get; } = new([]);

    private DomainSet(IEnumerable<string> patterns)
    {
        foreach (var pattern in patterns)
        {
            var isIn = pattern[0] != '!';
            _patterns.TryAdd(isIn ? pattern : pattern[1..], (_patterns.Count, isIn));
        }
    }

    public bool IsEmpty => _patterns.Count == 0;

    public bool Contains(string domain)
    {
        if (IsEmpty)
            return false;
        var first = (Place: int.MaxValue, IsIn: false);
        if (_patterns.TryGetValue(domain, out var exact))
            first = exact;
        for (var dot = domain.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = domain.IndexOf('.', dot + 1))
        {
            if (_patterns.TryGetValue(domain[dot..], out var above) && above.Place < first.Place)
                first = above;
        }

        return first.IsIn;
    }

    /// <param name="words">Patterns.</param>
    /// <param name="hostName">Stands for the star.</param>
    /// <param name="wrong">The first that is none.</param>
    /// <returns>Null where one is none.</returns>
    public static DomainSet? Parse(IEnumerable<string> words, string hostName, out string wrong)
    {
        wrong = "";
        var patterns = new List<string>();
        foreach (var word in words)
        {
            if (Pattern(word, hostName) is not { } pattern)
            {
                wrong = word;
                return null;
            }

            patterns.Add(pattern);
        }

        return new DomainSet(patterns);
    }

    /// <summary>One pattern in each line, the first word of it.</summary>
    public static DomainSet Read(IReadOnlyList<SourceLine> lines, string hostName, ICollection<LineProblem> problems)
    {
        var patterns = new List<string>();
        foreach (var line in lines)
        {
            if (Pattern(line.Text.Split((char[]?)null, 2)[0], hostName) is { } pattern)
                patterns.Add(pattern);
            else
                problems.Add(new LineProblem(line.Path, line.Number, line.Text, "a domain, as example.org, .example.org or !not.example.org"));
        }

        return new DomainSet(patterns);
    }

    private static string? Pattern(string word, string hostName)
    {
        var sign = word.StartsWith('!') ? "!" : "";
        var rest = word[sign.Length..].TrimEnd('.');
        if (rest == "*")
            rest = hostName;
        else if (rest.StartsWith("*.", StringComparison.Ordinal))
            rest = hostName.Split('.')[0] + rest[1..];
        var dot = rest.StartsWith('.') ? "." : "";
        return NameOf(rest[dot.Length..]) is { } domain ? sign + dot + domain : null;
    }

    /// <summary>A domain as it is compared; null for what is none.</summary>
    internal static string? NameOf(string text)
    {
        try
        {
            var domain = _idn.GetAscii(text).ToLowerInvariant();
            return domain.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') ? domain : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
