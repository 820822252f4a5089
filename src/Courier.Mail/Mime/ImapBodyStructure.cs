using System.Buffers;
using System.Text;
using Courier.Mail.Headers;

namespace Courier.Mail.Mime;

/// <summary>body (RFC 3501 §7.4.2, §9): the tree of parts as nested lists. Recurses as deep as <see cref="MimeLimits.Depth"/>.</summary>
internal readonly ref struct ImapBodyStructure(ReadOnlySpan<byte> message, IBufferWriter<byte> output, bool isExtended)
{
    private readonly ReadOnlySpan<byte> _message = message;
    private readonly IBufferWriter<byte> _output = output;
    private readonly bool _isExtended = isExtended;

    // The grammar asks for one part at least. Charset as RFC 2045 §5.2 implies it.
    private static ReadOnlySpan<byte> EmptyPart => "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0)"u8;

    public void Write(MimePart part)
    {
        _output.Write("("u8);
        var fields = new ContentFields(_message.Slice(part.HeaderStart, part.HeaderLength));
        if (part.IsMultipart)
            WriteMultipart(part, fields);
        else
            WriteSingle(part, fields);
        _output.Write(")"u8);
    }

    /// <summary>body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart].</summary>
    private void WriteMultipart(MimePart part, in ContentFields fields)
    {
        foreach (var child in part.Children)
            Write(child);
        if (part.Children.Count == 0)
            _output.Write(EmptyPart);
        Space();
        ImapString.Write(_output, part.Subtype);
        if (!_isExtended)
            return;
        Space();
        WriteParameters(part.WireParameters);
        WriteExtension(fields);
    }

    /// <summary>body-type-basic, body-type-msg and body-type-text [SP body-ext-1part].</summary>
    private void WriteSingle(MimePart part, in ContentFields fields)
    {
        ImapString.Write(_output, part.Type);
        Space();
        ImapString.Write(_output, part.Subtype);
        Space();
        var isText = part.Type == "text";
        if (isText && ContentHeader.Parameter(part.WireParameters, "charset") is null)
            WriteParameters([.. part.WireParameters, new("charset", "us-ascii")]);
        else
            WriteParameters(part.WireParameters);
        Space();
        WriteValue(fields.Id);
        Space();
        WriteForPeople(fields.Description);
        Space();
        ImapString.Write(_output, part.TransferEncoding);
        Space();
        ImapString.WriteNumber(_output, part.BodyLength);
        // message/global has no form of its own in this grammar and is written as basic.
        var isMessage = part is { Type: "message", Subtype: "rfc822" };
        if (isMessage)
            WriteMessage(part);
        if (isText || isMessage)
        {
            Space();
            ImapString.WriteNumber(_output, part.BodyLines);
        }
        if (!_isExtended)
            return;
        Space();
        WriteValue(fields.Md5);
        WriteExtension(fields);
    }

    /// <summary>SP envelope SP body. A message hidden by an encoding or a limit still owes both to the grammar.</summary>
    private void WriteMessage(MimePart part)
    {
        Space();
        if (part.IsMessage)
            ImapForm.WriteEnvelope(_message, part.Children[0], _output);
        else
            ImapEnvelope.WriteEmpty(_output);
        Space();
        if (part.IsMessage)
            Write(part.Children[0]);
        else
            _output.Write(EmptyPart);
    }

    /// <summary>SP body-fld-dsp SP body-fld-lang SP body-fld-loc.</summary>
    private void WriteExtension(in ContentFields fields)
    {
        Space();
        WriteDisposition(fields.Disposition);
        Space();
        WriteLanguages(fields.Language);
        Space();
        WriteValue(fields.Location);
    }

    private void WriteDisposition(ReadOnlySpan<byte> value)
    {
        var reader = new ValueReader(value);
        reader.SkipSpace();
        var disposition = reader.Token();
        if (disposition.IsEmpty)
        {
            ImapString.WriteNil(_output);
            return;
        }
        _output.Write("("u8);
        ImapString.Write(_output, disposition);
        Space();
        WriteParameters(ParameterList.Read(ref reader).Wire);
        _output.Write(")"u8);
    }

    /// <summary>body-fld-lang: a list of tags (RFC 3282), NIL without any.</summary>
    private void WriteLanguages(ReadOnlySpan<byte> value)
    {
        var reader = new ValueReader(value);
        var isFirst = true;
        for (var count = 0; count < MimeLimits.Parameters && !reader.AtEnd; count++)
        {
            reader.SkipSpace();
            var tag = reader.Token();
            if (!tag.IsEmpty)
            {
                _output.Write(isFirst ? "("u8 : " "u8);
                ImapString.Write(_output, tag);
                isFirst = false;
            }
            reader.SkipPast((byte)',');
        }
        _output.Write(isFirst ? "NIL"u8 : ")"u8);
    }

    private void WriteParameters(IReadOnlyList<KeyValuePair<string, string>> parameters)
    {
        if (parameters.Count == 0)
        {
            ImapString.WriteNil(_output);
            return;
        }
        var before = "("u8;
        foreach (var (name, value) in parameters)
        {
            _output.Write(before);
            ImapString.Write(_output, name);
            Space();
            ImapString.Write(_output, value);
            before = " "u8;
        }
        _output.Write(")"u8);
    }

    private void WriteValue(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
            ImapString.WriteNil(_output);
        else
            ImapString.Write(_output, HeaderText.Unfold(value));
    }

    private void WriteForPeople(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
            ImapString.WriteNil(_output);
        else
            HeaderText.WriteForPeople(_output, value);
    }

    private void Space() => _output.Write(" "u8);
}

/// <summary>The fields of a part's header that BODYSTRUCTURE shows and the tree does not hold; empty where missing.</summary>
internal readonly ref struct ContentFields
{
    public ContentFields(ReadOnlySpan<byte> header)
    {
        foreach (var field in new HeaderReader(header))
        {
            var name = header[field.Name];
            var value = header[field.Value];
            if (name.Length < 10 || !Ascii.EqualsIgnoreCase(name[..8], "Content-"u8))
                continue;
            name = name[8..];
            if (Id.IsEmpty && Ascii.EqualsIgnoreCase(name, "ID"u8))
                Id = value;
            else if (Md5.IsEmpty && Ascii.EqualsIgnoreCase(name, "MD5"u8))
                Md5 = value;
            else if (Description.IsEmpty && Ascii.EqualsIgnoreCase(name, "Description"u8))
                Description = value;
            else if (Disposition.IsEmpty && Ascii.EqualsIgnoreCase(name, "Disposition"u8))
                Disposition = value;
            else if (Language.IsEmpty && Ascii.EqualsIgnoreCase(name, "Language"u8))
                Language = value;
            else if (Location.IsEmpty && Ascii.EqualsIgnoreCase(name, "Location"u8))
                Location = value;
        }
    }

    public ReadOnlySpan<byte> Id { get; }

    public ReadOnlySpan<byte> Md5 { get; }

    public ReadOnlySpan<byte> Description { get; }

    public ReadOnlySpan<byte> Disposition { get; }

    public ReadOnlySpan<byte> Language { get; }

    public ReadOnlySpan<byte> Location { get; }
}
