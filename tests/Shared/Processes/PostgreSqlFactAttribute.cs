namespace Courier.Testing.Processes;

/// <summary>A fact that needs a real PostgreSQL. Skipped with that reason where it is missing, except under CI=true.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PostgreSqlFactAttribute : FactAttribute
{
    public PostgreSqlFactAttribute()
    {
        if (IsMissing)
            Skip = "missing here: postgresql";
    }

    internal static bool IsMissing => PostgreSqlCluster.Programs is null && Environment.GetEnvironmentVariable("CI") is not ("true" or "1");
}

/// <summary>The same with rows.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PostgreSqlTheoryAttribute : TheoryAttribute
{
    public PostgreSqlTheoryAttribute()
    {
        if (PostgreSqlFactAttribute.IsMissing)
            Skip = "missing here: postgresql";
    }
}
