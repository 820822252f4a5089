using System.CommandLine;
using Courier.Configuration;
using Courier.Sendmail;

namespace Courier.CommandLine;

/// <summary>The programs that mail has been handed to for ever, by the name we are called by or as subcommands: <c>sendmail</c>, <c>rmail</c>, <c>mailq</c>, <c>submit</c>,
/// <c>cancelmsg</c>. Their arguments are their own: nothing of ours is read from them.</summary>
internal static class FrontEnds
{
    private static readonly string[] _names = ["sendmail", "send-mail", "rmail", "submit", "newaliases"];

    /// <summary>Runs the front end that was asked for; null when none was.</summary>
    /// <param name="called">The name of the program as it was called: argv[0].</param>
    /// <param name="arguments">The rest.</param>
    internal static async Task<int?> TryRunAsync(string called, string[] arguments)
    {
        var name = Path.GetFileName(called);
        if (_names.Contains(name, StringComparer.Ordinal))
            return await RunAsync(name, arguments, []);
        if (name == "mailq")
            return await MailqAsync(arguments);
        if (name == "cancelmsg")
            return await CancelAsync(arguments);
        // `courier --config FILE sendmail …`: ours come before the name, its own after it.
        var at = Array.FindIndex(arguments, argument => _names.Contains(argument, StringComparer.Ordinal));
        return at >= 0 && IsOurs(arguments.AsSpan(0, at)) ? await RunAsync(arguments[at], arguments[(at + 1)..], arguments[..at]) : null;
    }

    /// <summary>argv[0], which .NET keeps to itself.</summary>
    internal static string CalledAs()
    {
        try
        {
            return File.ReadAllText("/proc/self/cmdline").Split('\0')[0];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "courier";
        }
    }

    private static bool IsOurs(ReadOnlySpan<string> before)
    {
        if (before.Length % 2 != 0)
            return false;
        for (var i = 0; i < before.Length; i += 2)
        {
            if (before[i] is not ("--config" or "-c" or "--set"))
                return false;
        }

        return true;
    }

    private static async Task<int> RunAsync(string name, string[] arguments, string[] ours)
    {
        if (Load(ours) is not { } settings)
            return ExitCode.Configuration;
        await using var output = new StreamWriter(Console.OpenStandardOutput());
        return name switch
        {
            "newaliases" => ExitCode.Ok,
            "rmail" => await new SendmailProgram(settings, Console.Error).RunRmailAsync(arguments, CancellationToken.None),
            "submit" => await new SubmitProgram(settings, output).RunAsync(arguments, Console.OpenStandardInput(), CancellationToken.None),
            _ => await new SendmailProgram(settings, Console.Error).RunAsync(arguments, CancellationToken.None),
        };
    }

    /// <summary>As the operator, from the queue itself; as anybody else what the server shows of one's own mail.</summary>
    private static async Task<int> MailqAsync(string[] arguments)
    {
        if (Load([]) is not { } settings)
            return ExitCode.Configuration;
        if (MayOpenSpool(settings))
            return await CourierCommand.Create().Parse(["mailq", .. arguments]).InvokeAsync();
        return await new SendmailProgram(settings, Console.Error).PrintQueueAsync(CancellationToken.None);
    }

    private static async Task<int> CancelAsync(string[] arguments)
    {
        if (Load([]) is not { } settings)
            return ExitCode.Configuration;
        if (MayOpenSpool(settings))
            return await CourierCommand.Create().Parse(["cancelmsg", .. arguments]).InvokeAsync();
        if (arguments.Length == 0)
            return ExitCode.Usage;
        var handIn = new HandIn(Hosting.Stores.LocalSocket(settings), Hosting.Stores.DropDirectory(settings));
        var answer = await handIn.AskAsync($"{Hosting.LocalDoor.CancelRequest} {string.Join(' ', arguments)}\n", CancellationToken.None);
        await Console.Error.WriteLineAsync(answer?.TrimEnd() ?? "cancelmsg: the server does not run");
        return answer is null ? ExitCode.Unavailable : answer.StartsWith('2') ? ExitCode.Ok : ExitCode.NoUser;
    }

    private static bool MayOpenSpool(Settings settings)
    {
        try
        {
            // Of a queue that several servers share, what tells the server's own user is the lock that it takes.
            var path = Hosting.Stores.IsShared(settings) ? Path.Combine(Hosting.Stores.StateDirectory(settings), "spool.lock") : Hosting.Stores.Spool(settings).DatabasePath;
            using var opened = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static Settings? Load(string[] ours)
    {
        var common = new CommonOptions();
        return common.Load(new RootCommand { common.Config, common.Set }.Parse(ours));
    }
}
