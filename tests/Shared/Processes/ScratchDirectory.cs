namespace Courier.Testing.Processes;

/// <summary>A directory below the temporary path that goes with the test.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("courier-test-");

    public string Path => _directory.FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file below the directory, making the directories above it, and returns its path.</summary>
    public string Write(string name, string text)
    {
        var path = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose()
    {
        try
        {
            _directory.Delete(recursive: true);
        }
        catch (IOException)
        {
            // A server that is just being killed may still have been writing; the temporary path is cleaned by the system.
        }
    }
}
