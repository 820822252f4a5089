namespace Courier.Shared.Imap;

/// <summary>Messages that were made to exhaust whoever reads them.</summary>
internal static class HostileMessages
{
    private const int Megabyte = 1024 * 1024;

    internal static IReadOnlyList<string> Kinds { get; } =
        ["parts", "levels", "nested messages", "header", "fields", "references", "parameters", "encoded words", "addresses", "boundaries"];

    internal static string Of(string kind) => kind switch
    {
        "parts" => "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + string.Concat(Enumerable.Repeat("--b\r\n\r\n", 1_000_000)) + "--b--\r\n",
        "levels" => string.Concat(Enumerable.Range(0, 10_000).Select(i => $"Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n")) + "\r\nx\r\n",
        "nested messages" => string.Concat(Enumerable.Repeat("Content-Type: message/rfc822\r\n\r\n", 10_000)) + "\r\nx\r\n",
        "header" => "Subject: x\r\nX-Long: " + new string('y', 10 * Megabyte) + "\r\n\r\nx\r\n",
        "fields" => string.Concat(Enumerable.Range(0, 500_000).Select(i => $"X-{i}: y\r\n")) + "\r\nx\r\n",
        "references" => "Message-ID: <m@x>\r\nReferences:" + string.Concat(Enumerable.Range(0, 200_000).Select(i => $"\r\n <{i}@x>")) + "\r\n\r\nx\r\n",
        "parameters" => "Content-Type: text/plain" + string.Concat(Enumerable.Range(0, 200_000).Select(i => $";\r\n name*{i}*=%61")) + "\r\n\r\nx\r\n",
        "encoded words" => "Subject:" + string.Concat(Enumerable.Repeat("\r\n =?utf-8?Q?=C3=A9?=", 200_000)) + "\r\n\r\nx\r\n",
        "addresses" => "To: " + string.Concat(Enumerable.Repeat("a:b,", 200_000)) + string.Concat(Enumerable.Repeat("(", 100_000)) + "\r\n\r\nx\r\n",
        _ => "Content-Type: multipart/mixed; boundary=\"" + new string('b', 70) + "\"\r\n\r\n" + string.Concat(Enumerable.Repeat("--" + new string('b', 69) + "\r\n", 50_000)) + "x\r\n",
    };
}
