namespace Courier.Testing.Processes;

/// <summary>Where this repository and the program built from it lie, seen from a running test.</summary>
internal static class RepositoryPaths
{
    /// <summary>The directory that holds Courier.slnx.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The built program: COURIER_BIN, else the build of the same configuration as the tests, else the other one.</summary>
    public static string Program { get; } = FindProgram();

    private static string FindRoot()
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
            if (File.Exists(Path.Combine(d.FullName, "Courier.slnx")))
                return d.FullName;
        throw new DirectoryNotFoundException($"no Courier.slnx above {AppContext.BaseDirectory}");
    }

    private static string FindProgram()
    {
        if (Environment.GetEnvironmentVariable("COURIER_BIN") is { Length: > 0 } named)
            return named;
        var release = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal);
        string[] configurations = release ? ["Release", "Debug"] : ["Debug", "Release"];
        var candidates = configurations.Select(c => Path.Combine(Root, "src", "Courier", "bin", c, "net10.0", "courier")).ToList();
        return candidates.Find(File.Exists) ?? candidates[0];
    }
}
