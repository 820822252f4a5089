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
    public static Range? Find(MimePart root, ReadOnlySpan<int> path, SectionText text) => throw new NotImplementedException();
}
