using System.Text;
using Courier.Mail.Headers;

namespace Courier.Mail.Mime;

/// <summary>Changes to the parts of a message, collected and then made in one go: what none of them names stays octet by octet as it is.</summary>
/// <param name="message">The whole message, whose parts are edited.</param>
public sealed class PartEdits(ReadOnlyMemory<byte> message)
{
    private readonly List<Edit> _edits = [];

    public bool IsEmpty => _edits.Count == 0;

    /// <summary>Says in the part's header what its body is encoded in: in the place of the field that says so now, else at the header's end.</summary>
    /// <remarks>A second field of the name says nothing that counts, and goes.</remarks>
    /// <param name="part">Of the message.</param>
    /// <param name="encoding">As <c>quoted-printable</c>.</param>
    public void SetEncoding(MimePart part, string encoding)
    {
        var header = message.Span.Slice(part.HeaderStart, part.HeaderLength);
        var line = Encoding.ASCII.GetBytes("Content-Transfer-Encoding: " + encoding);
        var isSaid = false;
        foreach (var field in new HeaderReader(header))
        {
            if (!Ascii.EqualsIgnoreCase(header[field.Name], "Content-Transfer-Encoding"u8))
                continue;
            var end = field.Start + field.Length;
            if (isSaid)
                Replace(part.HeaderStart + field.Start, field.Length + LineEndLength(header[end..]), static _ => { });
            else
                Replace(part.HeaderStart + field.Start, field.Length, write => write(line));
            isSaid = true;
        }

        if (!isSaid)
            AddField(part, line);
    }

    /// <summary>Makes a message of before MIME one that may have an encoding.</summary>
    /// <param name="root">A whole message, or one within another.</param>
    /// <param name="type">The value of Content-Type, where it has none.</param>
    public void BecomeMime(MimePart root, string type)
    {
        var header = message.Span.Slice(root.HeaderStart, root.HeaderLength);
        if (HeaderReader.Find(header, "MIME-Version"u8) is null)
            AddField(root, "MIME-Version: 1.0"u8.ToArray());
        if (HeaderReader.Find(header, "Content-Type"u8) is null)
            AddField(root, Encoding.ASCII.GetBytes("Content-Type: " + type));
    }

    /// <summary>Puts something else in the place of a part's body.</summary>
    /// <param name="part">One without parts inside.</param>
    /// <param name="body">Writes it, in pieces.</param>
    public void SetBody(MimePart part, Action<Action<ReadOnlySpan<byte>>> body) => Replace(part.BodyStart, part.BodyLength, body);

    /// <summary>The message as it is with the changes.</summary>
    /// <param name="write">Takes it, in pieces.</param>
    public void Apply(Action<ReadOnlySpan<byte>> write)
    {
        var at = 0;
        foreach (var edit in _edits.OrderBy(static edit => edit.Start))
        {
            write(message.Span[at..edit.Start]);
            edit.Write(write);
            at = edit.Start + edit.Length;
        }

        write(message.Span[at..]);
    }

    private void AddField(MimePart part, byte[] line)
    {
        var header = message.Span.Slice(part.HeaderStart, part.HeaderLength);
        var end = header.Length - (HeaderReader.EndsWithEmptyLine(header) ? header.EndsWith("\r\n"u8) ? 2 : 1 : 0);
        var isOpen = end > 0 && header[end - 1] != (byte)'\n';
        Replace(part.HeaderStart + end, 0, write =>
        {
            if (isOpen)
                write("\r\n"u8);
            write(line);
            if (!isOpen)
                write("\r\n"u8);
        });
    }

    private void Replace(int start, int length, Action<Action<ReadOnlySpan<byte>>> write) => _edits.Add(new(start, length, write));

    private static int LineEndLength(ReadOnlySpan<byte> text) => text is [(byte)'\r', (byte)'\n', ..] ? 2 : Math.Min(1, text.Length);

    private readonly record struct Edit(int Start, int Length, Action<Action<ReadOnlySpan<byte>>> Write);
}
