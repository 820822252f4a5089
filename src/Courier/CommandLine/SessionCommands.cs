using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Courier.Configuration;
using Courier.Hosting;
using Courier.Sendmail;

namespace Courier.CommandLine;

/// <summary><c>courier who</c> and <c>courier kick</c>: the sessions of the running server, asked for through its socket.</summary>
internal static class SessionCommands
{
    private static readonly string[] _columns = ["ID", "SERVICE", "ACCOUNT", "PEER", "SINCE", "AT", "TLS"];

    internal static Command Who(CommonOptions common)
    {
        var account = new Argument<string?>("ACCOUNT") { Description = "Only the sessions of this account.", Arity = ArgumentArity.ZeroOrOne };
        var who = common.Configured("who", "List the sessions of mail clients and servers.", async (parsed, settings, ct) =>
        {
            if (await AskAsync(parsed, settings, LocalDoor.SessionsRequest, ct) is not { } answer)
                return ExitCode.Unavailable;
            if (!answer.StartsWith("250", StringComparison.Ordinal))
                return await parsed.FailAsync(ExitCode.NoPermission, answer.Trim());
            var only = parsed.GetValue(account);
            var rows = answer.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split('\t'))
                .Where(row => row.Length == _columns.Length && (only is null || row[2].Equals(only, StringComparison.OrdinalIgnoreCase))).ToList();
            await parsed.InvocationConfiguration.Output.WriteAsync(parsed.GetValue(common.Json) ? Json(rows) : Table(rows));
            return ExitCode.Ok;
        });
        who.Add(account);
        who.Add(common.Json);
        return who;
    }

    internal static Command Kick(CommonOptions common)
    {
        var which = new Argument<string>("SESSION") { Description = "Number of a session, as `courier who` shows it, or an account: then all of its sessions." };
        var kick = common.Configured("kick", "End sessions: each is told goodbye. The client may come back.", async (parsed, settings, ct) =>
        {
            if (await AskAsync(parsed, settings, $"{LocalDoor.KickRequest} {parsed.GetRequiredValue(which)}\n", ct) is not { } answer)
                return ExitCode.Unavailable;
            if (!answer.StartsWith("250", StringComparison.Ordinal))
                return await parsed.FailAsync(answer.StartsWith("530", StringComparison.Ordinal) ? ExitCode.NoPermission : ExitCode.NoUser, answer.Trim());
            await parsed.InvocationConfiguration.Output.WriteLineAsync(answer[4..].Trim());
            return ExitCode.Ok;
        });
        kick.Add(which);
        return kick;
    }

    private static async Task<string?> AskAsync(ParseResult parsed, Settings settings, string request, CancellationToken ct)
    {
        var answer = await new HandIn(Stores.LocalSocket(settings), Stores.DropDirectory(settings)).AskAsync(request, ct);
        if (answer is null)
            await parsed.InvocationConfiguration.Error.WriteLineAsync("no server is running here");
        return answer;
    }

    private static string Table(List<string[]> rows)
    {
        var all = rows.Prepend(_columns).ToList();
        var widths = Enumerable.Range(0, _columns.Length).Select(column => all.Max(row => row[column].Length)).ToArray();
        return string.Concat(all.Select(row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd() + "\n"));
    }

    private static string Json(List<string[]> rows)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var row in rows)
            {
                json.WriteStartObject();
                json.WriteNumber("id", long.Parse(row[0], CultureInfo.InvariantCulture));
                for (var column = 1; column < row.Length; column++)
                    json.WriteString(_columns[column].ToLowerInvariant(), row[column] == "-" ? null : row[column]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }
}
