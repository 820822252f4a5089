using System.Globalization;
using System.Text.RegularExpressions;

namespace Courier.Conversations.Language;

/// <summary>Which messages a run of EXPUNGE responses removes, whatever the order: each response shifts the numbers of the later ones.</summary>
/// <remarks>RFC 3501 §7.4.1: "* 3 EXPUNGE, * 3 EXPUNGE" and "* 4 EXPUNGE, * 3 EXPUNGE" remove the same two messages.</remarks>
public sealed partial class ExpungeOrder
{
    private readonly HashSet<int> _wanted;
    private readonly List<int> _removed = [];

    /// <summary>Takes the EXPUNGE lines with a number out of the expected ones.</summary>
    public ExpungeOrder(List<string> expected)
    {
        var lines = expected.Where(line => Numbered().IsMatch(line)).ToList();
        expected.RemoveAll(lines.Contains);
        var removed = new List<int>();
        foreach (var line in lines)
            removed.Add(Original(Number(line), removed));
        _wanted = [.. removed];
    }

    public bool IsWaiting => _wanted.Count > 0;

    public IEnumerable<string> Missing => _wanted.Select(number => $"* EXPUNGE of what was message {number}");

    /// <summary>True if the response removes one of the messages meant.</summary>
    public bool Take(string response)
    {
        if (!Numbered().IsMatch(response) || (_wanted.Count == 0 && _removed.Count == 0))
            return false;
        var original = Original(Number(response), _removed);
        _removed.Add(original);
        return _wanted.Remove(original);
    }

    /// <summary>The number that the message had before those already removed went away.</summary>
    private static int Original(int number, List<int> removed)
    {
        foreach (var gone in removed.Order())
        {
            if (gone <= number)
                number++;
        }
        return number;
    }

    private static int Number(string line) => int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\* \d+ EXPUNGE\z", RegexOptions.IgnoreCase)]
    private static partial Regex Numbered();
}
