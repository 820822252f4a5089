using System.Buffers;
using System.Text;
using Courier.IO.Wire;

namespace Courier.Tests.IO;

/// <summary>Every mix of CR, LF, dot, NUL and a letter, up to a length, on the way in and on the way out. The reference is written over
/// whole strings, without states.</summary>
public sealed class EndOfDataMatrixTests
{
    private static readonly char[] _octets = ['\r', '\n', '.', '\0', 'a'];

    // 5^7 strings, 78,125; a state too many or too few of the decoder shows within four.
    private static int Longest => Environment.GetEnvironmentVariable("COURIER_TEST_LONG") == "1" ? 9 : 7;

    [Fact]
    public void After_DATA_only_CRLF_dot_CRLF_ends_and_every_line_end_becomes_whole()
    {
        foreach (var mix in Mixes())
        {
            // The end that the client means, and a command behind it.
            var stream = mix + "\r\n.\r\nNOOP";
            // The CRLF of the command line counts as the first (RFC 5321 §4.1.1.4).
            var end = ("\r\n" + stream).IndexOf("\r\n.\r\n", StringComparison.Ordinal);
            var text = stream[..end];
            var expected = Whole(Undotted(text));
            Assert.Equal((expected, stream[(end + 3)..]), Decode(stream, stream.Length));
            Assert.Equal((expected, stream[(end + 3)..]), Decode(stream, 1));
        }
    }

    [Fact]
    public void After_BDAT_nothing_ends_and_every_line_end_becomes_whole()
    {
        foreach (var mix in Mixes())
        {
            Assert.Equal(Whole(mix), Take(mix, mix.Length + 1));
            Assert.Equal(Whole(mix), Take(mix, 1));
        }
    }

    [Fact]
    public void No_receiver_however_lax_finds_an_end_in_what_goes_out()
    {
        foreach (var mix in Mixes())
        {
            var sent = Encode(mix);
            Assert.EndsWith("\r\n.\r\n", "\r\n" + sent, StringComparison.Ordinal);
            var inside = "\r\n" + sent[..^3];
            // Whole line ends alone, and so no dot alone in a line for those either who take a bare CR or LF for one.
            Assert.Equal(inside, Whole(inside));
            Assert.DoesNotContain("\n.\r", inside, StringComparison.Ordinal);
            Assert.DoesNotContain("\n.\n", inside, StringComparison.Ordinal);
            Assert.DoesNotContain("\r.\r", inside, StringComparison.Ordinal);
            Assert.DoesNotContain("\r.\n", inside, StringComparison.Ordinal);
            // And what was taken in goes out and comes in again as it was.
            var lines = Whole(mix);
            Assert.Equal((lines.Length == 0 || lines.EndsWith("\r\n", StringComparison.Ordinal) ? lines : lines + "\r\n", ""), Decode(sent, sent.Length));
        }
    }

    private static IEnumerable<string> Mixes()
    {
        var mix = new char[Longest];
        for (var length = 0; length <= Longest; length++)
        {
            var count = (int)Math.Pow(_octets.Length, length);
            for (var number = 0; number < count; number++)
            {
                for (var (i, rest) = (0, number); i < length; i++, rest /= _octets.Length)
                    mix[i] = _octets[rest % _octets.Length];
                yield return new string(mix, 0, length);
            }
        }
    }

    /// <summary>A dot is taken off where a true CRLF began its line.</summary>
    private static string Undotted(string text) => ("\r\n" + text).Replace("\r\n.", "\r\n", StringComparison.Ordinal)[2..];

    private static string Whole(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Replace("\n", "\r\n", StringComparison.Ordinal);

    private static (string Text, string Left) Decode(string stream, int piece)
    {
        var decoder = default(EndOfDataDecoder);
        var text = new StringBuilder();
        var bytes = Encoding.Latin1.GetBytes(stream);
        var at = 0;
        while (at < bytes.Length && !decoder.IsEnded)
        {
            ReadOnlySpan<byte> input = bytes.AsSpan(at, Math.Min(piece, bytes.Length - at));
            var before = input.Length;
            while (decoder.TryRead(ref input, out var taken))
                text.Append(Encoding.Latin1.GetString(taken));
            at += before - input.Length;
        }

        return (text.ToString(), stream[at..]);
    }

    private static string Take(string chunk, int piece)
    {
        var decoder = default(LineEndDecoder);
        var text = new StringBuilder();
        foreach (var part in Encoding.Latin1.GetBytes(chunk).Chunk(piece))
        {
            ReadOnlySpan<byte> input = part;
            while (decoder.TryRead(ref input, out var taken))
                text.Append(Encoding.Latin1.GetString(taken));
        }

        return text.ToString();
    }

    private static string Encode(string text)
    {
        var encoder = default(EndOfDataEncoder);
        var output = new ArrayBufferWriter<byte>();
        encoder.Write(Encoding.Latin1.GetBytes(text), output);
        encoder.Finish(output);
        return Encoding.Latin1.GetString(output.WrittenSpan);
    }
}
