namespace Courier.Mailboxes.Content;

/// <summary>Line ends: CRLF on the wire, LF in a Maildir (other programs expect it so).</summary>
/// <remarks>To disk, the CR of a CRLF goes unless another CR stands before it; to the wire, an LF without a CR before it gets one.
/// So whatever has no bare LF comes back byte for byte, and a file with CRLF (some program's work) is served as it is.</remarks>
internal static class LineEnds
{
    private const byte Cr = (byte)'\r';
    private const byte Lf = (byte)'\n';

    /// <summary>Octets that <see cref="ToWire"/> makes of it. <paramref name="before"/> is the octet before, 0 at the start.</summary>
    internal static long WireLength(ReadOnlySpan<byte> disk, byte before = 0)
    {
        var bare = (long)disk.Count(Lf);
        if (!disk.IsEmpty && disk[0] == Lf && before == Cr)
            bare--;
        for (var rest = disk; ;)
        {
            var at = rest.IndexOf("\r\n"u8);
            if (at < 0)
                return disk.Length + bare;
            bare--;
            rest = rest[(at + 2)..];
        }
    }

    /// <summary>LF to CRLF; <paramref name="wire"/> must have room for <see cref="WireLength"/>. Returns what it wrote.</summary>
    internal static int ToWire(ReadOnlySpan<byte> disk, Span<byte> wire)
    {
        var written = 0;
        byte before = 0;
        while (true)
        {
            var at = disk.IndexOf(Lf);
            if (at < 0)
            {
                disk.CopyTo(wire[written..]);
                return written + disk.Length;
            }

            disk[..at].CopyTo(wire[written..]);
            written += at;
            if ((at > 0 ? disk[at - 1] : before) != Cr)
                wire[written++] = Cr;
            wire[written++] = Lf;
            before = Lf;
            disk = disk[(at + 1)..];
        }
    }

    /// <summary>CRLF to LF in one pass over pieces of any size: a CR at the end of a piece waits for the next one.</summary>
    internal struct ToDisk
    {
        private byte _before;
        private bool _crWaits;

        /// <summary>Octets handed out so far.</summary>
        internal long Written { get; private set; }

        /// <summary>Octets that they make on the wire.</summary>
        internal long Wire { get; private set; }

        /// <summary><paramref name="output"/> must have room for one octet more than <paramref name="input"/>.</summary>
        internal int Convert(ReadOnlySpan<byte> input, Span<byte> output)
        {
            var written = 0;
            while (!input.IsEmpty)
            {
                if (_crWaits)
                {
                    _crWaits = false;
                    // The CR goes only as half of a plain CRLF; \r\r\n keeps both, or reading it back would make one of them.
                    if (input[0] != Lf || _before == Cr)
                        written += Put(Cr, output[written..]);
                    if (input[0] == Lf)
                    {
                        written += Put(Lf, output[written..]);
                        input = input[1..];
                        continue;
                    }
                }

                var at = input.IndexOf(Cr);
                var plain = at < 0 ? input : input[..at];
                if (!plain.IsEmpty)
                {
                    plain.CopyTo(output[written..]);
                    Wire += WireLength(plain, _before);
                    _before = plain[^1];
                    Written += plain.Length;
                    written += plain.Length;
                }

                _crWaits = at >= 0;
                input = at < 0 ? default : input[(at + 1)..];
            }

            return written;
        }

        /// <summary>The CR that the message ends in, if it does.</summary>
        internal int Finish(Span<byte> output)
        {
            if (!_crWaits)
                return 0;
            _crWaits = false;
            return Put(Cr, output);
        }

        private int Put(byte octet, Span<byte> output)
        {
            output[0] = octet;
            Wire += octet == Lf && _before != Cr ? 2 : 1;
            _before = octet;
            Written++;
            return 1;
        }
    }
}
