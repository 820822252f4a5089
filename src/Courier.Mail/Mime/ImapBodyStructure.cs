using System.Buffers;

namespace Courier.Mail.Mime;

/// <summary>body (RFC 3501 §7.4.2, §9): the tree of parts as nested lists. Recurses as deep as <see cref="MimeLimits.Depth"/>.</summary>
internal readonly ref struct ImapBodyStructure(ReadOnlySpan<byte> message, IBufferWriter<byte> output, bool isExtended, bool hasBareLines)
{
    private readonly ReadOnlySpan<byte> _message = message;
    private readonly IBufferWriter<byte> _output = output;
    private readonly bool _isExtended = isExtended;
    private readonly bool _hasBareLines = hasBareLines;

    // The grammar asks for one part at least. Charset as RFC 2045 §5.2 implies it.
    private static ReadOnlySpan<byte> EmptyPart => "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0)"u8;

    public void Write(MimePart part)
    {
        _output.Write("("u8);
        var fields = new ContentFields(_message, part);
        if (part.IsMultipart)
            WriteMultipart(part, fields);
        else
            WriteSingle(part, fields);
        _output.Write(")"u8);
    }

    /// <summary>body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart].</summary>
    private void WriteMultipart(MimePart part, ContentFields fields)
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
    private void WriteSingle(MimePart part, ContentFields fields)
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
        ImapString.WriteNumber(_output, part.BodyLength + (_hasBareLines ? part.BodyLines : 0));
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
    private void WriteExtension(ContentFields fields)
    {
        Space();
        WriteDisposition(Value(fields.Disposition));
        Space();
        WriteLanguages(Value(fields.Language));
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

    private void WriteValue(Range? value)
    {
        if (value is { } range)
            ImapString.Write(_output, HeaderText.Unfold(_message[range]));
        else
            ImapString.WriteNil(_output);
    }

    private void WriteForPeople(Range? value)
    {
        if (value is { } range)
            HeaderText.WriteForPeople(_output, _message[range]);
        else
            ImapString.WriteNil(_output);
    }

    private ReadOnlySpan<byte> Value(Range? value) => value is { } range ? _message[range] : default;

    private void Space() => _output.Write(" "u8);
}
