using System.Net;

namespace Courier.MailAuth.DnsLists;

/// <summary>One list of addresses that is kept in the DNS (RFC 5782).</summary>
/// <param name="Zone">Where it stands.</param>
/// <param name="IsAllowList">Who is on it is let in, whatever the lists behind it say; else who is on it is refused.</param>
public sealed record DnsList(string Zone, bool IsAllowList)
{
    /// <summary>The answers that count; none: every one of 127.0.0.0/8 that is no complaint of the list itself.</summary>
    public IReadOnlyList<IPAddress> Answers { get; init; } = [];

    /// <summary>What the peer reads; null: what the list's TXT record says.</summary>
    public string? Text { get; init; }

    /// <summary>Reads lists with semicolons between them: <c>allow list.example.org; block bl.example.org/127.0.0.2/127.0.0.3 Text</c>.</summary>
    /// <returns>Null where one is malformed.</returns>
    public static IReadOnlyList<DnsList>? ParseAll(string text)
    {
        var lists = new List<DnsList>();
        foreach (var item in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (Parse(item) is not { } list)
                return null;
            lists.Add(list);
        }

        return lists;
    }

    private static DnsList? Parse(string item)
    {
        var words = item.Split(' ', 3, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (words is not ["allow" or "block", var where, ..])
            return null;
        var parts = where.Split('/');
        var answers = new List<IPAddress>();
        foreach (var part in parts[1..])
        {
            if (!IPAddress.TryParse(part, out var answer) || part.Count(c => c == '.') != 3)
                return null;
            answers.Add(answer);
        }

        var zone = parts[0].TrimEnd('.').ToLowerInvariant();
        return zone.Length == 0 || zone.Any(static c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_'))
            ? null
            : new DnsList(zone, words[0] == "allow") { Answers = answers, Text = words.ElementAtOrDefault(2) };
    }
}

/// <summary>What the lists say of an address.</summary>
/// <param name="List">The first that has it; null: none.</param>
/// <param name="Text">Why, for a list that refuses: ours or the list's, with nothing in it but printable ASCII.</param>
public sealed record DnsListVerdict(DnsList? List, string Text)
{
    public static DnsListVerdict NotListed { get; } = new(null, "");

    public bool IsRefused => List is { IsAllowList: false };

    public bool IsAllowed => List is { IsAllowList: true };
}
