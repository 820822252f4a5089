using Courier.Conversations.Targets;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Courier.Conversations;

/// <summary>One test case per script of a protocol; a script that cannot run against the chosen server is skipped with its reason.</summary>
[XunitTestCaseDiscoverer("Courier.Conversations.ScriptDiscoverer", "Courier.Conversations")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class ScriptTheoryAttribute(string protocol) : FactAttribute
{
    public string Protocol { get; } = protocol;
}

public sealed class ScriptDiscoverer(IMessageSink diagnostics) : IXunitTestCaseDiscoverer
{
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
    {
        var protocol = factAttribute.GetNamedArgument<string>(nameof(ScriptTheoryAttribute.Protocol));
        foreach (var script in ScriptFiles.All.Where(script => script.Protocol == protocol))
        {
            yield return new ScriptTestCase(diagnostics, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(),
                testMethod, script.Path, Target.SkipReason(script));
        }
    }
}

/// <summary>A test case named by the path of its script.</summary>
public sealed class ScriptTestCase : XunitTestCase
{
    [Obsolete("Called by the de-serializer; should only be called by deriving classes for de-serialization purposes")]
    public ScriptTestCase()
    {
    }

    public ScriptTestCase(IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method, string path, string? skip)
        : base(diagnostics, display, options, method, [path])
    {
        DisplayName = path;
        SkipReason = skip;
    }

    protected override string GetUniqueID() => $"{base.GetUniqueID()}-{TestMethodArguments[0]}";

    protected override string GetDisplayName(IAttributeInfo factAttribute, string displayName) => (string)TestMethodArguments[0];

    protected override string GetSkipReason(IAttributeInfo factAttribute) => Target.SkipReason(ScriptFiles.Find((string)TestMethodArguments[0]))!;
}
