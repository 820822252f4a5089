namespace Courier.Faults.Storage;

/// <summary>A test that needs to mount: skipped for other users than root, except in CI, where it fails instead of hiding.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute()
    {
        if (Environment.UserName != "root" && Environment.GetEnvironmentVariable("CI") is not "true")
            Skip = "needs root to mount a disk of its own";
    }
}
