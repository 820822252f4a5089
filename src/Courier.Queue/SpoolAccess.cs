namespace Courier.Queue;

/// <summary>Who opens the spool.</summary>
public enum SpoolAccess
{
    /// <summary>The server: it accepts and delivers. On the same files there is one at a time.</summary>
    Owner,

    /// <summary>A command that lists, flushes or removes, also while servers run.</summary>
    Admin,
}
