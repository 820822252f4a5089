using System.Text;

namespace Courier.Fuzz;

/// <summary>Messages and values that the mail parsers are begun with, and how they are bent: splice, repeat, nest, cut, flip.</summary>
internal static class MailSeeds
{
    public static IReadOnlyList<byte[]> Messages { get; } =
    [
        .. new[]
        {
            "",
            "\n",
            "Subject: x\n\nbody\n",
            "From: Ada <ada@example.org>\nTo: \"B, C\" <b@c>, g: d@e, <@r,@s:f@g>;, h (i)\nSubject: =?utf-8?q?=C3=A4?=\n =?utf-8?b?w6Q=?=\n"
                + "Date: Sat, 21 Nov 2026 01:02:03 +0000 (c)\nMessage-ID: <a@b>\nIn-Reply-To: <c@d>\n\nbody",
            "Content-Type: multipart/mixed; boundary=\"b\"\n\npre\n--b\n\none\n--b\nContent-Type: image/png; name*0*=utf-8''%e2%82;\n"
                + " name*1*=%ac\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=\"a\\\"b\"\n\nYWJj\n--b--\npost\n",
            "Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: 1\n\none\n--d\nContent-Type: text/plain\n\ntwo\n--d--",
            "Content-Type: message/rfc822 (c (d))\n\nContent-Type: multipart/alternative; boundary=i\n\n--i\n\n--i\nContent-Language: de, en\n\n--i--\n",
            "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=ab\n\n--ab\n\nx\n--ab--\n--a\n\ny\n--a--\n",
            "Content-Type: multipart/mixed\n\n--\n--x\n",
            "no colon\n: empty\nX : y\n folded\n\t\n\nb",
            "Content-Type: text/plain; charset=\"iso-2022-jp\"\nContent-Transfer-Encoding: quoted-printable\n\n=1B$B%K =\n=zz=\n",
        }.Select(text => Encoding.Latin1.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal))),
    ];

    private static readonly string[] Pieces =
    [
        "\r\n", "\n", "\r", "\r\n\r\n", "--", "--b", "\r\n--b\r\n", "--b--", "--a", "--ab", "\r\n--d\r\n", "Content-Type: ", "multipart/mixed; boundary=b\r\n",
        "message/rfc822\r\n\r\n", "Content-Transfer-Encoding: 8bit\r\n", "boundary=\"", "(", ")", "\\", "\"", ";", ":", ",", "<", ">", "@", "=", "*0*=", "%41", "'",
        "=?utf-8?q?", "?=", "=?b?b?", "=", "+", "&", "-", " ", "\t", "\0", "\u00ff", "\u00c3\u00a4", "x*0=a;", "g:", "To: ", "a@b, ",
    ];

    /// <summary>Endless, and the same for the same seed.</summary>
    public static IEnumerable<byte[]> Mutations(int seed)
    {
        // Not for secrets: it has to be repeatable.
        var random = new Random(seed);
        while (true)
        {
            var text = new List<byte>(Messages[random.Next(Messages.Count)]);
            for (var i = random.Next(1, 6); i > 0; i--)
                Mutate(text, random);
            yield return [.. text];
        }
    }

    private static void Mutate(List<byte> text, Random random)
    {
        var at = random.Next(text.Count + 1);
        switch (random.Next(7))
        {
            case 0: // splice in another message
                var other = Messages[random.Next(Messages.Count)];
                text.InsertRange(at, other.AsSpan(random.Next(other.Length + 1)).ToArray());
                break;
            case 1: // a meaningful piece, once or often
                var piece = Encoding.Latin1.GetBytes(Pieces[random.Next(Pieces.Length)]);
                for (var i = random.Next(3) == 0 ? random.Next(200) : 1; i > 0; i--)
                    text.InsertRange(at, piece);
                break;
            case 2: // cut off the end
                text.RemoveRange(at, text.Count - at);
                break;
            case 3: // take something out
                text.RemoveRange(at, Math.Min(random.Next(20), text.Count - at));
                break;
            case 4: // repeat something
                text.InsertRange(at, text.GetRange(at, Math.Min(random.Next(60), text.Count - at)));
                break;
            case 5 when text.Count > 0: // flip an octet
                text[random.Next(text.Count)] = (byte)random.Next(256);
                break;
            default: // nest
                var boundary = "n" + random.Next(3);
                text.InsertRange(0, Encoding.ASCII.GetBytes($"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n--{boundary}\r\n"));
                text.AddRange(Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n"));
                break;
        }
    }
}
