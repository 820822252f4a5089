using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Courier.CommandLine;

/// <summary>An account as <c>--json</c> shows it.</summary>
internal sealed record AccountForm(string Address, string Maildir);

/// <summary>A waiting recipient as <c>--json</c> shows it.</summary>
internal sealed record RecipientForm(string Address, int Attempts, DateTimeOffset NextAttempt, string? LastDiagnostic, bool Staged, bool Held, string? NextHop, string? Cancelled);

/// <summary>One fact in the life of a message as <c>--json</c> shows it; without a time: what is so now.</summary>
internal sealed record TraceForm(DateTimeOffset? Time, string Event, string Address, string Text);

/// <summary>A queued message as <c>--json</c> shows it.</summary>
internal sealed record QueueForm(string Id, string Sender, DateTimeOffset Arrival, long Bytes, string Origin, IReadOnlyList<RecipientForm> Recipients);

/// <summary>The JSON shapes that commands print; generated, so that the program can be trimmed.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = false)]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyList<AccountForm>))]
[JsonSerializable(typeof(IReadOnlyList<QueueForm>))]
[JsonSerializable(typeof(IReadOnlyList<TraceForm>))]
internal sealed partial class JsonForms : JsonSerializerContext;

/// <summary>How commands print their results.</summary>
internal static class Printing
{
    /// <summary>One JSON array with <c>--json</c>, else one line each.</summary>
    internal static async Task PrintAsync<T>(this ParseResult parsed, CommonOptions common, IReadOnlyList<T> items, JsonTypeInfo<IReadOnlyList<T>> form, Func<T, string> line)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(common.Json))
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(items, form));
            return;
        }

        foreach (var item in items)
            await output.WriteLineAsync(line(item));
    }

    /// <summary>Says what went wrong in one line.</summary>
    internal static async Task<int> FailAsync(this ParseResult parsed, int code, string message)
    {
        await parsed.InvocationConfiguration.Error.WriteLineAsync("courier: " + message);
        return code;
    }
}
