using System.Runtime.InteropServices;

namespace Courier.Testing.Processes;

/// <summary>A fact that needs programs of the system ("root" stands for the right to be root, "/dev/…" for a device). Where one is missing it is skipped
/// with that reason, except under CI=true: there it runs, and fails, because nothing may be missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed partial class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(params string[] tools)
    {
        var missing = Missing(tools);
        if (missing.Count > 0 && Environment.GetEnvironmentVariable("CI") is not ("true" or "1"))
            Skip = $"missing here: {string.Join(", ", missing)}";
    }

    internal static IReadOnlyList<string> Missing(params string[] tools) => [.. tools.Where(t => !IsThere(t))];

    private static bool IsThere(string tool) => tool == "root" ? EffectiveUser() == 0
        : tool.StartsWith('/') ? File.Exists(tool)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(d => File.Exists(Path.Combine(d, tool)));

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint EffectiveUser();
}
