namespace Courier.Mail.Mime;

/// <summary>Line ends before a position, counted once over the message however deep its parts nest.</summary>
internal ref struct LineCounter(ReadOnlySpan<byte> message)
{
    private readonly ReadOnlySpan<byte> _message = message;
    private int _position;
    private int _lines;

    /// <summary>Positions come in rising order but for steps back over one line end.</summary>
    public int Before(int position)
    {
        if (position < _position)
            return _lines - _message[position.._position].Count((byte)'\n');
        _lines += _message[_position..position].Count((byte)'\n');
        _position = position;
        return _lines;
    }
}
