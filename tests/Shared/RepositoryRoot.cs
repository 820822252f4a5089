namespace Courier.Tests.Shared;

/// <summary>Where the sources are, for tests that read project files, documents and scripts.</summary>
internal static class RepositoryRoot
{
    internal static string Path { get; } = Find();

    internal static string Combine(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(directory.FullName, "Courier.slnx")))
                return directory.FullName;
        }

        throw new InvalidOperationException("The tests do not run below the repository.");
    }
}
