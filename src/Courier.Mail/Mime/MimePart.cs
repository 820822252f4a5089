namespace Courier.Mail.Mime;

/// <summary>One part of a message, by offsets into its bytes (RFC 2045, RFC 2046). The root is the message itself.</summary>
public sealed class MimePart
{
    /// <summary>Where the part's header begins, in bytes from the start of the message.</summary>
    public int HeaderStart { get; internal set; }

    /// <summary>Header with the empty line that ends it.</summary>
    public int HeaderLength { get; internal set; }

    public int BodyStart { get; internal set; }

    public int BodyLength { get; internal set; }

    /// <summary>Lines of the body, as BODYSTRUCTURE counts them (RFC 3501 §7.4.2).</summary>
    public int BodyLines { get; internal set; }

    /// <summary>Lower case, as "text"; "text/plain" when the header says nothing or nonsense (RFC 2045 §5.2).</summary>
    public string Type { get; internal set; } = "text";

    public string Subtype { get; internal set; } = "plain";

    /// <summary>Parameters of Content-Type in order of appearance, names in lower case, RFC 2231 pieces joined and decoded.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Parameters { get; internal set; } = [];

    /// <summary>Lower case; "7bit" when absent.</summary>
    public string TransferEncoding { get; internal set; } = "7bit";

    public bool IsMultipart => Type == "multipart";

    /// <summary>message/rfc822 (and message/global): <see cref="Children"/> holds the one root of the message inside.
    /// False where that message is hidden by a transfer encoding (RFC 2046 §5.2.1) or a limit.</summary>
    public bool IsMessage { get; internal set; }

    public IReadOnlyList<MimePart> Children { get; internal set; } = [];

    /// <summary>The parameters as they go over the wire: RFC 2231 pieces joined, not decoded; characters are octets.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> WireParameters { get; set; } = [];
}
