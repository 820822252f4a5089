using System.Text;
using Courier.Mail.Mime;
using Courier.Mailboxes;

namespace Courier.Imap.Grammar;

/// <summary>The items of a FETCH that need no section.</summary>
[Flags]
internal enum FetchAttributes
{
    None = 0,
    Uid = 1,
    Flags = 2,
    InternalDate = 4,
    Size = 8,
    Envelope = 16,
    Body = 32,
    BodyStructure = 64,
    ModSeq = 128,
    SaveDate = 256,
    EmailId = 512,
    ThreadId = 1024,
    Preview = 2048,

    /// <summary>PREVIEW only where it is at hand (RFC 8970 §3.2); here it always is.</summary>
    LazyPreview = 4096,
}

/// <summary>What is told of a section.</summary>
internal enum SectionForm
{
    /// <summary>Its octets: BODY.</summary>
    Raw,

    /// <summary>Its octets with the transfer encoding undone: BINARY (RFC 3516 §4.2).</summary>
    Binary,

    /// <summary>How many octets those are: BINARY.SIZE.</summary>
    BinarySize,
}

/// <summary>One BODY[section]&lt;partial&gt;, or one of the RFC822 names for the same.</summary>
/// <param name="Name">As it is echoed: <c>BODY[HEADER.FIELDS (To)]</c>, <c>RFC822.TEXT</c>.</param>
/// <param name="Path">Part numbers from 1; empty for the message.</param>
/// <param name="Text">What of the part.</param>
/// <param name="Fields">Names for HEADER.FIELDS and HEADER.FIELDS.NOT.</param>
/// <param name="Offset">First octet asked for; null for all.</param>
/// <param name="Length">Octets asked for, with an offset.</param>
/// <param name="SetsSeen">Whether fetching it marks the message as read.</param>
internal sealed record FetchSection(
    byte[] Name, int[] Path, SectionText Text, IReadOnlyList<string> Fields, uint? Offset, uint Length, bool SetsSeen)
{
    /// <summary>BODY or BINARY.</summary>
    public SectionForm Form { get; init; }

    /// <summary>Whether the header of the message is enough to answer.</summary>
    public bool NeedsHeaderOnly => Path.Length == 0 && Text is (SectionText.Header or SectionText.HeaderFields or SectionText.HeaderFieldsNot);
}

/// <summary>What a FETCH asks for (RFC 3501 §6.4.5).</summary>
/// <remarks>fetch-att = "ENVELOPE" / "FLAGS" / "INTERNALDATE" / "RFC822" [".HEADER" / ".SIZE" / ".TEXT"] /
/// "BODY" ["STRUCTURE"] / "MODSEQ" (RFC 7162) / "SAVEDATE" (RFC 8514) / "EMAILID" / "THREADID" (RFC 8474) / "PREVIEW" [SP "(LAZY)"] (RFC 8970) / "UID" / "BODY" section ["&lt;" number "." nz-number "&gt;"] / "BODY.PEEK" section [partial] /
/// "BINARY" [".PEEK"] section-binary [partial] / "BINARY.SIZE" section-binary (RFC 3516 §7)</remarks>
internal sealed record FetchItems(FetchAttributes Attributes, IReadOnlyList<FetchSection> Sections)
{
    public bool NeedsForms => (Attributes & (FetchAttributes.Envelope | FetchAttributes.Body | FetchAttributes.BodyStructure)) != 0;

    /// <summary>How much of a message the forms take.</summary>
    public FormsWanted FormsWanted =>
        (Attributes & (FetchAttributes.Body | FetchAttributes.BodyStructure)) != 0 ? FormsWanted.OfWhole
        : (Attributes & FetchAttributes.Size) != 0 ? FormsWanted.OfHeaderWithSize
        : FormsWanted.OfHeader;

    /// <summary>What the mailbox finds out of a message when somebody first asks.</summary>
    public bool NeedsFacts => (Attributes & (FetchAttributes.EmailId | FetchAttributes.ThreadId | FetchAttributes.Preview)) != 0;

    public bool SetsSeen { get; } = Sections.Any(section => section.SetsSeen);

    public static FetchItems Parse(ref ImapParser p)
    {
        var attributes = FetchAttributes.None;
        var sections = new List<FetchSection>();
        if (!p.TryByte((byte)'('))
        {
            if (!TryMacro(ref p, out attributes))
                Item(ref p, ref attributes, sections);
            return new(attributes, sections);
        }

        var count = 0;
        do
        {
            if (++count > p.Limits.FetchItems)
                throw new ImapSyntaxException("Too many items");
            Item(ref p, ref attributes, sections);
        }
        while (p.TrySpace());
        p.Expect((byte)')', "The list of items is not closed");
        return new(attributes, sections);
    }

    private static bool TryMacro(ref ImapParser p, out FetchAttributes attributes)
    {
        const FetchAttributes fast = FetchAttributes.Flags | FetchAttributes.InternalDate | FetchAttributes.Size;
        var probe = p;
        attributes = Encoding.ASCII.GetString(probe.Word()).ToUpperInvariant() switch
        {
            "FAST" => fast,
            "ALL" => fast | FetchAttributes.Envelope,
            "FULL" => fast | FetchAttributes.Envelope | FetchAttributes.Body,
            _ => FetchAttributes.None,
        };
        if (attributes != FetchAttributes.None)
            p = probe;
        return attributes != FetchAttributes.None;
    }

    private static void Item(ref ImapParser p, ref FetchAttributes attributes, List<FetchSection> sections)
    {
        var name = Encoding.ASCII.GetString(p.Word()).ToUpperInvariant();
        switch (name)
        {
            case "UID": attributes |= FetchAttributes.Uid; break;
            case "FLAGS": attributes |= FetchAttributes.Flags; break;
            case "INTERNALDATE": attributes |= FetchAttributes.InternalDate; break;
            case "RFC822.SIZE": attributes |= FetchAttributes.Size; break;
            case "MODSEQ": attributes |= FetchAttributes.ModSeq; break;
            case "EMAILID": attributes |= FetchAttributes.EmailId; break;
            case "THREADID": attributes |= FetchAttributes.ThreadId; break;
            case "PREVIEW":
                attributes |= FetchAttributes.Preview;
                if (p.TryWord(" (LAZY)"u8))
                    attributes |= FetchAttributes.LazyPreview;
                break;
            case "SAVEDATE": attributes |= FetchAttributes.SaveDate; break;
            case "ENVELOPE": attributes |= FetchAttributes.Envelope; break;
            case "BODYSTRUCTURE": attributes |= FetchAttributes.BodyStructure; break;
            case "BODY" when !p.Next((byte)'['): attributes |= FetchAttributes.Body; break;
            case "BODY": sections.Add(Section(ref p, setsSeen: true)); break;
            case "BODY.PEEK": sections.Add(Section(ref p, setsSeen: false)); break;
            case "BINARY": sections.Add(Binary(ref p, SectionForm.Binary, setsSeen: true)); break;
            case "BINARY.PEEK": sections.Add(Binary(ref p, SectionForm.Binary, setsSeen: false)); break;
            case "BINARY.SIZE": sections.Add(Binary(ref p, SectionForm.BinarySize, setsSeen: false)); break;
            case "RFC822": sections.Add(Whole(name, SectionText.Content, setsSeen: true)); break;
            case "RFC822.HEADER": sections.Add(Whole(name, SectionText.Header, setsSeen: false)); break;
            case "RFC822.TEXT": sections.Add(Whole(name, SectionText.Text, setsSeen: true)); break;
            default: throw new ImapSyntaxException("Unknown item to fetch");
        }
    }

    private static FetchSection Whole(string name, SectionText text, bool setsSeen) => new(Encoding.ASCII.GetBytes(name), [], text, [], null, 0, setsSeen);

    // section = "[" [section-spec] "]" ; section-spec = section-msgtext / (section-part ["." section-text])
    private static FetchSection Section(ref ImapParser p, bool setsSeen)
    {
        p.Expect((byte)'[', "Expected a section");
        var path = new List<int>();
        var mayHaveText = true;
        var text = SectionText.Content;
        IReadOnlyList<string> fields = [];
        while (!p.AtEnd && char.IsAsciiDigit((char)p.Rest[0]))
        {
            if (path.Count == p.Limits.SectionDepth)
                throw new ImapSyntaxException("Section is too deep");
            path.Add((int)Math.Min(p.NonZero(), int.MaxValue));
            mayHaveText = p.TryByte((byte)'.');
            if (!mayHaveText)
                break;
            if (p.Next((byte)']'))
                throw new ImapSyntaxException("Unknown section");
        }

        if (mayHaveText && !p.Next((byte)']'))
        {
            text = Text(ref p, path.Count > 0);
            if (text is SectionText.HeaderFields or SectionText.HeaderFieldsNot)
                fields = Fields(ref p);
        }

        p.Expect((byte)']', "The section is not closed");
        var (offset, length) = Partial(ref p);
        return new(Name(path, text, fields, offset), [.. path], text, fields, offset, length, setsSeen);
    }

    // section-binary = "[" [section-part] "]" ; a size has no partial (RFC 3516 §7)
    private static FetchSection Binary(ref ImapParser p, SectionForm form, bool setsSeen)
    {
        var section = Section(ref p, setsSeen);
        if (section.Text != SectionText.Content || (form == SectionForm.BinarySize && section.Offset is not null))
            throw new ImapSyntaxException("Only parts have a binary form");
        var name = (form == SectionForm.Binary ? "BINARY" : "BINARY.SIZE") + Encoding.Latin1.GetString(section.Name)["BODY".Length..];
        return section with { Form = form, Name = Encoding.Latin1.GetBytes(name) };
    }

    private static SectionText Text(ref ImapParser p, bool isPart) => Encoding.ASCII.GetString(p.Word()).ToUpperInvariant() switch
    {
        "HEADER" => SectionText.Header,
        "HEADER.FIELDS" => SectionText.HeaderFields,
        "HEADER.FIELDS.NOT" => SectionText.HeaderFieldsNot,
        "TEXT" => SectionText.Text,
        "MIME" when isPart => SectionText.Mime,
        _ => throw new ImapSyntaxException("Unknown section"),
    };

    // header-list = "(" header-fld-name *(SP header-fld-name) ")"
    private static List<string> Fields(ref ImapParser p)
    {
        p.Space();
        p.Expect((byte)'(', "Expected a list of header fields");
        var fields = new List<string>();
        do
        {
            fields.Add(Encoding.Latin1.GetString(p.Astring()));
        }
        while (p.TrySpace());
        p.Expect((byte)')', "The list of header fields is not closed");
        return fields;
    }

    private static (uint? Offset, uint Length) Partial(ref ImapParser p)
    {
        if (!p.TryByte((byte)'<'))
            return (null, 0);
        var offset = p.Number();
        p.Expect((byte)'.', "Not a partial");
        var length = p.NonZero();
        p.Expect((byte)'>', "Not a partial");
        return (offset, length);
    }

    private static byte[] Name(List<int> path, SectionText text, IReadOnlyList<string> fields, uint? offset)
    {
        var name = new StringBuilder("BODY[").AppendJoin('.', path);
        if (text != SectionText.Content)
        {
            name.Append(path.Count > 0 ? "." : "").Append(text switch
            {
                SectionText.Header => "HEADER",
                SectionText.HeaderFields => "HEADER.FIELDS",
                SectionText.HeaderFieldsNot => "HEADER.FIELDS.NOT",
                SectionText.Text => "TEXT",
                _ => "MIME",
            });
        }

        if (fields.Count > 0)
            name.Append(" (").AppendJoin(' ', fields.Select(Echo)).Append(')');
        name.Append(']');
        if (offset is { } origin)
            name.Append('<').Append(origin).Append('>');
        return Encoding.Latin1.GetBytes(name.ToString());
    }

    // A field name that is no atom is said as it may be: a quoted string. What even that cannot hold is no field name.
    private static string Echo(string field)
    {
        if (field.Length > 0 && field.All(c => char.IsAsciiLetterOrDigit(c) || "-_.!#$&'+/:;<=>?@^`|}~".Contains(c, StringComparison.Ordinal)))
            return field;
        if (field.Any(c => c is < ' ' or > '~'))
            throw new ImapSyntaxException("Not the name of a header field");
        return "\"" + field.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
    }
}
