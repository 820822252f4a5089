namespace Courier.Mail.Mime;

/// <summary>What BODY[section] names (RFC 3501 §6.4.5).</summary>
public enum SectionText
{
    /// <summary>The part itself: BODY[], BODY[1.2].</summary>
    Content,

    /// <summary>HEADER: the header of the message, or of the message inside a message/rfc822 part.</summary>
    Header,

    /// <summary>HEADER.FIELDS.</summary>
    HeaderFields,

    /// <summary>HEADER.FIELDS.NOT.</summary>
    HeaderFieldsNot,

    /// <summary>TEXT: the body without that header.</summary>
    Text,

    /// <summary>MIME: the part's own MIME header.</summary>
    Mime,
}

/// <summary>Finds the bytes that a section names.</summary>
public static class MimeSection
{
    /// <summary>The range of a section that is a range; null where the message has no such part. For HeaderFields and
    /// HeaderFieldsNot it gives the whole header, to be filtered by <see cref="Headers.HeaderFilter"/>.</summary>
    /// <param name="root">The message.</param>
    /// <param name="path">Part numbers from 1, as in BODY[1.2]; empty for the message.</param>
    /// <param name="text">What of it.</param>
    public static Range? Find(MimePart root, ReadOnlySpan<int> path, SectionText text)
    {
        if (path.IsEmpty)
            return OfMessage(root, text);
        if (Part(root, path) is not { } part)
            return null;
        return text switch
        {
            SectionText.Content => Body(part),
            SectionText.Mime => Header(part),
            // The others exist for message/rfc822 parts only, and mean the message inside.
            _ => part.IsMessage ? OfMessage(part.Children[0], text) : null,
        };
    }

    /// <summary>The part of that number, or null. For consumers that want its type, too.</summary>
    public static MimePart? Part(MimePart root, ReadOnlySpan<int> path)
    {
        var part = root;
        var isMessage = true; // whether a number counts inside a message or inside a part
        foreach (var number in path)
        {
            if (!isMessage && part.IsMessage)
            {
                part = part.Children[0];
                isMessage = true;
            }
            if (part.IsMultipart)
            {
                if (number == 1 && part.Children.Count == 0)
                    return Empty(part);
                if (number < 1 || number > part.Children.Count)
                    return null;
                part = part.Children[number - 1];
            }
            else if (number != 1 || !isMessage)
                return null; // "every message has at least one part number": its only part is 1
            isMessage = false;
        }
        return part;
    }

    /// <summary>The part that BODYSTRUCTURE shows in a multipart without any, since the grammar asks for one.</summary>
    private static MimePart Empty(MimePart multipart) =>
        new() { HeaderStart = multipart.BodyStart, BodyStart = multipart.BodyStart };

    private static Range? OfMessage(MimePart message, SectionText text) => text switch
    {
        SectionText.Content => message.HeaderStart..(message.BodyStart + message.BodyLength),
        SectionText.Header or SectionText.HeaderFields or SectionText.HeaderFieldsNot => Header(message),
        SectionText.Text => Body(message),
        _ => null, // MIME needs a part number
    };

    private static Range Header(MimePart part) => part.HeaderStart..(part.HeaderStart + part.HeaderLength);

    private static Range Body(MimePart part) => part.BodyStart..(part.BodyStart + part.BodyLength);
}
