using System.CommandLine;
using Courier.Configuration;

namespace Courier.CommandLine;

/// <summary>Options that every command has, and what they mean: the configuration.</summary>
internal sealed class CommonOptions
{
    /// <summary>Where packages put it.</summary>
    private const string PackagedFile = "/etc/courier/courier.conf";

    /// <summary>Programs that call sendmail cannot add an option: COURIER_CONFIG names another file.</summary>
    private static string DefaultFile => Environment.GetEnvironmentVariable("COURIER_CONFIG") is { Length: > 0 } file ? file : PackagedFile;

    internal Option<string> Config { get; } = new("--config", "-c") { Description = $"Configuration file, or the directory that has it (default: {PackagedFile}, or COURIER_CONFIG).", Recursive = true, HelpName = "FILE" };

    internal Option<string[]> Set { get; } = new("--set") { Description = "Overrides one value: --set section.key=value. May be repeated.", Recursive = true, HelpName = "ASSIGNMENT" };

    internal Option<bool> Json { get; } = new("--json") { Description = "Print JSON for scripts." };

    internal IEnumerable<IConfigurationSource> Sources(ParseResult parsed) =>
    [
        CourierFilesOf(parsed),
        .. IsMissing(parsed) ? (IEnumerable<IConfigurationSource>)[] : [new NativeFile(FileOf(parsed))],
        new EnvironmentSource(Environment.GetEnvironmentVariables()),
        new CommandLineSource(parsed.GetValue(Set) ?? []),
    ];

    /// <summary>Courier's own files, where they lie beside courier.conf: the same directory serves both.</summary>
    internal CourierFiles CourierFilesOf(ParseResult parsed) => new(Path.GetDirectoryName(Path.GetFullPath(FileOf(parsed)))!);

    /// <summary>The configuration; prints all problems and gives null when there are any.</summary>
    internal Settings? Load(ParseResult parsed) => Load(parsed, SettingTable.Required);

    /// <summary>A command that needs the configuration; exits with 78 when it is wrong, with 74 when the disk fails.</summary>
    internal Command Configured(string name, string description, Func<ParseResult, Settings, CancellationToken, Task<int>> run) => Command(name, description, SettingTable.Required, run);

    /// <summary>A command that only looks: it takes a configuration into account, and does without one.</summary>
    internal Command Looking(string name, string description, Func<ParseResult, Settings, CancellationToken, Task<int>> run) => Command(name, description, [], run);

    private string FileOf(ParseResult parsed)
    {
        var given = parsed.GetValue(Config) ?? DefaultFile;
        return Directory.Exists(given) ? Path.Combine(given, Path.GetFileName(PackagedFile)) : given;
    }

    /// <summary>There is none, and none was asked for by name: a directory may have Courier's own files alone.</summary>
    private bool IsMissing(ParseResult parsed) => FileOf(parsed) is var file && !File.Exists(file) && (file == PackagedFile || Directory.Exists(parsed.GetValue(Config) ?? DefaultFile));

    private Settings? Load(ParseResult parsed, IReadOnlyList<Setting> required)
    {
        var (settings, problems) = Settings.Load(required, Sources(parsed));
        foreach (var problem in problems)
            parsed.InvocationConfiguration.Error.WriteLine(problem);
        return settings;
    }

    private Command Command(string name, string description, IReadOnlyList<Setting> required, Func<ParseResult, Settings, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description);
        command.SetAction(async (parsed, ct) =>
        {
            if (Load(parsed, required) is not { } settings)
                return ExitCode.Configuration;
            try
            {
                return await run(parsed, settings, ct);
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"courier: {e.Message}");
                return ExitCode.IOError;
            }
            catch (UnauthorizedAccessException e)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"courier: {e.Message}");
                return ExitCode.NoPermission;
            }
        });
        return command;
    }
}
