using System.Globalization;
using System.Text;
using Courier.Mailboxes;

namespace Courier.Imap.Responses;

/// <summary>Numbers as a sequence-set (RFC 3501 §9, RFC 4315 §3) in the order given: only what counts upwards becomes a range (RFC 5267 §3.2).</summary>
internal static class SetText
{
    public static string Of(IEnumerable<Uid> uids) => Of(uids.Select(static uid => uid.Value));

    public static string Of(IEnumerable<uint> numbers)
    {
        var text = new StringBuilder();
        foreach (var (first, last) in Runs(numbers))
        {
            text.Append(text.Length > 0 ? "," : "").Append(CultureInfo.InvariantCulture, $"{first}");
            if (last > first)
                text.Append(CultureInfo.InvariantCulture, $":{last}");
        }

        return text.ToString();
    }

    public static IEnumerable<(uint First, uint Last)> Runs(IEnumerable<uint> numbers)
    {
        (uint First, uint Last)? run = null;
        foreach (var number in numbers)
        {
            if (run is { } open && number == open.Last + 1)
            {
                run = (open.First, number);
                continue;
            }

            if (run is { } ended)
                yield return ended;
            run = (number, number);
        }

        if (run is { } last)
            yield return last;
    }
}
