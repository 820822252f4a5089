using System.Reflection;
using Xunit.Sdk;

namespace Courier.Tests;

/// <summary>The tests of a class, by name, to be run on an instance that is made otherwise: with another driver, and skipped where that is missing.</summary>
internal static class TestsOf<T>
    where T : IAsyncLifetime
{
    internal static TheoryData<string, int> All
    {
        get
        {
            var rows = new TheoryData<string, int>();
            foreach (var method in Methods)
            {
                for (var row = 0; row < Math.Max(1, RowsOf(method).Length); row++)
                    rows.Add(method.Name, row);
            }

            return rows;
        }
    }

    private static IEnumerable<MethodInfo> Methods => typeof(T).GetMethods().Where(method => method.GetCustomAttribute<FactAttribute>() is not null);

    internal static async Task RunAsync(T instance, string test, int row)
    {
        var method = Methods.Single(method => method.Name == test);
        await instance.InitializeAsync();
        try
        {
            await (Task)method.Invoke(instance, RowsOf(method) is { Length: > 0 } rows ? rows[row] : null)!;
        }
        finally
        {
            await instance.DisposeAsync();
        }
    }

    private static object[][] RowsOf(MethodInfo method) => [.. method.GetCustomAttributes<DataAttribute>().SelectMany(data => data.GetData(method))];
}
