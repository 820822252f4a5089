using System.Globalization;
using System.Text;

namespace Courier.Imap.Responses;

/// <summary>Numbers as a sequence-set (RFC 3501 §9) in the order given: only what counts upwards becomes a range (RFC 5267 §3.2).</summary>
internal static class SetText
{
    public static string Of(IReadOnlyList<uint> numbers)
    {
        var text = new StringBuilder();
        for (var at = 0; at < numbers.Count;)
        {
            var end = at;
            while (end + 1 < numbers.Count && numbers[end + 1] == numbers[end] + 1)
                end++;
            text.Append(at > 0 ? "," : "").Append(CultureInfo.InvariantCulture, $"{numbers[at]}");
            if (end > at)
                text.Append(CultureInfo.InvariantCulture, $":{numbers[end]}");
            at = end + 1;
        }

        return text.ToString();
    }
}
