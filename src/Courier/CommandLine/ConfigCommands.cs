using System.CommandLine;
using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.Hosting;
using Courier.Mta.Reception.Access;
using Courier.Queue.PostgreSql;

namespace Courier.CommandLine;

/// <summary><c>courier config show|check|reference</c>.</summary>
internal static class ConfigCommands
{
    internal static Command Create(CommonOptions common)
    {
        var config = new Command("config", "Show and check the configuration.");
        config.Add(Show(common));
        config.Add(Check(common));
        config.Add(Reference());
        return config;
    }

    private static Command Show(CommonOptions common)
    {
        var withOrigin = new Option<bool>("--origin") { Description = "Say where each value comes from." };
        var show = common.Configured("show", "Print every value that holds.", (parsed, settings, _) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            foreach (var section in SettingTable.All.GroupBy(setting => setting.Section))
            {
                output.WriteLine($"[{section.Key}]");
                foreach (var (key, value, origin) in section.SelectMany(setting => Values(setting, settings)))
                    output.WriteLine(parsed.GetValue(withOrigin) ? $"{key} = {value}    # {origin}" : $"{key} = {value}");
                output.WriteLine();
            }

            foreach (var entry in settings.Entries.Where(entry => entry.Condition is not null))
                output.WriteLine($"[{entry.Section} @ {entry.Condition}] {entry.Key} = {entry.Value}    # {entry.Origin}");
            return Task.FromResult(ExitCode.Ok);
        });
        show.Add(withOrigin);
        return show;
    }

    private static IEnumerable<(string Key, string Value, string Origin)> Values(Setting setting, Settings settings)
    {
        if (setting.IsFamily)
            return settings.Entries.Where(entry => entry.Condition is null && setting.Matches(entry.Section, entry.Key)).Select(entry => (entry.Key, entry.Value, entry.Origin.ToString()));
        return settings.Defaults.Find(setting) is { } entry ? [(setting.Key, entry.Value, entry.Origin.ToString())]
            : setting.Default is { } text ? [(setting.Key, text, "default")]
            : [];
    }

    private static Command Check(CommonOptions common)
    {
        var check = new Command("check", "Read the configuration and report every problem in it.");
        check.SetAction(async (parsed, ct) =>
        {
            if (common.Load(parsed) is not { } settings)
                return ExitCode.Configuration;
            var files = common.CourierFilesOf(parsed);
            _ = files.Read([]).Count();
            foreach (var use in files.Uses)
                await parsed.InvocationConfiguration.Output.WriteLineAsync(use.Setting is { } setting ? $"{use.Path}: applied as {setting}" : $"{use.Path}: ignored: {use.Reason}");
            IReadOnlyList<LineProblem> problems = [.. ListFiles.Problems(settings), .. ListFiles.RouteProblems(settings)];
            foreach (var problem in problems)
                await parsed.InvocationConfiguration.Error.WriteLineAsync(problem.ToString());
            if (problems.Count > 0)
                return ExitCode.Configuration;
            foreach (var remark in Remarks(settings))
                await parsed.InvocationConfiguration.Output.WriteLineAsync($"remark: {remark}");
            if (!await QueueIsUsableAsync(parsed, settings))
                return ExitCode.Configuration;
            await parsed.InvocationConfiguration.Output.WriteLineAsync("The configuration is right.");
            return ExitCode.Ok;
        });
        return check;
    }

    /// <summary>A database that several servers share is somewhere else: whether it answers is worth knowing before the start.</summary>
    private static async Task<bool> QueueIsUsableAsync(ParseResult parsed, Settings settings)
    {
        if (!Stores.IsShared(settings))
            return true;
        try
        {
            await parsed.InvocationConfiguration.Output.WriteLineAsync($"queue: {await PostgreSqlSpool.ProbeAsync(Stores.PostgreSql(settings))}");
            return true;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync($"queue: {e.Message}");
            return false;
        }
    }

    /// <summary>What is allowed, and yet not what most would want.</summary>
    private static IEnumerable<string> Remarks(Settings settings)
    {
        if (settings.Defaults.Find(AccountKeys.Postmaster) is null)
            yield return "no [accounts] postmaster: mail for postmaster is taken only where there is an account of that name (RFC 5321 section 4.5.1)";
        if (Stores.IsShared(settings) && File.Exists(Stores.Spool(settings).DatabasePath))
            yield return $"{Stores.Spool(settings).DatabasePath} is another queue: what waits there is not delivered; `courier queue export` with [queue] driver = sqlite, then `courier queue import`";
    }

    private static Command Reference()
    {
        var reference = new Command("reference", "Print the manual of all settings, as docs/reference/courier.conf.5.md has it.");
        reference.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.Write(SettingsManual.Render());
            return ExitCode.Ok;
        });
        return reference;
    }
}
