namespace Courier.IO.Files;

/// <summary>Joins a path of bytes with the NUL that ends it, in a buffer of the caller's (stackalloc).</summary>
public static class RawPath
{
    /// <summary>PATH_MAX of Linux.</summary>
    public const int MaxBytes = 4096;

    /// <summary><paramref name="directory"/> ends in a slash.</summary>
    public static ReadOnlySpan<byte> Join(Span<byte> buffer, ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> tail)
    {
        var length = directory.Length + name.Length + tail.Length;
        if (length >= buffer.Length)
            throw new PathTooLongException();
        directory.CopyTo(buffer);
        name.CopyTo(buffer[directory.Length..]);
        tail.CopyTo(buffer[(directory.Length + name.Length)..]);
        buffer[length] = 0;
        return buffer[..(length + 1)];
    }
}
