using System.Buffers;
using System.Text;

namespace Courier.Smtp.Grammar;

/// <summary>The parameters behind a path: esmtp-param = esmtp-keyword ["=" esmtp-value], each after a space (RFC 5321 §4.1.2).</summary>
internal ref struct ParameterScan(ReadOnlySpan<byte> text)
{
    private static readonly SearchValues<byte> _nameBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"u8);

    private ReadOnlySpan<byte> _rest = text;

    public ReadOnlySpan<byte> Name { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    public bool HasValue { get; private set; }

    public readonly bool IsNameValid => !Name.IsEmpty && !Name.ContainsAnyExcept(_nameBytes);

    public bool Next()
    {
        _rest = _rest.TrimStart((byte)' ');
        if (_rest.IsEmpty)
            return false;
        var space = _rest.IndexOf((byte)' ');
        var parameter = space < 0 ? _rest : _rest[..space];
        _rest = space < 0 ? default : _rest[space..];
        var equals = parameter.IndexOf((byte)'=');
        HasValue = equals >= 0;
        Name = equals < 0 ? parameter : parameter[..equals];
        Value = equals < 0 ? default : parameter[(equals + 1)..];
        return true;
    }

    public readonly bool Is(ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(Name, name);

    public readonly bool ValueIs(ReadOnlySpan<byte> value) => Ascii.EqualsIgnoreCase(Value, value);
}
