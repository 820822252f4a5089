using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Courier.CommandLine;

/// <summary>What a command prints of one account after the other: a line for each item at once, or with <c>--json</c> one array of all at the end.</summary>
internal sealed class Listing(ParseResult parsed, CommonOptions common)
{
    private readonly List<JsonElement> _items = [];
    private bool _isOpen;

    internal async Task AddAsync<T>(IReadOnlyList<T> items, JsonTypeInfo<IReadOnlyList<T>> form, Func<T, string> line)
    {
        if (!parsed.GetValue(common.Json))
        {
            await parsed.PrintAsync(common, items, form, line);
            return;
        }

        _isOpen = true;
        _items.AddRange(JsonSerializer.SerializeToElement(items, form).EnumerateArray());
    }

    /// <summary>There is an array even if nothing comes to stand in it.</summary>
    internal void Begin() => _isOpen = parsed.GetValue(common.Json);

    /// <summary>Nothing where nothing was listed: the command failed, or does not list.</summary>
    internal async Task FinishAsync()
    {
        if (!_isOpen)
            return;
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text))
        {
            writer.WriteStartArray();
            foreach (var item in _items)
                item.WriteTo(writer);
            writer.WriteEndArray();
        }

        await parsed.InvocationConfiguration.Output.WriteLineAsync(Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length));
    }
}
