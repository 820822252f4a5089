using System.Text;

namespace Courier.Tests.Mailboxes;

/// <summary>A Maildir in a temporary directory, and what other programs do in it: plain creates, renames and deletes.</summary>
internal sealed class TempMaildir : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("courier-mailboxes-").FullName;
    private static int _count;

    internal string Path => _directory + "/Maildir";

    /// <summary>Delivers as another program would: without sizes in the name. Returns the file name.</summary>
    internal string Drop(string content, string folder = "", string flags = "", string? name = null, bool inCur = false)
    {
        name ??= $"17000{Interlocked.Increment(ref _count):D5}.M1P1.other";
        var directory = $"{Path}/{folder}";
        foreach (var part in (string[])["tmp", "new", "cur"])
            Directory.CreateDirectory($"{directory}/{part}");
        File.WriteAllBytes($"{directory}/tmp/{name}", Encoding.Latin1.GetBytes(content));
        var target = inCur ? $"cur/{name}:2,{flags}" : $"new/{name}";
        File.Move($"{directory}/tmp/{name}", $"{directory}/{target}");
        return System.IO.Path.GetFileName(target);
    }

    internal string[] Names(string sub) => [.. Directory.GetFiles($"{Path}/{sub}").Select(file => System.IO.Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
