namespace Courier.Testing.Processes;

/// <summary>A <see cref="ToolFactAttribute"/> of the long form alone: what it needs is large, and only <c>./test long</c> installs it. It also runs where
/// <c>COURIER_TEST_LONG=1</c> asks for it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LongToolFactAttribute : FactAttribute
{
    public LongToolFactAttribute(params string[] tools)
    {
        var missing = ToolFactAttribute.Missing(tools);
        if (Environment.GetEnvironmentVariable("COURIER_TEST_LONG") is not "1")
            Skip = "of the long form (./test long)";
        else if (missing.Count > 0 && Environment.GetEnvironmentVariable("CI") is not ("true" or "1"))
            Skip = $"missing here: {string.Join(", ", missing)}";
    }
}
