using System.Text;
using Courier.Testing.Processes;

namespace Courier.EndToEnd.Peers;

/// <summary>Waits for messages in Maildirs and has Python's email package read those that are reports.</summary>
internal static class Mailbag
{
    private static readonly string Script = Path.Combine(RepositoryPaths.Root, "tests", "Courier.EndToEnd", "scripts", "report.py");

    /// <summary>The file below the directory, in any Maildir's new or cur, that contains all of the words.</summary>
    public static Task<string> ArrivesAsync(string directory, params string[] words) => Eventually.GetAsync(
        $"a message with “{string.Join("”, “", words)}” below {directory}",
        () => Task.FromResult(Files(directory).FirstOrDefault(file => Text(file) is { } text && words.All(word => text.Contains(word, StringComparison.Ordinal)))), seconds: 20);

    /// <summary>The same, its text as UTF-8.</summary>
    public static async Task<string> TextAsync(string directory, params string[] words) => Text(await ArrivesAsync(directory, words))!;

    /// <summary>A report, field by field, as Python's email package reads it: <c>report.content_type</c>, <c>message.Reporting-MTA</c>,
    /// <c>recipient.Action</c>, <c>returned.Subject</c>, one on a line.</summary>
    public static async Task<string> ReportAsync(string directory, params string[] words) =>
        (await ExternalProgram.RunAsync("python3", Script, await ArrivesAsync(directory, words))).Checked().Output;

    private static IEnumerable<string> Files(string directory) => Directory.Exists(directory)
        ? new[] { "new", "cur" }.SelectMany(name => Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(Path.GetDirectoryName(file)) == name))
        : [];

    private static string? Text(string file)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes(file)).ReplaceLineEndings("\n");
        }
        catch (IOException)
        {
            return null; // it was moved meanwhile
        }
    }
}
