using System.CommandLine;
using Courier.Configuration;
using Courier.Hosting;
using Courier.Sendmail;

namespace Courier.CommandLine;

/// <summary><c>courier show</c> and <c>courier clear</c>: addresses whose mail failed or waits, as the running server remembers them.</summary>
internal static class TroubleCommands
{
    internal static Command Show(CommonOptions common) => common.Configured("show", "Print the addresses for which mail is refused because it failed or waits ([recipients] refuse_troubled).", (parsed, settings, ct) =>
        AskAsync(parsed, settings, LocalDoor.ShowRequest, ct));

    internal static Command Clear(CommonOptions common)
    {
        var whom = new Argument<string>("ADDRESS") { Description = "An address, or `all`." };
        var clear = common.Configured("clear", "Forget that mail for an address failed or waits: more is taken at once.", (parsed, settings, ct) =>
            AskAsync(parsed, settings, LocalDoor.ClearRequest + " " + parsed.GetRequiredValue(whom) + "\n", ct));
        clear.Add(whom);
        return clear;
    }

    private static async Task<int> AskAsync(ParseResult parsed, Settings settings, string request, CancellationToken ct)
    {
        var answer = await new HandIn(Stores.LocalSocket(settings), Stores.DropDirectory(settings)).AskAsync(request, ct);
        if (answer is null)
            return await parsed.FailAsync(ExitCode.Unavailable, "the server does not run; a new start knows of no trouble");
        if (answer.StartsWith('5'))
            return await parsed.FailAsync(ExitCode.NoUser, answer.Trim());
        await parsed.InvocationConfiguration.Output.WriteAsync(answer);
        return ExitCode.Ok;
    }
}
