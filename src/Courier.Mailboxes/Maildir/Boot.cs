namespace Courier.Mailboxes.Maildir;

/// <summary>Tells one start of the machine from the next: what was written but not synced may be lost between them, not within one.</summary>
internal static class Boot
{
    /// <summary>Linux' own; where it cannot be read every start of the program counts as a new one, which is the safe side.</summary>
    internal static string Id { get; } = Read();

    private static string Read()
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Guid.NewGuid().ToString();
        }
    }
}
