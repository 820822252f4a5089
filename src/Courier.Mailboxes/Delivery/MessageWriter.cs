using System.Buffers;
using System.Globalization;
using Courier.IO.Files;
using Courier.Mailboxes.Content;

namespace Courier.Mailboxes.Delivery;

/// <summary>Writes a message into a staging folder with LF line ends and gives it its sizes in the name. Nothing is synced.</summary>
internal static class MessageWriter
{
    /// <summary>Up to here a message is converted in memory and its file made in one go under its last name; SMTP's default limit is 50 MiB.</summary>
    private const int InMemoryBytes = 1024 * 1024;

    private const int PieceBytes = 128 * 1024;

    /// <summary>Returns the name in the folder: <c>name,S=…,W=…</c> and <paramref name="suffix"/>.</summary>
    internal static string Write(string folder, string name, string suffix, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(header.Length + body.Length + 2);
        try
        {
            var line = default(LineEnds.ToDisk);
            var length = line.Convert(header, buffer);
            length += line.Convert(body, buffer.AsSpan(length));
            length += line.Finish(buffer.AsSpan(length));
            var file = WithSizes(name, suffix, line);
            RawFile.Write($"{folder}/{file}", buffer.AsSpan(0, length));
            return file;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The same from a stream, in pieces; the stream is not disposed.</summary>
    internal static string Write(string folder, string name, string suffix, ReadOnlySpan<byte> header, Stream body, long bodyLength)
    {
        if (header.Length + bodyLength <= InMemoryBytes)
            return WriteSmall(folder, name, suffix, header, body, (int)bodyLength);
        var partial = $"{folder}/{name}.part";
        var input = ArrayPool<byte>.Shared.Rent(PieceBytes);
        var output = ArrayPool<byte>.Shared.Rent(Math.Max(input.Length, header.Length) + 2);
        try
        {
            var line = default(LineEnds.ToDisk);
            RawFile.Write(partial, default);
            using (var handle = File.OpenHandle(partial, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            {
                Put(handle, output.AsSpan(0, line.Convert(header, output)), 0);
                int count;
                while ((count = body.Read(input)) > 0)
                {
                    var offset = line.Written;
                    Put(handle, output.AsSpan(0, line.Convert(input.AsSpan(0, count), output)), offset);
                }

                var end = line.Written;
                Put(handle, output.AsSpan(0, line.Finish(output)), end);
            }

            var file = WithSizes(name, suffix, line);
            DurableFile.Rename(partial, $"{folder}/{file}");
            return file;
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(input);
            ArrayPool<byte>.Shared.Return(output);
        }
    }

    private static string WriteSmall(string folder, string name, string suffix, ReadOnlySpan<byte> header, Stream body, int length)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            body.ReadExactly(bytes, 0, length);
            return Write(folder, name, suffix, header, bytes.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static void Put(Microsoft.Win32.SafeHandles.SafeFileHandle handle, ReadOnlySpan<byte> bytes, long offset)
    {
        if (!bytes.IsEmpty)
            RandomAccess.Write(handle, bytes, offset);
    }

    private static string WithSizes(string name, string suffix, in LineEnds.ToDisk line) =>
        string.Create(CultureInfo.InvariantCulture, $"{name},S={line.Written},W={line.Wire}{suffix}");
}
