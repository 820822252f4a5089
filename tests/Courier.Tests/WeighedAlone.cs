namespace Courier.Tests;

/// <summary>Tests that weigh the whole process, and so run when no other does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WeighedAlone
{
    public const string Name = "weighed alone";
}
